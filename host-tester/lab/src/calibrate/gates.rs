//! What the gates of a rollout need: how much traffic until one can pass, or fire.
//!
//! Nothing is simulated here. The counts are those that one would expect, and the tests are those of the filter.

use super::traffic::Traffic;
use serinus_core::cohort::bucket::Weight;
use serinus_core::config::Rollout;
use serinus_core::gate::{Expected, Gate, UsualTraffic};
use serinus_core::stats::confidence::{Counts, Prior, Test};

/// More than any proxy sees in a stage.
const ENDLESS: u32 = 40;

/// A gate in a stage, under some traffic.
#[derive(Clone, Copy, Debug)]
pub struct Need<'a> {
    /// The rollout.
    pub rollout: &'a Rollout,
    /// Its traffic.
    pub traffic: &'a Traffic,
    /// The gate.
    pub gate: &'a Gate,
    /// The canary's weight, in 1/100000.
    pub weight: u32,
}

/// Whether a gate compares whole distributions, so that latencies have to be told apart everywhere.
pub fn compares_whole(rollout: &Rollout) -> bool {
    rollout.gates.iter().any(|gate| gate.kind().max_effect().is_some())
}

/// The latencies at which gates tell fast from slow, microseconds.
pub fn limits(rollout: &Rollout) -> Vec<u64> {
    rollout.gates.iter().filter_map(|gate| gate.kind().edge()).collect()
}

/// How often what a gate looks at happens when nothing is wrong; `None` where it looks at no rate.
pub fn usual(traffic: &Traffic, gate: &Gate) -> Option<f64> {
    gate.need().usual(traffic)
}

impl UsualTraffic for Traffic {
    fn errors(&self) -> f64 {
        self.errors
    }

    fn slower_than(&self, micros: u64) -> f64 {
        1.0 - self.latency.cdf(micros as f64)
    }

    fn event(&self, index: usize) -> Option<f64> {
        self.events.get(index).copied()
    }
}

impl Need<'_> {
    /// After how many canary requests the gate fires on the worst canary there is; `None` if it never does.
    pub fn to_fire(self) -> Option<u64> {
        least(|canary| self.fires(canary))
    }

    /// After how many canary requests it passes if nothing is wrong; `None` if it never does.
    pub fn to_pass(self) -> Option<u64> {
        least(|canary| self.passes(canary))
    }

    /// Baseline requests beside so many of the canary.
    fn baseline(&self, canary: u64) -> u64 {
        let share = f64::from(self.weight) / f64::from(Weight::MAX.get());
        (canary as f64 * (1.0 - share) / share.max(1e-9)) as u64
    }

    fn usual(&self, total: u64) -> Counts {
        let rate = usual(self.traffic, self.gate).unwrap_or(0.0);
        Counts { hits: (rate * total as f64).round() as u64, total }
    }

    /// Every request fails, or is slow, or shows no event.
    fn fires(&self, canary: u64) -> bool {
        self.gate.need().fires(&self.of(canary, self.rollout.levels.breach(self.gate)))
    }

    fn passes(&self, canary: u64) -> bool {
        self.gate.need().passes(&self.of(canary, self.rollout.levels.promote))
    }

    /// What is expected in so many canary requests, for a test at this level.
    fn of(&self, canary: u64, alpha: f64) -> Expected {
        Expected {
            canary,
            usual: self.usual(canary),
            baseline: self.usual(self.baseline(canary)),
            test: Test::new(alpha, Prior::Rare),
            slack: 1.0 + self.rollout.guard.tolerate,
        }
    }
}

/// The least number from which on something holds, within 1 %.
fn least(holds: impl Fn(u64) -> bool) -> Option<u64> {
    let enough = (0..=ENDLESS).map(|power| 1_u64 << power).find(|n| holds(*n))?;
    let (mut few, mut enough) = (enough / 2, enough);
    while enough - few > 1 + enough / 100 {
        let middle = u64::midpoint(few, enough);
        if holds(middle) {
            enough = middle;
        } else {
            few = middle;
        }
    }
    Some(enough)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calibrate::latency::Latency;
    use serde_json::json;
    use serinus_core::config;
    use serinus_core::gate::effect::FIRST;
    use std::time::Duration;

    fn need(gate: serde_json::Value, then: impl Fn(&Need<'_>) -> Option<u64>) -> Option<u64> {
        let document = json!({ "rollout": "r", "unit": [{ "header": "u" }], "gates": [gate],
            "events": { "buy": { "when": { "response_header": "x", "present": true } } } });
        let rollout = config::from_value(&document).unwrap().remove(0);
        let ms = Duration::from_millis;
        let latency = Latency::new(ms(40), ms(250)).unwrap();
        let traffic = Traffic { rps: 100.0, errors: 0.001, latency, events: vec![0.05] };
        then(&Need { rollout: &rollout, traffic: &traffic, gate: &rollout.gates[0], weight: 5_000 })
    }

    #[test]
    fn a_limit_far_above_what_is_usual_is_passed_soon_and_one_below_it_by_comparison_only() {
        let pass = |gate| need(gate, |need| need.to_pass());
        let easy = pass(json!({ "metric": "errors", "max": "1%" })).unwrap();
        // 410 without a failure; one failure is expected by then or soon after.
        assert!((400..1_000).contains(&easy), "{easy}");
        let hard = pass(json!({ "metric": "errors", "max": "0.1%" })).unwrap();
        assert!(hard > 20 * easy, "{hard}");
        let slow = pass(json!({ "metric": "latency", "quantile": "p99", "max": "100ms" })).unwrap();
        assert!(slow < hard, "what happens more often is compared sooner: {slow}");
    }

    #[test]
    fn every_kind_of_gate_can_fire_and_a_rare_event_takes_longest() {
        let fire = |gate| need(gate, |need| need.to_fire()).unwrap();
        let errors = fire(json!({ "metric": "errors", "max": "1%" }));
        let effect =
            fire(json!({ "metric": "latency", "compare": "mann-whitney", "max_effect": 0.56 }));
        let event = fire(json!({ "metric": "event", "name": "buy", "max_drop": "20%" }));
        assert!(errors < effect && effect == FIRST && event > errors, "{errors} {effect} {event}");
    }
}
