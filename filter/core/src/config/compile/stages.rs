//! The stages, and who moves them.

use crate::cohort::bucket::{Bucketer, Weight};
use crate::config::choice::Mode;
use crate::config::profile::Preset;
use crate::config::raw;
use crate::config::rollout::{Pace, PlannedStage};
use crate::config::rule;
use crate::contract::gate::decimal;
use crate::decode::Path;
use crate::decode::error::Errors;

pub(super) fn stages(
    raw: Option<Vec<raw::Stage>>,
    preset: &Preset,
    bucketer: Option<&Bucketer>,
    at: &Path<'_>,
    errors: &mut Errors,
) -> Vec<PlannedStage> {
    let Some(raw) = raw else { return preset.stages.to_vec() };
    let count = raw.len();
    let mut stages: Vec<PlannedStage> = Vec::with_capacity(count);
    for (i, stage) in raw.into_iter().enumerate() {
        let at = at.index(i);
        let Some(planned) = planned_stage(&stage, i + 1 == count, bucketer, &at, errors) else {
            continue;
        };
        if stages.last().is_some_and(|last| last.weight >= planned.weight) {
            at.refuse("weight", errors, "must be greater than the weight before it");
        }
        stages.push(planned);
    }
    if stages.last().is_none_or(|last| last.weight != Weight::MAX) && stages.len() == count {
        at.fail::<()>(errors, "the last stage must have the weight 100%");
    }
    stages
}

fn planned_stage(
    raw: &raw::Stage,
    last: bool,
    bucketer: Option<&Bucketer>,
    at: &Path<'_>,
    errors: &mut Errors,
) -> Option<PlannedStage> {
    let weight = rule::weight(raw.weight.0, &at.key("weight"), errors)?;
    if let Some(bucketing) = bucketer.map(Bucketer::bucketing).filter(|b| !b.representable(weight))
    {
        let step = decimal(u64::from(bucketing.resolution()), 3);
        let problem = format!("{} has steps of {step} %", bucketing.as_str());
        at.key("weight").fail::<()>(errors, problem);
    }
    if raw.watch.is_some() && !last {
        at.refuse("watch", errors, "belongs to the last stage; here it is `min_time`");
    }
    if raw.watch.is_some() && raw.min_time.is_some() {
        at.refuse("min_time", errors, "the last stage has `watch` instead");
    }
    Some(PlannedStage {
        weight,
        min_time_ms: raw.watch.or(raw.min_time).map_or(0, |d| d.ms),
        min_requests: raw.min_requests.unwrap_or(0),
    })
}

pub(super) fn pace(
    mode: Option<Mode>,
    stage: Option<u64>,
    stages: usize,
    at: &Path<'_>,
    errors: &mut Errors,
) -> Pace {
    match (mode.unwrap_or(Mode::Autonomous), stage) {
        (Mode::Autonomous, None) => {}
        (Mode::Autonomous, Some(_)) => {
            at.refuse("stage", errors, "only with `mode: follow`");
        }
        (Mode::Follow, None) => {
            at.refuse("stage", errors, "missing: `mode: follow` needs the stage, from 0");
        }
        (Mode::Follow, Some(n)) => match usize::try_from(n).ok().filter(|n| *n < stages) {
            Some(stage) => return Pace::Follow { stage },
            None => {
                let problem = format!("there are {stages} stages, counted from 0");
                at.key("stage").fail::<()>(errors, problem);
            }
        },
    }
    Pace::Autonomous
}
