//! How other ways to watch a canary would have done on the same traffic.
//!
//! Small models of what their documentation and defaults say, not their code. Each looks at per-minute counts of both
//! versions, as a metrics server would hand them out, and says when it would roll back. All are given what they would
//! not have: metrics without a scrape delay, and a proxy that stops sending at once. The weight follows the rollout's
//! stages by their times alone, so that only the decision differs. Serinus is simulated as ever, with the same users and
//! the same rates.

mod kayenta;
mod models;
mod series;

use models::{MODELS, Model};

use super::batch::{Size, run_batch};
use super::calibration::{Options, setup};
use super::draw::Draw;
use super::interval::Share;
use super::run::{End, Prepared, RunResult, SimulationSetup};
use super::scenario::{Change, Scenario, Turn};
use super::summary::Spread;
use serde::Serialize;
use serinus_core::config::Rollout;

/// One way to watch, and one canary.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Watched {
    /// What is wrong with the canary.
    pub canary: String,
    /// Who watches.
    pub watcher: String,
    /// Where its rule and its numbers come from.
    pub source: &'static str,
    /// How many runs were stopped before the canary got all traffic.
    pub stopped: Share,
    /// How long after it had turned bad, milliseconds.
    pub after_ms: Option<Spread>,
    /// Users who got a failure from the canary before it was stopped or got all traffic, over all runs.
    pub users: Option<Spread>,
}

/// The canaries of the comparison.
fn canaries(errors: f64) -> Vec<Scenario> {
    let failing = |share: f64| Scenario {
        id: format!("failing-{share}"),
        title: format!("{} of requests fail", crate::story::percent(share)),
        change: Change::Errors(share / errors.max(1e-12)),
        size: share,
        turn: Turn::AtOnce,
    };
    let title = "identical versions (false alarms)".to_owned();
    let same = Scenario { id: "identical".into(), title, change: Change::None, ..failing(errors) };
    [1.0, 0.3, 0.05, 0.01].map(failing).into_iter().chain([same]).collect()
}

/// Everyone on every canary.
pub fn compare(
    rollout: &Rollout,
    options: &Options,
    watch: &mut dyn FnMut(usize, usize),
) -> Vec<Watched> {
    let canaries = canaries(options.traffic.errors);
    let setup = setup(rollout, options);
    let prepared: Vec<Prepared<'_>> =
        canaries.iter().map(|canary| Prepared::new(&setup, canary)).collect();
    let all = prepared.len() * options.size.runs;
    let ours = run_batch(&setup, &prepared, options.size, &mut |done| watch(done, all));
    let both = canaries.iter().zip(&ours);
    both.flat_map(|(canary, ran)| {
        let theirs = modelled(&setup, canary, options.size);
        [serinus(canary, ran)].into_iter().chain(theirs)
    })
    .collect()
}

fn serinus(canary: &Scenario, ran: &[RunResult]) -> Watched {
    let stopped = |ran: &&RunResult| ran.end == End::RolledBack && ran.full_ms.is_none();
    let times = || ran.iter().filter(stopped).map(|ran| ran.at_ms as f64);
    Watched {
        canary: canary.title.clone(),
        watcher: "Serinus".to_owned(),
        source: "the rollout's own guard and gates",
        stopped: Share::new(times().count() as u64, ran.len() as u64),
        after_ms: Spread::of(times()),
        users: Spread::of(ran.iter().map(|ran| ran.users_before_full)),
    }
}

/// All models on one canary, each run's minutes being the same for all of them.
fn modelled(world: &SimulationSetup<'_>, canary: &Scenario, size: Size) -> Vec<Watched> {
    let errors = canary.change.errors(world.traffic.errors);
    let mut seen: Vec<Vec<(Option<usize>, f64)>> = MODELS.iter().map(|_| Vec::new()).collect();
    for number in 0..size.runs as u64 {
        let mut draw = Draw::new(size.seed, number);
        let placed = world.crowd.place(&mut draw);
        let minutes = series::minutes(world, &placed, errors, &mut draw);
        for (model, seen) in MODELS.iter().zip(&mut seen) {
            let stopped = (model.stops)(&minutes);
            seen.push((stopped, placed.hit(&series::failures(world, &minutes, stopped))));
        }
    }
    MODELS.iter().zip(&seen).map(|(model, seen)| watched(canary, model, seen)).collect()
}

fn watched(canary: &Scenario, model: &Model, seen: &[(Option<usize>, f64)]) -> Watched {
    let times = || seen.iter().filter_map(|(at, _)| *at).map(|minute| minute as f64 * 60_000.0);
    Watched {
        canary: canary.title.clone(),
        watcher: model.name.to_owned(),
        source: model.source,
        stopped: Share::new(times().count() as u64, seen.len() as u64),
        after_ms: Spread::of(times()),
        users: Spread::of(seen.iter().map(|(_, users)| *users)),
    }
}
