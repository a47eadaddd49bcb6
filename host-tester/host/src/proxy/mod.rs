//! A proxy in a test: workers, plugins, routes, clusters, and a clock that nobody waits for.
//!
//! [`Proxy::builder`] says what there is, [`Builder::start`] configures every plugin on every thread as Envoy does, and
//! [`Proxy::send`] sends a request and lets time pass until it is over. What became of the request is an [`Exchange`]:
//!
//! ```
//! use serinus_host::example;
//! use serinus_host::proxy::{Plugin, Proxy, Request};
//! use serinus_host::upstream::{Behaviour, Cluster, Route};
//!
//! let mut proxy = Proxy::builder()
//!     .plugin(Plugin::new(&example::filter()?).name("mine"))
//!     .route(Route::to("up"))
//!     .cluster("up", Cluster::new(Behaviour::body("hello")))
//!     .start()?;
//! let exchange = proxy.send(Request::get("/").header("x-user", "ann")).ok_or("it never ended")?;
//! assert_eq!(exchange.status(), Some(200));
//!
//! let sent = exchange.sent.ok_or("the cluster was asked")?;
//! assert_eq!(sent.headers.text("x-user"), Some("ann"), "what the client sent");
//! assert_eq!(sent.headers.text("x-cohort"), Some("canary"), "what the filter added");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Everything runs on one thread, one worker at a time, in an order that the seed decides. A callback takes no virtual
//! time; an interruption by another worker does.
//!
//! How a proxy is made:
//!
//! | file | what it has |
//! |---|---|
//! | `simulation` | the whole, and the event loop |
//! | `clock`, `events` | virtual time, and what will happen, in order |
//! | `vms`, `workers` | the VMs on the workers: configured, reconfigured, crashed, reloaded |
//! | `streams`, `active` | the HTTP streams: in flight, and over |
//! | `upstreams` | the routes and the clusters |
//! | `chain` | the filters of a stream, in Envoy's order and with its rules |
//! | `calls` | one callback of a stream: what is visible, and what its answer means |
//! | `reply` | answers that come from no upstream |
//! | `router` | the end of the chain: routes, retries, timeouts |
//! | `dangers` | calls that kill Envoy |
//! | `answer` | an upstream's answer on its way to the filters |
//! | `arrival` | what a request looks like to the first filter |
//! | `client` | the other end: what the client sends and gets |
//! | `callouts`, `callout_log` | HTTP requests of the filters' own, and those that are kept for the caller |
//! | `grpc`, `grpc_script`, `peers` | gRPC requests of the filters' own, and their far ends |
//! | `tcp`, `tcp_chain`, `connections` | connections with network filters |
//! | `link` | what VMs ask of their proxy |

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
