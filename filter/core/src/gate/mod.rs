//! The gates: what a rollout may demand before it goes further. One file for each kind.
//!
//! | gate | passes when | is breached when |
//! |---|---|---|
//! | [`errors`], [`latency`] | `U_canary <= max(limit, (1 + d) L_baseline)` | `L_canary >= limit`, and the canary is worse than the baseline |
//! | [`effect`] | the effect is shown to be at most the limit | it is shown to be above it |
//! | [`event`] | `L_canary >= (1 - d) U_baseline` | `U_canary <= (1 - d) L_baseline` |
//!
//! `L` and `U` are the ends of confidence sequences, so looking at every tick costs nothing.
//!
//! A kind says how its keys are read, what it counts, how it judges, what a record shows as its limit, and how much
//! traffic it needs. It is given what it judges by, and knows of no rollout: who asks it is
//! [promotion](crate::promotion).

pub mod effect;
pub mod errors;
pub mod event;
pub mod keys;
pub mod latency;

use crate::arm::PerArm;
use crate::contract::{self, Metric};
use crate::evidence::{Arms, Edges, Tally};
use crate::hash::fnv1a::Fnv1a;
use crate::record::{Basis, Judgement, Rate};
use crate::stats::confidence::{Counts, Prior, Test};
use keys::Severity;

/// A condition of promotion.
#[derive(Clone, Debug, PartialEq)]
pub struct Gate {
    /// What it asks.
    pub test: GateTest,
    /// What a breach does.
    pub severity: Severity,
    /// Whether it is recorded and not acted on.
    pub dry_run: bool,
    /// Its name in records: `errors <= 0.1%`.
    pub label: String,
}

/// What a gate asks.
#[derive(Clone, Debug, PartialEq)]
pub enum GateTest {
    /// Of failed requests.
    Errors(errors::Errors),
    /// Of requests that are slower than a limit.
    Latency(latency::Latency),
    /// Of all latencies at once.
    Effect(effect::Effect),
    /// Of business events.
    Event(event::Event),
}

impl Gate {
    /// Its kind.
    pub fn kind(&self) -> &dyn GateKind {
        match &self.test {
            GateTest::Errors(gate) => gate,
            GateTest::Latency(gate) => gate,
            GateTest::Effect(gate) => gate,
            GateTest::Event(gate) => gate,
        }
    }

    /// How much traffic its kind needs.
    pub fn need(&self) -> &dyn GateNeed {
        match &self.test {
            GateTest::Errors(gate) => gate,
            GateTest::Latency(gate) => gate,
            GateTest::Effect(gate) => gate,
            GateTest::Event(gate) => gate,
        }
    }

    /// What it looks at, as in records.
    pub fn metric(&self) -> Metric {
        self.kind().metric()
    }

    /// The share of requests that may fail, or be slow, if it has a limit that needs no baseline.
    pub fn limit(&self) -> Option<f64> {
        self.kind().limit()
    }

    /// Whether a breach that is proven rolls back.
    pub fn rolls_back(&self) -> bool {
        self.severity == Severity::Critical && !self.dry_run
    }

    /// What a breach does, as in records.
    pub fn severity(&self) -> contract::Severity {
        match self.severity {
            _ if self.dry_run => contract::Severity::DryRun,
            Severity::Critical => contract::Severity::Critical,
            Severity::Warn => contract::Severity::Warn,
        }
    }

    /// Tells gates apart across configurations: by what they ask, not by their place.
    pub fn fingerprint(&self) -> u32 {
        Fnv1a::new().update(self.label.as_bytes()).finish()
    }
}

/// A kind of gate.
pub trait GateKind {
    /// What it looks at, as in records.
    fn metric(&self) -> Metric;

    /// What it counts of an arm: hits among requests.
    fn count(&self, tally: &Tally, edges: &Edges) -> Counts;

