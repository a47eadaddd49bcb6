//! Does the simulation say what the filter would do?
//!
//! The module that Envoy loads plays the same scenarios on the embedded host, request by request, and two things are
//! compared. In each scenario, the shares of rollouts that were stopped, and when: their intervals must overlap. And
//! for one run of each, the very requests that the filter saw are given to the core by a [`twin`] of the filter: the
//! decisions must be the same, record by record.
//!
//! A request costs microseconds here and not nanoseconds, so runs end after some ten thousand requests; the simulation is cut off at the
//! same time before the two are compared. Who takes part is not what is asked: rules and units are left out.

mod agree;
mod play;
mod stream;
mod twin;

pub use agree::{Agreement, agreements};
pub use play::{PlayError, Played, play};
pub use stream::Stream;

use super::batch::{Size, run_batch};
use super::calibration::{Options, scenarios_of, setup};
use super::pool;
use super::run::{Prepared, SimulationSetup};
use super::scenario::Scenario;
use serde_json::Value;
use serinus_core::config::Rollout;
use serinus_host::filter::Filter;

/// After so many requests a run is over.
pub const REQUESTS: u64 = 40_000;

/// The header that says who a request is from.
const USER: &str = "x-serinus-calibrate-user";

/// The rollout as the host gets it: everyone takes part, is known by one header, and stands elsewhere in every run.
fn configuration(document: &Value, rollout: &Rollout, place: usize, number: u64) -> Value {
    let one = document.get("rollouts").and_then(|all| all.get(place)).unwrap_or(document);
    let mut one = one.clone();
    if let Some(keys) = one.as_object_mut() {
        for key in ["match", "exclude", "force", "eligible"] {
            keys.remove(key);
        }
        keys.insert("unit".into(), serde_json::json!([{ "header": USER }]));
        keys.insert("salt".into(), format!("{}-{number}", rollout.salt).into());
    }
    one
}

/// What is compared.
pub struct Exact<'a> {
    /// The filter.
    pub filter: &'a Filter,
    /// The file's document, and the rollout's place in it.
    pub document: &'a Value,
    /// Likewise.
    pub place: usize,
    /// Runs of each scenario.
    pub runs: usize,
    /// After so many requests a run is over; [`REQUESTS`] is a fair number.
    pub requests: u64,
}

/// Plays every scenario with the filter and with the core, and compares. `watch` is told how many of the filter's runs are
/// over, of how many.
///
/// # Errors
/// If the filter does not start, or the rollout is unsound once everyone takes part in it.
pub fn exact(
    rollout: &Rollout,
    options: &Options,
    with: &Exact<'_>,
    watch: &mut dyn FnMut(usize, usize),
) -> Result<Vec<Agreement>, PlayError> {
    let horizon = (with.requests as f64 / options.traffic.rps * 1e3) as u64;
    let scenarios = scenarios_of(rollout, &options.traffic);
    // What turns later than anyone looks is not worth playing.
    let scenarios: Vec<Scenario> =
        scenarios.into_iter().filter(|s| s.turns_within(horizon)).collect();
    let setup = SimulationSetup { horizon_ms: horizon, ..setup(rollout, options) };
    let prepared: Vec<Prepared<'_>> =
        scenarios.iter().map(|scenario| Prepared::new(&setup, scenario)).collect();
    let size = Size { runs: options.size.runs, ..options.size };
    let native = run_batch(&setup, &prepared, size, &mut |_| {});
    let played = all(&setup, &prepared, options.size, with, watch)?;
    Ok(agreements(&scenarios, &native, &played))
}

/// Every run of every scenario through the filter, in order.
fn all(
    setup: &SimulationSetup<'_>,
    prepared: &[Prepared<'_>],
    size: Size,
    with: &Exact<'_>,
    watch: &mut dyn FnMut(usize, usize),
) -> Result<Vec<Vec<Played>>, PlayError> {
    let jobs = prepared.len() * with.runs;
    let job = |job: usize| {
        let (scenario, number) = (job / with.runs, job % with.runs);
        let prepared = prepared.get(scenario)?;
        let value = configuration(with.document, setup.rollout, with.place, number as u64);
        let stream = Stream::new(setup, prepared, size.seed, number as u64);
        Some(play(with.filter, &value, stream.take(with.requests as usize)))
    };
    let played = pool::run_all(jobs, size.threads, job, &mut |done| watch(done, jobs));
    let played: Result<Vec<Played>, PlayError> = played.into_iter().flatten().collect();
    let mut played = played?.into_iter();
    Ok(prepared.iter().map(|_| played.by_ref().take(with.runs).collect()).collect())
}
