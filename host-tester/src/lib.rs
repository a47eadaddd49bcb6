//! A host for Proxy-Wasm filters on the laptop, and the work behind the `serinus` command.
//!
//! The host that runs filters as Envoy would:
//!
//! | module | what it is |
//! |---|---|
//! | [`proxy`] | a proxy with workers, plugins, routes and a virtual clock: where a test begins |
//! | [`engine`], [`filter`] | the runtime, and a compiled filter |
//! | [`upstream`] | clusters that answer, late, badly or not at all |
//! | [`vm`] | one instance of a module, and calls into it |
//! | [`abi`] | the boundary: memory, numbers, host calls |
//! | [`process`] | what workers share: data, queues, metrics, the log |
//! | [`http`], [`tcp`], [`callout`], [`properties`], [`foreign`] | what host calls are about |
//!
//! The commands:
//!
//! | module | question it answers |
//! |---|---|
//! | [`cli`] | what was typed? |
//! | [`command`] | what comes of it? |
//! | [`rollout_file`] | what does a file say, and on which line? |
//! | [`scenario`] | what does a test in a file say, and does it hold? |
//! | [`replay`] | what would a rollout have done with the requests of a log? |
//! | [`advice`] | what is allowed, and still not what its author wants? |
//! | [`lint`] | will Envoy load this module, and what will it do with it? |
//! | [`explain`] | which lines of a log are decisions? |
//! | [`story`] | how is a decision told? |
//! | [`recorder`], [`report`] | how does a run look? |
//! | [`problem`] | how is it told, to a person and to a machine? |
//! | [`exit`] | with which code does the command end? |

pub mod abi;
pub mod advice;
pub mod callout;
pub mod cli;
pub mod command;
pub mod engine;
pub mod exit;
pub mod explain;
pub mod filter;
pub mod foreign;
pub mod http;
pub mod lint;
pub mod problem;
pub mod process;
pub mod properties;
pub mod proxy;
pub mod recorder;
pub mod replay;
pub mod report;
pub mod rollout_file;
pub mod scenario;
pub mod story;
pub mod tcp;
pub mod upstream;
pub mod vm;
