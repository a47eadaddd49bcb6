//! A rollout played by the core itself, with seeded traffic: what reports and explanations are tested with
//! is what the filter would have decided, and no number is made up.
#![expect(clippy::unwrap_used, reason = "a test says what must hold by unwrapping it")]
#![allow(dead_code, reason = "each test uses its part")]

use serde_json::{Value, json};
use serinus_core::arm::Arm;
use serinus_core::arm::PerArm;
use serinus_core::cohort::decide::Standing;
use serinus_core::config::{self, Rollout};
use serinus_core::contract::Cohort;
use serinus_core::engine::local::{LocalMeters, LocalStore};
use serinus_core::engine::{Claimant, Engine, Meters, NoAdviser, View};
use serinus_core::evidence::{Arms, Ended, Ledger, Tally};
use serinus_core::guard::Counters;
use serinus_core::outcome::Outcome;
use serinus_core::promotion::{Phase, standing};
use serinus_core::record::{Rate, Reason, Record};
use serinus_core::stats::confidence::{Prior, interval};
use serinus_lab::report::{
    self, Evidence, Expectation, Latency, LogLevel, LogLine, Metric, Report, Sample, Totals,
    Traffic,
};

/// 2026-01-05 09:00:00 UTC, a Monday.
pub const START_MS: u64 = 1_767_603_600_000;

/// What is played.
pub struct Script {
    /// Keys of the rollout beside the usual ones.
    pub extra: Value,
    /// How long, in seconds.
    pub seconds: u64,
    /// Requests per second.
    pub rps: u64,
    /// The canary's error rate from each second on; the baseline's is 0.1 %.
    pub canary: &'static [(u64, f64)],
    /// The canary's median latency in milliseconds; the baseline's is 20.
    pub median_ms: f64,
}

/// A healthy canary.
pub const HEALTHY: Script =
    Script { extra: Value::Null, seconds: 780, rps: 400, canary: &[(0, 0.001)], median_ms: 24.0 };

/// One that turns bad at its second stage.
pub const BROKEN: Script = Script { seconds: 420, canary: &[(0, 0.001), (250, 0.08)], ..HEALTHY };

/// Everything that happened.
pub struct Played {
    pub rollout: report::Rollout,
    pub traffic: Traffic,
    pub seconds: u64,
}

struct Stage<'a> {
    engine: Engine<&'a Rollout, LocalStore, LocalMeters>,
    claimant: Claimant,
    all: Arms,
    records: Vec<Record>,
    traffic: Traffic,
    ln_e: Evidence,
}

fn rollout(extra: &Value) -> Rollout {
    let mut document = json!({
        "rollout": "checkout-v2", "unit": [{ "header": "x-user-id" }],
        "stages": [{ "weight": "5%", "min_time": "2m" }, { "weight": "25%", "min_time": "3m" },
            { "weight": "50%", "min_time": "3m" }, { "weight": "100%", "watch": "4m" }],
        "gates": [{ "metric": "errors", "max": "1%", "severity": "critical" },
            { "metric": "latency", "quantile": "p99", "max": "250ms", "severity": "warn" }],
    });
    for (key, value) in extra.as_object().into_iter().flatten() {
        document[key] = value.clone();
    }
    config::from_value(&document).unwrap().remove(0)
}

/// Plays it, with one sample a second.
pub fn play(script: &Script, seed: u64) -> Played {
    let compiled = rollout(&script.extra);
    let mut random = fastrand::Rng::with_seed(seed);
    let mut stage = Stage::new(&compiled);
    let mut samples = vec![stage.sample(0)];
    for second in 0..script.seconds {
        stage.second(script, second, &mut random);
        samples.push(stage.sample((second + 1) * 1000));
    }
    let latency = Latency {
        edges_us: compiled.layout.edges.upper().to_vec(),
        counts: stage.all.map(|tally| tally.latency.counts().to_vec()),
    };
    let rollout = report::Rollout {
        name: compiled.name.clone(),
        generation: compiled.generation,
        start_ms: None,
        samples,
        latency: Some(latency),
        decisions: stage.records,
    };
    Played { rollout, traffic: stage.traffic, seconds: script.seconds }
}

impl<'a> Stage<'a> {
    fn new(rollout: &'a Rollout) -> Self {
        let ln_threshold = (1.0 / rollout.guard.alpha).ln();
        let (store, meters) = (LocalStore::default(), LocalMeters::default());
        Self {
            engine: Engine::open(rollout, store, meters, START_MS),
            claimant: Claimant::new(0),
            all: Arms::empty(&rollout.layout),
            records: Vec::new(),
            traffic: Traffic::new(1000),
            ln_e: Evidence { ln_e: 0.0, ln_threshold },
        }
    }

    fn second(&mut self, script: &Script, second: u64, random: &mut fastrand::Rng) {
        let now = START_MS + second * 1000;
        let arrivals = poisson(script.rps as f64, random);
        for i in 0..arrivals {
            self.request(script, now + i * 1000 / arrivals.max(1), random);
        }
        self.engine.tick(now + 1000, &self.claimant, &NoAdviser);
        self.records.extend(self.engine.meters.take_records());
    }

    fn weight(&self) -> u32 {
        match standing(self.engine.rollout, self.engine.state()) {
            Standing::Open { weight } => weight.get(),
            _ => 0,
        }
    }

