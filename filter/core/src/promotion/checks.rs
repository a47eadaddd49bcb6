//! What keeps a stage from being left whatever its gates say.

use super::evaluation::{Evaluation, EvaluationInput};
use crate::arm::PerArm;
use crate::cohort::bucket::Weight;
use crate::config::Slo;
use crate::evidence::{FINEST_MS, Outcomes};
use crate::outcome::Outcome;
use crate::record::Reason;
use crate::stats::burn_rate::{Events, Pair, pairs_for};
use crate::stats::srm;

/// The chance that a stage is ever held for a mismatch that is none. No gate's: nothing that the gates
/// say means anything once the arms are not alike.
const MISMATCH_ALPHA: f64 = 0.001;

/// The arms did not get their shares of distinct units.
pub(super) fn mismatch(evaluation: Evaluation<'_>) -> Option<Reason> {
    let share = f64::from(evaluation.state.weight.get()) / f64::from(Weight::MAX.get());
    let units = evaluation.input.units.counted();
    let ln_e = srm::ln_e(&[units.baseline, units.canary], &[1.0 - share, share])?;
    // Beyond this the number says nothing, and infinity is not JSON.
    let e_value = libm::exp(ln_e.min(230.0));
    let threshold = libm::round(1.0 / MISMATCH_ALPHA);
    (e_value >= threshold).then_some(Reason::SampleRatio { units, share, e_value, threshold })
}

/// The canary uses up its error budget too fast, and faster than the baseline.
pub(super) fn burning(evaluation: Evaluation<'_>) -> Option<Reason> {
    let Evaluation { rollout, state, input } = evaluation;
    let slo = rollout.slo?;
    let mut pairs = pairs_for(rollout.stage(state.stage).min_time_ms, FINEST_MS);
    pairs.find_map(|pair| burns(slo, rollout.guard.min_errors, pair, input))
}

/// Whether the budget burns in a pair of windows; no fewer canary failures than `floor` are enough.
fn burns(slo: Slo, floor: u64, pair: Pair, input: &EvaluationInput<'_>) -> Option<Reason> {
    let pair = Pair { threshold: slo.max_burn.unwrap_or(pair.threshold), ..pair };
    let over = |ms| input.ledger.windows.over(input.now, ms).map(events);
    let (long, short) = (over(pair.long_ms), over(pair.short_ms));
    let held = pair.burns(slo.availability, long.canary, short.canary)
        && long.canary.burns_faster_than(long.baseline, floor);
    let burn = |events: Events| events.burn(slo.availability).unwrap_or(0.0);
    held.then(|| Reason::Burning {
        burn: PerArm { baseline: burn(long.baseline), canary: burn(long.canary) },
        max_burn: pair.threshold,
        long_ms: pair.long_ms,
        short_ms: pair.short_ms,
    })
}

fn events(outcomes: &Outcomes) -> Events {
    Events { bad: outcomes.count(Outcome::Failure), total: outcomes.judged() }
}
