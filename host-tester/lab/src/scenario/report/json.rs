//! For a program. The form is documented in `serinus run --help`: keys are added, never changed. The same scenario
//! with the same seed gives the same bytes; how long it took is not among them.

use crate::scenario::judge::ExpectationResult;
use crate::scenario::outcome::{Outcome, RunResult};
use serde::Serialize;
use serinus_core::diagnostic::Diagnostic;
use std::io::{self, Write};
use std::time::Duration;

#[derive(Serialize)]
struct Report<'a> {
    version: u32,
    scenarios: Vec<Rendered<'a>>,
}

#[derive(Serialize)]
struct Rendered<'a> {
    file: &'a str,
    name: &'a str,
    result: &'static str,
    seed: Option<u64>,
    simulated_ms: Option<u64>,
    requests: Option<u64>,
    expectations: Vec<Expectation<'a>>,
    problems: Vec<InFile<'a>>,
    error: Option<&'a str>,
}

#[derive(Serialize)]
struct Expectation<'a> {
    path: &'a str,
    line: Option<usize>,
    column: Option<usize>,
    what: &'a str,
    expected: &'a str,
    seen: &'a str,
    passed: bool,
    from_ms: u64,
    to_ms: u64,
    trace: &'a [String],
}

#[derive(Serialize)]
struct InFile<'a> {
    file: &'a str,
    #[serde(flatten)]
    problem: &'a Diagnostic,
}

/// One object, and nothing else.
///
/// # Errors
/// If it cannot be written.
pub fn write(ran: &[RunResult], out: &mut dyn Write) -> io::Result<()> {
    let report = Report { version: 1, scenarios: ran.iter().map(told).collect() };
    serde_json::to_writer_pretty(&mut *out, &report)?;
    writeln!(out)
}

fn told(ran: &RunResult) -> Rendered<'_> {
    let nothing = Rendered {
        file: ran.file(),
        name: ran.name(),
        result: "unreadable",
        seed: None,
        simulated_ms: None,
        requests: None,
        expectations: Vec::new(),
        problems: Vec::new(),
        error: None,
    };
    match ran {
        RunResult::Completed(_, outcome) => over(outcome, nothing),
        RunResult::Invalid(_, unsound) => {
            let files = unsound.files.iter();
            let problems = files.flat_map(|file| {
                let name = file.source.name.as_str();
                file.problems.iter().map(move |problem| InFile { file: name, problem })
            });
            Rendered { problems: problems.collect(), ..nothing }
        }
        RunResult::NotRun { why, .. } => Rendered { error: Some(why), ..nothing },
    }
}

fn over<'a>(outcome: &'a Outcome, nothing: Rendered<'a>) -> Rendered<'a> {
    Rendered {
        result: if outcome.passed() { "passed" } else { "failed" },
        seed: Some(outcome.seed),
        simulated_ms: Some(millis(outcome.simulated)),
        requests: Some(outcome.requests),
        expectations: outcome.results.iter().map(expectation).collect(),
        ..nothing
    }
}

fn expectation(result: &ExpectationResult) -> Expectation<'_> {
    Expectation {
        path: &result.path,
        line: result.place.map(|place| place.line),
        column: result.place.map(|place| place.column),
        what: &result.what,
        expected: &result.expected,
        seen: &result.seen,
        passed: result.passed,
        from_ms: millis(result.window.0),
        to_ms: millis(result.window.1),
        trace: &result.trace,
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
