//! What `profile` fills in.

use super::choice::Profile;
use super::rollout::PlannedStage;
use crate::cohort::bucket::Weight;
use crate::decode::value::Duration;
use crate::guard::GuardPolicy;

/// The presets of one profile.
pub(super) struct Preset {
    pub(super) stages: &'static [PlannedStage],
    pub(super) guard: GuardPolicy,
    /// The limit of the errors gate.
    pub(super) max_errors: f64,
    /// Where no gates are given: the limit of one on the whole latency distribution, which holds.
    pub(super) max_effect: Option<f64>,
    /// Before anything in a stage is judged, milliseconds.
    pub(super) warm_up_ms: u64,
    /// Whether evidence stands in for the rest of a stage's time.
    pub(super) finish_early: bool,
    /// The chance that a gate passes which should not.
    pub(super) promote_alpha: f64,
}

const fn stage(per_100_000: u32, minutes: u64) -> PlannedStage {
    let weight = match Weight::try_new(per_100_000) {
        Ok(weight) => weight,
        Err(_) => Weight::MAX,
    };
    PlannedStage { weight, min_time_ms: Duration::minutes(minutes).ms, min_requests: 0 }
}

const LOW: [PlannedStage; 3] = [stage(10_000, 5), stage(50_000, 15), stage(100_000, 60)];
const STANDARD: [PlannedStage; 4] =
    [stage(1_000, 15), stage(10_000, 60), stage(50_000, 240), stage(100_000, 24 * 60)];
const CRITICAL: [PlannedStage; 6] = [
    stage(100, 60),
    stage(1_000, 120),
    stage(5_000, 240),
    stage(20_000, 12 * 60),
    stage(50_000, 24 * 60),
    stage(100_000, 72 * 60),
];

pub(super) fn preset(profile: Profile) -> Preset {
    let guard = |alpha, tolerate, min_errors| GuardPolicy { alpha, tolerate, min_errors };
    match profile {
        Profile::Low => Preset {
            stages: &LOW,
            guard: guard(0.05, 1.0, 5),
            max_errors: 0.02,
            max_effect: None,
            warm_up_ms: 0,
            finish_early: true,
            promote_alpha: 0.1,
        },
        Profile::Standard => Preset {
            stages: &STANDARD,
            guard: guard(0.01, 0.5, 5),
            max_errors: 0.01,
            max_effect: None,
            warm_up_ms: 0,
            finish_early: false,
            promote_alpha: 0.05,
        },
        Profile::Critical => Preset {
            stages: &CRITICAL,
            guard: guard(0.001, 0.2, 3),
            max_errors: 0.001,
            max_effect: Some(0.53),
            warm_up_ms: Duration::minutes(1).ms,
            finish_early: false,
            promote_alpha: 0.01,
        },
    }
}
