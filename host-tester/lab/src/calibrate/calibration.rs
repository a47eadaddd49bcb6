//! A whole calibration: a rollout, its traffic, what came of all runs, what to make of it.

use super::adviser::Adviser;
use super::batch::{Size, run_batch};
use super::crowd::Crowd;
use super::findings;
use super::gates;
use super::run::{Prepared, SimulationSetup};
use super::scenario::{Scenario, scenarios};
use super::summary::{ScenarioOutcome, summarize};
use super::traffic::{Traffic, cells};
use serinus_core::cohort::bucket::Weight;
use serinus_core::config::Rollout;
use serinus_core::diagnostic::Diagnostic;

/// What is simulated.
pub struct Options {
    /// The policy to be asked, if there is one.
    pub adviser: Option<Adviser>,
    /// The requests.
    pub traffic: Traffic,
    /// The users.
    pub crowd: Crowd,
    /// How many runs of each scenario, from which seed, on how many cores.
    pub size: Size,
    /// When to stop waiting, milliseconds; by default [`horizon`].
    pub horizon_ms: Option<u64>,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Calibration {
    /// The rollout's name.
    pub rollout: String,
    /// After how long nobody waited any more, milliseconds.
    pub horizon_ms: u64,
    /// Each scenario; identical versions first.
    pub scenarios: Vec<ScenarioOutcome>,
    /// What its author should know.
    pub findings: Vec<Diagnostic>,
}

/// How long it is simulated: as long as it may take, or twice as long as planned and a day more.
pub fn horizon(rollout: &Rollout) -> u64 {
    let planned = planned(rollout, |_| true);
    match rollout.max_age_ms {
        // At full weight nothing expires, and the watch follows.
        Some(age) => age.saturating_add(planned),
        None => planned.saturating_mul(2).saturating_add(24 * 3_600_000),
    }
}

/// The least time that these stages take.
fn planned(rollout: &Rollout, stages: impl Fn(Weight) -> bool) -> u64 {
    let stages = rollout.stages.iter().filter(|stage| stages(stage.weight));
    stages.fold(0, |sum, stage| sum.saturating_add(stage.min_time_ms))
}

/// The scenarios of a rollout. Those that turn late do so halfway to full weight.
pub fn scenarios_of(rollout: &Rollout, traffic: &Traffic) -> Vec<Scenario> {
    let late = planned(rollout, |weight| weight < Weight::MAX) / 2;
    // On a tick, and not at the beginning, where it would be no turn.
    scenarios(traffic.errors, !traffic.events.is_empty(), (late / 1_000).max(60) * 1_000)
}

/// Simulates a rollout. `watch` is told now and then how many runs are over, of how many.
pub fn calibrate(
    rollout: &Rollout,
    options: &Options,
    watch: &mut dyn FnMut(usize, usize),
) -> Calibration {
    let scenarios = scenarios_of(rollout, &options.traffic);
    let setup = setup(rollout, options);
    let prepared: Vec<Prepared<'_>> =
        scenarios.iter().map(|scenario| Prepared::new(&setup, scenario)).collect();
    let all = prepared.len() * options.size.runs;
    let ran = run_batch(&setup, &prepared, options.size, &mut |done| watch(done, all));
    let outcomes: Vec<ScenarioOutcome> = scenarios
        .iter()
        .zip(&ran)
        .map(|(scenario, ran)| summarize(rollout, scenario, ran))
        .collect();
    Calibration {
        rollout: rollout.name.clone(),
        horizon_ms: setup.horizon_ms,
        findings: findings::findings(rollout, &options.traffic, &outcomes),
        scenarios: outcomes,
    }
}

/// How a rollout is simulated: its traffic, its users, and until when.
pub fn setup<'a>(rollout: &'a Rollout, options: &'a Options) -> SimulationSetup<'a> {
    // A policy is told whole histograms.
    let whole = gates::compares_whole(rollout) || options.adviser.is_some();
    SimulationSetup {
        rollout,
        adviser: options.adviser.as_ref(),
        traffic: &options.traffic,
        crowd: &options.crowd,
        cells: cells(&rollout.layout.edges, &gates::limits(rollout), whole),
        horizon_ms: options.horizon_ms.unwrap_or_else(|| horizon(rollout)),
    }
}
