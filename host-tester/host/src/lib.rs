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
//! The rest is not for use from outside. How the host works:
//!
//! | module | what it is |
//! |---|---|
//! | `abi` | the boundary to a module: memory, numbers, host calls |
//! | `vm` | one instance of a module, and calls into it |
//! | `tcp`, `callout`, `properties`, `foreign` | what host calls are about |

mod abi;
mod callout;
mod cel;
pub mod engine;
mod example;
pub mod filter;
mod foreign;
mod hostcalls;
pub mod http;
pub mod lint;
pub mod process;
mod properties;
pub mod proxy;
mod state;
mod stream;
pub mod upstream;
pub mod vm;
