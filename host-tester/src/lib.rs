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
//! | [`scenario`] | the same from a file, as `serinus run` has it |
//! | [`lint`] | what can be said of a module without running it |
//!
//! The rest is not for use from outside. How the host works:
//!
//! | module | what it is |
//! |---|---|
//! | `abi` | the boundary to a module: memory, numbers, host calls |
//! | `vm` | one instance of a module, and calls into it |
//! | `tcp`, `callout`, `properties`, `foreign` | what host calls are about |
//!
//! And the commands; what tests and the binary need of them is public, and hidden:
//!
//! | module | question it answers |
//! |---|---|
//! | `cli` | what was typed? |
//! | `command` | what comes of it? |
//! | `rollout_file` | what does a file say, and on which line? |
//! | `replay` | what would a rollout have done with the requests of a log? |
//! | `advice` | what is allowed, and still not what its author wants? |
//! | `policy` | what does a promotion policy say: built, looked at, tested, evaluated? |
//! | `calibrate` | what would a rollout catch, and how often would it cry wolf? |
//! | `explain` | which lines of a log are decisions? |
//! | `story` | how is a decision told? |
//! | `recorder`, `report` | how does a run look? |
//! | `problem` | how is it told, to a person and to a machine? |
//! | `not_taken` | has the filter taken the rollout that it was given? |
//! | `exit` | with which code does the command end? |

mod abi;
mod advice;
mod calibrate;
mod callout;
#[doc(hidden)]
pub mod cli;
#[doc(hidden)]
pub mod command;
pub mod engine;
mod example;
#[doc(hidden)]
pub mod exit;
mod explain;
pub mod filter;
mod foreign;
pub mod http;
pub mod lint;
mod not_taken;
#[doc(hidden)]
pub mod policy;
mod problem;
pub mod process;
mod properties;
pub mod proxy;
mod recorder;
mod replay;
#[doc(hidden)]
pub mod report;
#[doc(hidden)]
pub mod rollout_file;
pub mod scenario;
#[doc(hidden)]
pub mod story;
mod tcp;
pub mod upstream;
pub mod vm;
