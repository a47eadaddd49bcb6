//! How often the tests behind the gates are ever wrong, when they are looked at all the time.

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use rand_distr::{Binomial, Distribution, Geometric};
use serinus_core::arm::Arm;
use serinus_core::cohort::bucket::Weight;
use serinus_core::config::Rollout;
use serinus_core::evidence::{Arms, Histogram, Ledger};
use serinus_core::guard::Counters;
use serinus_core::promotion::{EvaluationInput, PolicyOpinion, SlowRequestTests, State, step};
use serinus_core::record::Judgement;
use serinus_core::stats::confidence::{Counts, Prior, Test};
use serinus_core::stats::srm;
use serinus_core::stats::units::Units;

/// In how many of `runs` something happens, as a share.
fn share(runs: u64, seed: u64, happens: impl Fn(StdRng) -> bool) -> f64 {
    let happened = (0..runs).filter(|run| happens(StdRng::seed_from_u64(seed ^ (run << 20))));
    happened.count() as f64 / runs as f64
}

/// How often a confidence sequence ever lies below the true rate, and how often above, when it is
/// looked at after every one of `requests`.
pub fn misses(rate: f64, alpha: f64, requests: u64, runs: u64, seed: u64) -> (f64, f64) {
    let test = Test::new(alpha, Prior::Rare);
    let ever = |mut rng: StdRng, wrong: &dyn Fn(Counts, Counts) -> bool| {
        let gap = Geometric::new(rate).unwrap();
        let mut seen = Counts::default();
        loop {
            // Between two hits only misses come: the interval sinks, and is lowest just before the next
            // hit; it is highest just after one.
            let clean = gap.sample(&mut rng).min(requests - seen.total);
            let before = Counts { total: seen.total + clean, ..seen };
            let after = Counts { hits: before.hits + 1, total: before.total + 1 };
            if wrong(before, after) {
                return true;
            }
            if after.total > requests {
                return false;
            }
            seen = after;
        }
    };
    let below = share(runs, seed, |rng| ever(rng, &|before, _| test.is_below(before, rate)));
    let above = share(runs, seed, |rng| {
        ever(rng, &|_, after| after.total <= requests && test.is_above(after, rate))
    });
    (below, above)
}

/// How often the mismatch test ever fires at level `alpha` on fair arms, when it is looked at after every
/// `every` of `units`.
pub fn mismatches(weight: f64, alpha: f64, units: u64, every: u64, runs: u64, seed: u64) -> f64 {
    share(runs, seed, |mut rng| {
        let arrivals = Binomial::new(every, weight).unwrap();
        let (mut canary, shares) = (0, [1.0 - weight, weight]);
        (1..=units / every).any(|look| {
            canary += arrivals.sample(&mut rng);
            let counts = [look * every - canary, canary];
            srm::ln_e(&counts, &shares).is_some_and(|ln_e| ln_e >= (1.0 / alpha).ln())
        })
    })
}

const BUCKETS: usize = 20;

/// A latency distribution over some buckets, tilted so that the effect against the flat one is `effect`.
fn tilted(effect: f64) -> Vec<f64> {
    let tilt = |by: f64| -> Vec<f64> {
        let weights: Vec<f64> = (0..BUCKETS).map(|i| (by * i as f64).exp()).collect();
        let sum: f64 = weights.iter().sum();
        weights.iter().map(|w| w / sum).collect()
    };
    let flat = 1.0 / BUCKETS as f64;
    let effect_of =
        |p: &[f64]| -> f64 { p.iter().enumerate().map(|(i, p)| p * flat * (i as f64 + 0.5)).sum() };
    let (mut low, mut high) = (-1.0, 1.0);
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        if effect_of(&tilt(middle)) < effect { low = middle } else { high = middle }
    }
    tilt(high)
}

fn multinomial(rng: &mut StdRng, n: u64, p: &[f64]) -> Vec<u64> {
    let (mut left, mut rest) = (n, 1.0);
    p.iter()
        .map(|p| {
            let drawn = Binomial::new(left, (p / rest).clamp(0.0, 1.0)).unwrap().sample(rng);
            (left, rest) = (left - drawn, rest - p);
            drawn
        })
        .collect()
}

