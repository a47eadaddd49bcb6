//! For whoever would rather look: one page, with a part for each scenario.

use crate::report::{Expectation, Report, render_all};
use crate::scenario::judge::ExpectationResult;
use crate::scenario::outcome::{Outcome, RunResult};
use crate::scenario::{Protocol, Scenario};
use std::time::Duration;

/// One page of all results, each with what was recorded of its run.
pub fn render(results: Vec<(&RunResult, Option<Report>)>) -> String {
    let reports: Vec<Report> = results.into_iter().map(|(ran, seen)| report(ran, seen)).collect();
    render_all(&reports)
}

fn report(ran: &RunResult, recorded: Option<Report>) -> Report {
    match ran {
        RunResult::Completed(scenario, outcome) => over(scenario, outcome, recorded),
        RunResult::Invalid(file, unsound) => not_run(file, &unsound.to_string()),
        RunResult::NotRun { name, why, .. } => not_run(name, why),
    }
}

fn over(scenario: &Scenario, outcome: &Outcome, recorded: Option<Report>) -> Report {
    Report {
        title: outcome.name.clone(),
        description: scenario.description.clone().unwrap_or_default(),
        facts: facts(scenario, outcome),
        expectations: outcome.results.iter().map(expectation).collect(),
        ..recorded.unwrap_or_default()
    }
}

/// Nothing that another run with the same seed would say otherwise.
fn facts(scenario: &Scenario, outcome: &Outcome) -> Vec<(String, String)> {
    let fact = |name: &str, value: String| (name.to_owned(), value);
    let protocol = match scenario.protocol {
        Protocol::Http => "HTTP",
        Protocol::Tcp => "TCP",
    };
    vec![
        fact("scenario", outcome.file.clone()),
        fact("seed", outcome.seed.to_string()),
        fact("workers", scenario.workers.to_string()),
        fact("protocol", protocol.to_owned()),
        fact("requests", outcome.requests.to_string()),
        fact("on", "the embedded host, in virtual time".to_owned()),
    ]
}

fn expectation(result: &ExpectationResult) -> Expectation {
    let millis = |time: Duration| u64::try_from(time.as_millis()).ok();
    Expectation {
        what: result.what.clone(),
        expected: result.expected.clone(),
        seen: result.seen.clone(),
        passed: result.passed,
        at_ms: millis(result.window.1),
    }
}

/// Of what could not be run, why.
fn not_run(name: &str, why: &str) -> Report {
    let expectation = Expectation {
        what: "the scenario".to_owned(),
        expected: "can be run".to_owned(),
        seen: why.to_owned(),
        passed: false,
        at_ms: None,
    };
    Report { title: name.to_owned(), expectations: vec![expectation], ..Report::default() }
}