    /// How it stands.
    fn judge(&self, seen: &GateInput<'_>) -> Judgement;

    /// What was to be kept, for a record: an upper limit, or for an event a lower one.
    fn shown_limit(&self, held: &JudgedRates<'_>) -> f64;

    /// The share of hits that it allows, if that needs no baseline.
    fn limit(&self) -> Option<f64> {
        None
    }

    /// The latency at which it tells fast from slow, microseconds. It becomes an edge of the histograms.
    fn edge(&self) -> Option<u64> {
        None
    }

    /// The largest effect that it allows, if it compares whole distributions in interim analyses.
    fn max_effect(&self) -> Option<f64> {
        None
    }

    /// What is remembered of the baseline where there is none any more, given its failures so far.
    fn remembered(&self, _failures: Counts) -> Counts {
        Counts::default()
    }
}

/// How much traffic a kind of gate needs. It is apart, because nobody asks in the proxy.
pub trait GateNeed {
    /// How often a hit happens in this traffic when nothing is wrong; `None` where it counts none.
    fn usual(&self, traffic: &dyn UsualTraffic) -> Option<f64>;

    /// Whether it fires on the worst canary that there is, of which these are all requests.
    fn fires(&self, expected: &Expected) -> bool;

    /// Whether it passes where nothing is wrong.
    fn passes(&self, expected: &Expected) -> bool;
}

/// The counts that a gate judges, and what the canary is held against.
#[derive(Clone, Copy, Debug)]
pub struct GateSample {
    /// Hits and requests.
    pub counts: PerArm<Counts>,
    /// Against what.
    pub basis: Basis,
}

/// How sure one has to be.
#[derive(Clone, Copy, Debug)]
pub struct Certainty {
    /// The level of one arm's interval for a gate to pass.
    pub pass: f64,
    /// The level of one arm's interval for a breach.
    pub breach: f64,
    /// How many times as many failures, or slow requests, as the baseline's are tolerated.
    pub slack: f64,
}

impl Certainty {
    /// The test by which a gate passes.
    pub fn to_pass(&self) -> Test {
        Test::new(self.pass, Prior::Rare)
    }

    /// The test by which it is breached.
    pub fn to_breach(&self) -> Test {
        Test::new(self.breach, Prior::Rare)
    }
}

/// What a gate judges by.
pub struct GateInput<'a> {
    /// What was counted.
    pub sample: GateSample,
    /// All that was counted in the stage.
    pub stage: &'a Arms,
    /// How sure one has to be.
    pub certainty: Certainty,
    /// Whether the canary's slow requests are shown to be more than tolerated.
    pub slower: &'a dyn Fn() -> bool,
    /// What the last interim analysis found, if there was one.
    pub analysis: Option<Judgement>,
}

/// What a record says of a gate that was judged.
#[derive(Clone, Copy, Debug)]
pub struct JudgedRates<'a> {
    /// The rates in both arms.
    pub rates: &'a PerArm<Rate>,
    /// How it stands.
    pub result: Judgement,
    /// What the canary was held against.
    pub basis: Basis,
    /// How many times as many failures, or slow requests, as the baseline's are tolerated.
    pub slack: f64,
}

/// What a service's traffic is like when nothing is wrong.
pub trait UsualTraffic {
    /// The share of requests that fail.
    fn errors(&self) -> f64;
    /// The share of successful requests that take longer than so many microseconds.
    fn slower_than(&self, micros: u64) -> f64;
    /// The share of requests with an event, by its index; `None` where nothing is known of it.
    fn event(&self, index: usize) -> Option<f64>;
}

/// Counts that one would expect, to tell how much traffic a gate needs.
#[derive(Clone, Copy, Debug)]
pub struct Expected {
    /// The canary's requests.
    pub canary: u64,
    /// The usual counts in so many canary requests.
    pub usual: Counts,
    /// The usual counts at the baseline beside it.
    pub baseline: Counts,
    /// The test that is made.
    pub test: Test,
    /// How many times as many failures, or slow requests, as the baseline's are tolerated.
    pub slack: f64,
}

/// How a gate with a limit on a rate stands; `worse` says whether the canary is worse than the baseline.
fn judge_rate(seen: &GateInput<'_>, limit: f64, worse: impl Fn() -> bool) -> Judgement {
    let PerArm { canary, baseline } = seen.sample.counts;
    let (pass, breach) = (seen.certainty.to_pass(), seen.certainty.to_breach());
    if pass.is_below(canary, limit) || pass.is_apart(canary, baseline, seen.certainty.slack) {
        return Judgement::Passed;
    }
    let worse = || match seen.sample.basis {
        Basis::Absolute => true,
        Basis::Randomised => worse(),
        _ => breach.is_apart(baseline, canary, 1.0 / seen.certainty.slack),
    };
    let breached = breach.is_above(canary, limit) && worse();
    if breached { Judgement::Breached } else { Judgement::Open }
}

/// What a record shows as the limit of such a gate. Without a baseline its interval is [0, 1]: it neither excuses the
/// canary nor condemns it. Worse than the baseline the canary is by another count than these rates.
fn shown_rate_limit(held: &JudgedRates<'_>, limit: f64) -> f64 {
    let baseline = &held.rates.baseline;
    if baseline.requests == 0 || held.result == Judgement::Breached {
        return limit;
    }
    limit.max(held.slack * baseline.low)
}

/// Whether a gate with a limit on a rate passes where nothing is wrong.
fn passes_rate(expected: &Expected, limit: f64) -> bool {
    expected.test.is_below(expected.usual, limit)
        || expected.test.is_apart(expected.usual, expected.baseline, expected.slack)
}
