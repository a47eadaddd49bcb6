//! Rollouts on the laptop: what a rollout file says, what would come of it, and how that is told.
//!
//! The filter's own module runs on the embedded host of [`serinus_host`]; what decides is [`serinus_core`].
//!
//! | module | question it answers |
//! |---|---|
//! | [`rollout_file`] | what does a file say, and on which line? |
//! | [`snippet`] | how does a person read what is wrong with a file? |
//! | [`advice`] | what is allowed, and still not what its author wants? |
//! | [`scenario`] | what happens to any filter, and what should come of it |
//! | [`rehearsal`] | what a scenario may say of rollouts: the files of `serinus run` |
//! | [`filter_module`] | which file is the Serinus filter in? |
//! | [`replay`] | what would a rollout have done with the requests of a log? |
//! | [`calibrate`] | what would a rollout catch, and how often would it stop a good release? |
//! | [`policy`] | what does a promotion policy say: built, inspected, tested, evaluated? |
//! | [`explain`] | which lines of a log are decisions? |
//! | [`story`], [`words`] | how are a decision, and the numbers in it, told? |
//! | [`recorder`], [`report`] | how does a run look, as a page? |
//! | [`not_taken`] | has the filter taken the rollout that it was given? |

pub mod advice;
#[cfg(feature = "runtime")]
pub mod calibrate;
pub mod explain;
pub mod filter_module;
pub mod not_taken;
pub mod policy;
pub mod recorder;
pub mod rehearsal;
#[cfg(feature = "runtime")]
pub mod replay;
pub mod report;
pub mod rollout_file;
pub mod scenario;
pub mod snippet;
pub mod story;
pub mod words;
