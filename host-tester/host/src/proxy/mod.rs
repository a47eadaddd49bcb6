//! A proxy: workers, plugins, routes, and a clock that nobody waits for.
//!
//! A test reads like what it claims. Here a filter in eight lines of text sends everyone to the canary; yours comes
//! from a file, with [`Filter::load`](crate::filter::Filter::load):
//!
//! ```
//! use serinus_host::engine::{Engine, EngineOptions};
//! use serinus_host::filter::Filter;
//! use serinus_host::proxy::{Plugin, Proxy, Request};
//! use serinus_host::upstream::{Behaviour, Cluster, Route};
//! use std::time::Duration;
//!
//! let engine = Engine::new(&EngineOptions::default())?;
//! let filter = Filter::compile(&engine, &wat::parse_str(r#"(module
//!     (import "env" "proxy_add_header_map_value"
//!         (func $add (param i32 i32 i32 i32 i32) (result i32)))
//!     (memory (export "memory") 1) (data (i32.const 0) "x-cohort") (data (i32.const 8) "canary")
//!     (func (export "proxy_abi_version_0_2_1"))
//!     (func (export "malloc") (param i32) (result i32) (i32.const 1024))
//!     (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
//!         (call $add (i32.const 0) (i32.const 0) (i32.const 8) (i32.const 8) (i32.const 6))))"#)?)?;
//!
//! let mut proxy = Proxy::builder()
//!     .workers(2)
//!     .plugin(Plugin::new(&filter).name("mine"))
//!     .route(Route::to("canary").header("x-cohort", "canary"))
//!     .route(Route::to("baseline"))
//!     .cluster("canary", Cluster::new(Behaviour::body("v2")))
//!     .cluster("baseline", Cluster::new(Behaviour::body("v1")))
//!     .start()?;
//!
//! let exchange = proxy.send(Request::get("/")).ok_or("it never ended")?;
//! assert_eq!(exchange.asked(), Some("canary"));
//! assert_eq!(exchange.status(), Some(200));
//!
//! proxy.behave("canary", Behaviour::status(503));
//! proxy.advance(Duration::from_secs(24 * 3600)); // a day, at once
//! assert_eq!(proxy.send(Request::get("/")).and_then(|over| over.status()), Some(503));
//! assert!(proxy.failures().is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Everything runs on one thread, one worker at a time, in an order that the seed decides. A callback
//! takes no virtual time; an interruption by another worker does.
//!
//! How it is made:
//!
//! | file | what |
//! |---|---|
//! | `world` | what there is, and the event loop |
//! | `events` | what will happen, in order |
//! | `workers` | VMs on workers: configured, reconfigured, crashed, reloaded |
//! | `chain` | the filters of a stream, in Envoy's order and with its rules |
//! | `calls` | one callback of a stream: what is visible, what its answer means |
//! | `reply` | answers that come from no upstream |
//! | `router` | the end of the chain: routes, retries, timeouts |
//! | `dangers` | calls that kill Envoy |
//! | `answer` | an upstream's answer on its way to the filters |
//! | `arrival` | what a request looks like to the first filter |
//! | `client` | the other end: what the client gets |
//! | `callouts`, `grpc`, `grpc_script` | requests of the filters' own |
//! | `remembered` | those that are kept for the caller |
//! | `tcp`, `tcp_chain` | connections with network filters |

mod active;
mod answer;
mod api;
mod arrival;
mod builder;
mod callout_log;
mod callouts;
mod calls;
mod chain;
mod client;
mod clock;
mod connections;
mod dangers;
mod events;
mod exchange;
mod grpc;
mod grpc_script;
mod link;
mod peers;
mod reply;
mod request;
mod router;
mod simulation;
mod streams;
mod tcp;
mod tcp_chain;
mod upstreams;
mod vms;
mod workers;

pub use api::Proxy;
pub use builder::{Builder, FailurePolicy, Plugin, StartError};
pub use exchange::{CalloutSeen, Exchange, Received, Sent};
pub use request::Request;
pub use tcp::{TcpEnd, TcpExchange};
pub use workers::ConfigureError;
