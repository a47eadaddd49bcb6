#![doc = include_str!("../README.md")]
//!
//! ## Where to look
//!
//! | module | what it is for |
//! |---|---|
//! | [`proxy`] | a proxy with workers, plugins, routes and a virtual clock: where a test begins |
//! | [`upstream`] | clusters that answer, late, badly or not at all, and the routes to them |
//! | [`engine`], [`filter`] | the runtime, and a compiled filter |
//! | [`http`] | headers, and Envoy's response flags |
//! | [`process`] | what the workers share: metrics, shared data and the log; and how much filters may take |
//! | [`vm`] | how a VM dies, and whether a module survives its start |
//! | [`lint`] | what can be said of a module without running it |
//! | [`example`] | a small filter to try all this with |
//!
//! Without the feature `runtime` there is only [`lint`], which needs no wasmtime.
//!
//! ## How the host works
//!
//! The other modules are private. Imports run from the bottom of this table to its top, and never back:
//!
//! | module | what it is |
//! |---|---|
//! | `abi` | the words of the boundary to a module: numbers, statuses, maps, the table of all functions |
//! | `cel` | expressions over attributes |
//! | `stream` | an HTTP stream or a TCP connection, and what is known about it |
//! | `callout` | HTTP and gRPC requests that a filter makes of its own |
//! | `state` | the host's side of a VM: its contexts, and what its calls have left to do |
//! | `properties`, `foreign` | what `get_property` finds, and functions by name |
//! | `hostcalls` | the functions that a module imports, and the memory that they read and write |

mod abi;
#[cfg(feature = "runtime")]
mod callout;
#[cfg(feature = "runtime")]
mod cel;
#[cfg(feature = "runtime")]
pub mod engine;
#[cfg(feature = "runtime")]
pub mod example;
#[cfg(feature = "runtime")]
pub mod filter;
#[cfg(feature = "runtime")]
mod foreign;
#[cfg(feature = "runtime")]
mod hostcalls;
#[cfg(feature = "runtime")]
pub mod http;
pub mod lint;
#[cfg(feature = "runtime")]
pub mod process;
#[cfg(feature = "runtime")]
mod properties;
#[cfg(feature = "runtime")]
pub mod proxy;
#[cfg(feature = "runtime")]
mod state;
#[cfg(feature = "runtime")]
mod stream;
#[cfg(feature = "runtime")]
pub mod upstream;
#[cfg(feature = "runtime")]
pub mod vm;