    fn request(&mut self, script: &Script, at: u64, random: &mut fastrand::Rng) {
        let weight = self.weight();
        let compared = weight > 0;
        let canary = random.u32(0..100_000) < weight;
        let arm = if canary { Arm::Canary } else { Arm::Baseline };
        let second = (at - START_MS) / 1000;
        let turned = script.canary.iter().rev().find(|(from, _)| *from <= second);
        let rate = if canary { turned.unwrap().1 } else { 0.001 };
        let median = if canary { script.median_ms } else { 20.0 };
        let failed = random.f64() < rate;
        self.traffic.record(at - START_MS, arm.as_str(), Some(if failed { 503 } else { 200 }));
        if !compared {
            return;
        }
        let outcome = if failed { Outcome::Failure } else { Outcome::Success };
        let micros = (median * 1000.0 * (0.45 * normal(random)).exp()) as u64;
        let ended = Ended::new(outcome, micros);
        self.all.get_mut(arm).record(&ended, &self.engine.rollout.layout);
        self.engine.meters.assigned(arm);
        self.engine.ended(Cohort::Arm(arm), &ended, None, at);
        if failed && canary {
            self.note_evidence();
        }
    }

    /// Takes down how the guard stands; what it found last stays when it is asked no more.
    fn note_evidence(&mut self) {
        let view = View::new(self.engine.rollout, self.engine.store().clone());
        if let Some(found) = view.finding(&self.engine.meters.counters()) {
            self.ln_e = Evidence { ln_e: found.ln_e, ln_threshold: found.threshold };
        }
        self.records.extend(self.engine.meters.take_records());
        let last = self.records.last().and_then(|record| record.reasons.first());
        if let Some(Reason::Guard(found)) = last {
            self.ln_e = Evidence { ln_e: found.ln_e, ln_threshold: found.threshold };
        }
    }

    fn sample(&self, at_ms: u64) -> Sample {
        let state = self.engine.state();
        let shown = match state.phase {
            Phase::Progressing => report::State::Progressing,
            Phase::Holding => report::State::Holding,
            Phase::Promoted => report::State::Promoted,
            Phase::RolledBack => report::State::RolledBack,
        };
        let rollout = self.engine.rollout;
        let rate = |tally: &Tally| {
            let (hits, requests) =
                (tally.outcomes.count(Outcome::Failure), tally.outcomes.judged());
            let range = interval(hits, requests, rollout.levels.promote, Prior::Rare);
            Rate { requests, hits, low: range.low, high: range.high }
        };
        let mut ledger = View::new(rollout, self.engine.store().clone())
            .ledger()
            .unwrap_or_else(|| Ledger::new(state.entry, &rollout.layout));
        ledger.enter(state.entry, &rollout.layout);
        let Counters { assigned, failed, .. } = self.engine.meters.counters();
        let totals = assigned
            .zip(&failed, |requests, failures| Totals { requests: *requests, failures: *failures });
        Sample {
            at_ms,
            weight: self.weight(),
            stage: state.stage,
            state: shown,
            totals: Some(totals),
            rates: (shown != report::State::RolledBack).then(|| ledger.stage.map(rate)),
            evidence: Some(self.ln_e),
        }
    }
}

/// A standard normal number (Box and Muller).
fn normal(random: &mut fastrand::Rng) -> f64 {
    let radius = (-2.0 * (1.0 - random.f64()).ln()).sqrt();
    radius * (std::f64::consts::TAU * random.f64()).cos()
}

/// A Poisson number; at hundreds it is normal.
fn poisson(mean: f64, random: &mut fastrand::Rng) -> u64 {
    (mean + mean.sqrt() * normal(random)).round().max(0.0) as u64
}

/// What was played as a report of a scenario.
pub fn report(title: &str, played: Played) -> Report {
    let last = played.rollout.samples.last().unwrap().clone();
    let totals = last.totals.unwrap_or_default();
    let records = &played.rollout.decisions;
    let logs = records.iter().map(|record| LogLine {
        at_ms: record.time_ms - START_MS,
        level: if record.verdict.as_str() == "rollback" { LogLevel::Warn } else { LogLevel::Info },
        source: "serinus".to_owned(),
        text: record.line(),
    });
    let failed = totals.canary.failures;
    Report {
        title: title.to_owned(),
        description:
            "400 requests/s, `errors <= 1%` and `p99 <= 250ms`, and a guard with alpha 0.01."
                .to_owned(),
        start_ms: Some(START_MS),
        duration_ms: played.seconds * 1000,
        facts: vec![
            ("seed".into(), "1".into()),
            ("workers".into(), "1".into()),
            ("host".into(), "embedded".into()),
        ],
        expectations: vec![
            Expectation {
                what: "failed canary requests".into(),
                expected: "at most 60".into(),
                seen: failed.to_string(),
                passed: failed <= 60,
                at_ms: None,
            },
            Expectation {
                what: "state of `checkout-v2`".into(),
                expected: "promoted".into(),
                seen: format!("{:?}", last.state),
                passed: last.state == report::State::Promoted,
                at_ms: Some(played.seconds * 1000),
            },
        ],
        metrics: vec![Metric {
            name: "serinus_assigned_total{rollout=\"checkout-v2\",cohort=\"canary\"}".into(),
            value: totals.canary.requests as f64,
        }],
        logs: logs.collect(),
        logs_omitted: 0,
        rollouts: vec![played.rollout],
        traffic: Some(played.traffic),
    }
}

/// Both cohorts alike.
pub fn both<T: Copy>(value: T) -> PerArm<T> {
    PerArm { baseline: value, canary: value }
}
