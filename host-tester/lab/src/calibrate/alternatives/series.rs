//! Traffic as a metrics server has it: counts per minute.

use crate::calibrate::crowd::Placed;
use crate::calibrate::draw::Draw;
use crate::calibrate::run::SimulationSetup;
use serinus_core::cohort::bucket::Weight;

/// A minute of both versions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Minute {
    /// The stage it was in.
    pub stage: usize,
    /// Canary requests, and failures among them.
    pub canary: (u64, u64),
    /// The same of the baseline.
    pub baseline: (u64, u64),
}

/// The stages before full weight, minute by minute.
pub(super) fn minutes(
    world: &SimulationSetup<'_>,
    placed: &Placed<'_>,
    canary_errors: f64,
    draw: &mut Draw,
) -> Vec<Minute> {
    let stages = world.rollout.stages.iter().enumerate();
    let before = stages.filter(|(_, stage)| stage.weight < Weight::MAX);
    before
        .flat_map(|(stage, planned)| {
            let share = placed.share(planned.weight.get());
            let (requests, errors) = (world.traffic.rps * 60.0, world.traffic.errors);
            let mut arm = |share: f64, errors: f64| {
                let failed = draw.count(requests * share * errors);
                (failed + draw.count(requests * share * (1.0 - errors)), failed)
            };
            let minute = (0..planned.min_time_ms.div_ceil(60_000)).map(|_| Minute {
                stage,
                canary: arm(share, canary_errors),
                baseline: arm(1.0 - share, errors),
            });
            minute.collect::<Vec<_>>()
        })
        .collect()
}

/// How often the canary failed at each weight, up to so many minutes.
pub(super) fn failures(
    world: &SimulationSetup<'_>,
    minutes: &[Minute],
    stopped: Option<usize>,
) -> Vec<(u32, f64)> {
    let lived = minutes.get(..stopped.unwrap_or(minutes.len())).unwrap_or(minutes);
    let by_stage = lived.chunk_by(|a, b| a.stage == b.stage);
    by_stage
        .map(|minutes| {
            let stage = minutes.first().map_or(0, |minute| minute.stage);
            let failed: u64 = minutes.iter().map(|minute| minute.canary.1).sum();
            (world.rollout.stage(stage).weight.get(), failed as f64)
        })
        .collect()
}
