//! A scenario of which a plugin is to refuse its configuration: then nothing runs.

use super::Options;
use crate::scenario::Scenario;
use crate::scenario::judge::ExpectationResult;
use crate::scenario::outcome::Outcome;
use serinus_host::proxy::{Proxy, StartError};
use std::time::Duration;

/// Whether the start went as the scenario says; `None` if it says nothing of refusals.
pub(super) fn judge(
    scenario: &Scenario,
    started: &Result<Proxy, StartError>,
) -> Option<ExpectationResult> {
    let plugin = scenario.refused.as_deref()?;
    let seen = match started {
        Ok(_) => "every plugin started".to_owned(),
        Err(error) => error.to_string(),
    };
    Some(ExpectationResult {
        path: "refused".into(),
        place: scenario.places.nearest("refused"),
        what: "the start".into(),
        expected: format!("plugin {plugin:?} refuses"),
        seen,
        passed: started.as_ref().is_err_and(|error| error.plugin == plugin),
        window: (Duration::ZERO, Duration::ZERO),
        trace: Vec::new(),
    })
}

/// What came of it.
pub(super) fn outcome(
    scenario: &Scenario,
    seed: u64,
    options: &Options,
    result: ExpectationResult,
    wall: Duration,
) -> Outcome {
    Outcome {
        name: scenario.name.clone(),
        file: scenario.source.name.clone(),
        seed,
        filter: options.filter.clone(),
        simulated: Duration::ZERO,
        wall,
        requests: 0,
        results: vec![result],
    }
}
