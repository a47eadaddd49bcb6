//! A score from 0 to 100, as Kayenta's judge gives one: metrics in weighted groups, each metric passes
//! unless it is shown to be worse than at the baseline. At `pass` or above the canary goes on, below
//! `marginal` it goes back, between them it holds.
//!
//! Unlike Kayenta's, "worse" is read off intervals that may be looked at on every tick, and too little data is a hold
//! and not a pass. A group without metrics is left out, and its weight with it.

use serinus_policy::stats::confidence::{Prior, Test};
use serinus_policy::{
    About, Arm, Decision, Number, Param, Policy, Share, Snapshot, Verdict, Window, export,
    table_tests,
};

const PASS: Param<Number> =
    Param::new("pass", "the score from which it is promoted, 0 to 100", 95.0).between(0.0, 100.0);
const MARGINAL: Param<Number> =
    Param::new("marginal", "the score below which it is rolled back, 0 to 100", 75.0)
        .between(0.0, 100.0);
const ERRORS: Param<Number> = weight("weight_errors", 40.0);
const LATENCY: Param<Number> = weight("weight_latency", 30.0);
const EVENTS: Param<Number> = weight("weight_events", 20.0);
const GATES: Param<Number> = weight("weight_gates", 10.0);
const TOLERATE: Param<Share> =
    Param::new("tolerate", "how much worse than the baseline's a metric may be", 0.1);
const ALPHA: Param<Share> = Param::new("alpha", "the chance that a metric fails wrongly", 0.01);
const MIN_REQUESTS: Param<Number> =
    Param::new("min_requests", "canary requests below which nothing is said", 1000.0)
        .between(1.0, 1e9);

const fn weight(name: &'static str, default: f64) -> Param<Number> {
    Param::new(name, "the weight of this group, 0 or more", default).between(0.0, 1e6)
}

/// The policy.
pub struct Score;

impl Policy for Score {
    fn about(&self) -> About {
        About {
            name: "score",
            version: env!("CARGO_PKG_VERSION"),
            description: "scores weighted groups of metrics, with a pass and a marginal threshold",
            params: &[
                &PASS,
                &MARGINAL,
                &ERRORS,
                &LATENCY,
                &EVENTS,
                &GATES,
                &TOLERATE,
                &ALPHA,
                &MIN_REQUESTS,
            ],
        }
    }

    fn evaluate(&self, snapshot: &Snapshot) -> Decision {
        let (pass, marginal) = (PASS.of(snapshot), MARGINAL.of(snapshot));
        let Some(stage) = snapshot.whole_stage() else {
            return Decision::hold("nothing was seen yet");
        };
        let (requests, needed) = (stage.canary.requests as f64, MIN_REQUESTS.of(snapshot));
        if requests < needed {
            return Decision::hold("too few requests for a score")
                .because("requests", requests, needed);
        }
        let groups = groups(snapshot, stage);
        let Some(score) = total(&groups) else {
            return Decision::hold("no group has both a metric and a weight");
        };
        let decision = match score {
            score if score >= pass => Decision::promote("the score passes"),
            score if score >= marginal => Decision::hold("the score is marginal"),
            _ => Decision::rollback("the score fails"),
        };
        let decision =
            decision.because("score", score, if score >= marginal { pass } else { marginal });
        let scored = |group: &Group| group.score().map(|score| (group.name, score));
        groups.iter().filter_map(scored).fold(decision, |d, (name, score)| d.noting(name, score))
    }
}

/// Metrics that are weighed together; of each, whether it passed.
struct Group {
    name: &'static str,
    weight: f64,
    passed: Vec<bool>,
}

impl Group {
    /// From 0 to 100; `None` without metrics.
    fn score(&self) -> Option<f64> {
        let passed = self.passed.iter().filter(|passed| **passed).count();
        let all = self.passed.len();
        (all > 0).then(|| 100.0 * passed as f64 / all as f64)
    }
}

fn groups(snapshot: &Snapshot, stage: &Window) -> [Group; 4] {
    let (tolerate, alpha) = (TOLERATE.of(snapshot), ALPHA.of(snapshot) / 2.0);
    let (canary, baseline) = (&stage.canary, &stage.baseline);
    let test = Test::new(alpha, Prior::Rare);
    let errors = !test.is_apart(baseline.failed(), canary.failed(), 1.0 / (1.0 + tolerate));
    let latency = latency(canary, baseline, tolerate, alpha);
    let events = events(canary, baseline, tolerate, test);
    let gates = snapshot.gates.iter().map(|gate| gate.verdict != Verdict::Rollback).collect();
    let group =
        |name, weight: &Param<Number>, passed| Group { name, weight: weight.of(snapshot), passed };
    [
        group("errors", &ERRORS, vec![errors]),
        group("latency", &LATENCY, latency),
        group("events", &EVENTS, events),
        group("gates", &GATES, gates),
    ]
}

/// P50, P95 and P99, as far as something is known of the baseline's.
fn latency(canary: &Arm, baseline: &Arm, tolerate: f64, alpha: f64) -> Vec<bool> {
    let passed = |p| {
        let limit = (1.0 + tolerate) * baseline.latency.quantile(p, alpha).at_most?;
        Some(!canary.latency.is_above(p, limit, alpha))
    };
    [0.5, 0.95, 0.99].into_iter().filter_map(passed).collect()
}

fn events(canary: &Arm, baseline: &Arm, tolerate: f64, test: Test) -> Vec<bool> {
    let passed = |name: &str| {
        let (canary, baseline) = (canary.event_counts(name)?, baseline.event_counts(name)?);
        Some(!test.is_apart(canary, baseline, 1.0 - tolerate))
    };
    canary.events.iter().filter_map(|event| passed(&event.name)).collect()
}

/// The weighted mean; `None` without a group that has both a metric and a weight.
fn total(groups: &[Group]) -> Option<f64> {
    let scored = groups.iter().filter_map(|group| Some((group.weight, group.score()?)));
    let (sum, weight) =
        scored.fold((0.0, 0.0), |(sum, all), (weight, score)| (sum + weight * score, all + weight));
    (weight > 0.0).then(|| sum / weight)
}

export!(Score);
table_tests!(Score);
