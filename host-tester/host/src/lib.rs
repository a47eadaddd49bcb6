//! A host for Proxy-Wasm filters on the laptop: what Envoy would do with yours, in a test that reads like what it
//! claims. [`proxy`] begins with one.
//!
//! | module | what it is for |
//! |---|---|
//! | [`proxy`] | a proxy with workers, plugins, routes and a virtual clock: where a test begins |
//! | [`engine`], [`filter`] | the runtime, and a compiled filter |
//! | [`upstream`] | clusters that answer, late, badly or not at all, and the routes to them |
//! | [`http`] | headers, and Envoy's response flags |
//! | [`process`] | what workers share: metrics, shared data, the log; and how much guests may take |
//! | [`vm`] | how a VM dies |
//! | [`lint`] | what can be said of a module without running it |
//!
//! Without the feature `runtime` there is only [`lint`], which needs no wasmtime.
//!
//! The rest is not for use from outside. How the host works:
//!
//! | module | what it is |
//! |---|---|
//! | `abi` | the boundary to a module: memory, numbers, host calls |
//! | `vm` | one instance of a module, and calls into it |
//! | `tcp`, `callout`, `properties`, `foreign` | what host calls are about |

mod abi;
#[cfg(feature = "runtime")]
mod callout;
#[cfg(feature = "runtime")]
mod cel;
#[cfg(feature = "runtime")]
pub mod engine;
#[cfg(feature = "runtime")]
mod example;
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