/// How often the gate on the whole distribution ever passes, and ever is breached, in a stage of
/// `requests` per arm and tick, where the effect is really `effect`.
pub fn effect_gate(
    rollout: &Rollout,
    effect: f64,
    ticks: u64,
    requests: u64,
    runs: u64,
    seed: u64,
) -> (f64, f64) {
    let (slower, flat) = (tilted(effect), vec![1.0 / BUCKETS as f64; BUCKETS]);
    let ever = |mut rng: StdRng, wanted: Judgement| {
        let stage = rollout.stage(0);
        let mut state = State::begin(0, 0, stage.weight, Counters::default());
        let mut ledger = Ledger::new(1, &rollout.layout);
        (0..ticks).any(|tick| {
            for (arm, p) in [(Arm::Canary, &slower), (Arm::Baseline, &flat)] {
                add(ledger.stage.get_mut(arm), &multinomial(&mut rng, requests, p));
            }
            let (units, slow) = (&Units::default(), &SlowRequestTests::default());
            let look = input(tick * 1000, &ledger, units, slow);
            state = step(rollout, &state, &look).state.unwrap_or_else(|| state.clone());
            state.analyses.of(&rollout.gates[0]).is_some_and(|analysis| analysis.result == wanted)
        })
    };
    (
        share(runs, seed, |rng| ever(rng, Judgement::Passed)),
        share(runs, seed, |rng| ever(rng, Judgement::Breached)),
    )
}

fn add(tally: &mut serinus_core::evidence::Tally, drawn: &[u64]) {
    let mut counts = vec![0; tally.latency.counts().len()];
    // From a place in the middle of the grid, where buckets are apart.
    counts.iter_mut().skip(20).zip(drawn).for_each(|(count, n)| *count = *n);
    tally.latency.merge(&Histogram::from_counts(counts));
}

fn input<'a>(
    now: u64,
    ledger: &'a Ledger,
    units: &'a Units,
    slow: &'a SlowRequestTests,
) -> EvaluationInput<'a> {
    let (counters, opinion) = (Counters::default(), PolicyOpinion::default());
    EvaluationInput { now, ledger, units, slow, counters, opinion }
}

/// What one version does in [`gates_roll_back`]: shares of requests.
#[derive(Clone, Copy, Debug)]
pub struct Version {
    /// That fail.
    pub fails: f64,
    /// Of the successes, that are slower than a second.
    pub slow: f64,
    /// That show the event.
    pub event: f64,
}

/// How often the gates of `rollout` ever roll back, the guard left out, in a stage of `ticks` with
/// `requests` each.
pub fn gates_roll_back(
    rollout: &Rollout,
    [canary, baseline]: [Version; 2],
    ticks: u64,
    requests: u64,
    runs: u64,
    seed: u64,
) -> f64 {
    let weight = rollout.stage(0).weight;
    let share_of = f64::from(weight.get()) / f64::from(Weight::MAX.get());
    share(runs, seed, |mut rng| {
        let mut state = State::begin(0, 0, weight, Counters::default());
        let (mut ledger, mut slow) = (Ledger::new(1, &rollout.layout), SlowRequestTests::default());
        (0..ticks).any(|tick| {
            let n = Binomial::new(requests, share_of).unwrap().sample(&mut rng);
            serve(&mut rng, rollout, &mut ledger.stage, Arm::Canary, n, canary);
            serve(&mut rng, rollout, &mut ledger.stage, Arm::Baseline, requests - n, baseline);
            slow.observe(rollout, &state, &ledger.stage);
            let units = Units::default();
            let look = input(tick * 1000, &ledger, &units, &slow);
            let step = step(rollout, &state, &look);
            state = step.state.unwrap_or_else(|| state.clone());
            state.phase == serinus_core::promotion::Phase::RolledBack
        })
    })
}

fn serve(
    rng: &mut StdRng,
    rollout: &Rollout,
    stage: &mut Arms,
    arm: Arm,
    requests: u64,
    does: Version,
) {
    use serinus_core::evidence::{Ended, Events};
    use serinus_core::outcome::Outcome;
    for _ in 0..requests {
        let outcome = if rng.random_bool(does.fails) { Outcome::Failure } else { Outcome::Success };
        let micros = if rng.random_bool(does.slow) { 2_000_000 } else { 20_000 };
        let mut events = Events::default();
        if rng.random_bool(does.event) {
            events.note(0);
        }
        stage
            .get_mut(arm)
            .record(&Ended { events, ..Ended::new(outcome, micros) }, &rollout.layout);
    }
}
