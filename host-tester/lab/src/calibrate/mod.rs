//! Would these gates ever catch anything?
//!
//! A rollout is simulated thousands of times with the code that decides in Envoy: with identical versions, to see
//! how often it cries wolf, and with versions that are worse in errors, latency or business events, to see what
//! is caught, when, by what, and after how many users.
//!
//! | module | what it is |
//! |---|---|
//! | [`alternatives`] | how other ways to watch a canary would have done |
//! | [`calibration`] | the whole of it |
//! | [`traffic`], [`latency`] | what requests are like when nothing is wrong |
//! | [`scenario`] | what may be wrong with a canary |
//! | [`crowd`] | who sends the requests, and who gets the canary |
//! | [`draw`] | chance |
//! | [`simulated_rollout`] | the decision code: all that this folder knows of the core's guard and gates |
//! | [`adviser`] | the policy of the operator's own |
//! | [`schedule`] | when the gates are looked at |
//! | [`run`] | one rollout from its beginning to its end |
//! | [`batch`], [`pool`] | thousands of them, on all cores |
//! | [`interval`] | how far a share of runs can be trusted |
//! | [`summary`] | what they came to |
//! | [`exact`] | whether the filter does what the simulation says |
//! | [`gates`] | how much traffic a gate needs to pass, or to fire |
//! | [`findings`] | what its author should know and change |
//!
//! **What is exact, and what is not.** Requests arrive as a Poisson process, so failures, successes and baseline
//! requests between two moments are independent Poisson counts: a run leaps from one canary failure to the
//! next, and the guard judges at each, as in the filter. The filter looks at its gates every second; here they are
//! looked at every second at first, and later after every [`schedule::GROWTH`] of the time since the stage or the
//! regression began, plus on the second at which `min_time` is over. So a gate's decision comes late by at most that much,
//! never early, and nothing else is delayed. Answers take no time to arrive: what a request costs is counted
//! when it begins.

pub mod adviser;
pub mod alternatives;
pub mod batch;
pub mod calibration;
pub mod crowd;
pub mod draw;
pub mod exact;
mod failing;
pub mod findings;
pub mod gates;
pub mod interval;
pub mod latency;
pub mod pool;
pub mod run;
pub mod scenario;
pub mod schedule;
pub mod simulated_rollout;
pub mod summary;
pub mod traffic;

#[cfg(test)]
mod tests;
