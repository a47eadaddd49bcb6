//! What a sound rollout may still surprise its author with.
//!
//! The filter takes all of this without a word. So nothing here is an error, and each piece says what
//! would be done about it.

pub mod duration;
mod rules;
mod traffic;

use serinus_core::config::Rollout;
use serinus_core::diagnostic::Diagnostic;

/// Everything that may surprise. `rps` is the rate of requests that take part, both cohorts together.
pub fn advise(rollout: &Rollout, rps: Option<f64>) -> Vec<Diagnostic> {
    let mut advice = rules::forgeable_force(rollout);
    advice.extend(rules::cookie_never_issued(rollout));
    advice.extend(rules::no_gates(rollout));
    advice.extend(rules::unjudged_force(rollout));
    advice.extend(traffic::impossible_gates(rollout));
    advice.extend(rps.into_iter().flat_map(|rps| traffic::short_stages(rollout, rps)));
    advice.extend(traffic::expires(rollout, rps));
    advice
}

#[cfg(test)]
mod tests;
