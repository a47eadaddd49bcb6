//! For a CI system: JUnit XML, a suite for each scenario, a case for each expectation.

use crate::scenario::judge::ExpectationResult;
use crate::scenario::outcome::{Outcome, RunResult};
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use std::fmt::Write as _;
use std::io::{self, Write};

/// The whole report.
///
/// # Errors
/// If it cannot be written.
pub fn write(ran: &[RunResult], out: &mut dyn Write) -> io::Result<()> {
    let mut report = Report::new("serinus run");
    report.add_test_suites(ran.iter().map(suite));
    report.serialize(&mut *out).map_err(io::Error::other)
}

fn suite(ran: &RunResult) -> TestSuite {
    let mut suite = TestSuite::new(clean(ran.name()));
    suite.add_property(("file", clean(ran.file()).as_str()));
    match ran {
        RunResult::Completed(_, outcome) => over(outcome, &mut suite),
        RunResult::Invalid(_, unsound) => {
            let text = anstream::adapter::strip_str(&unsound.to_string()).to_string();
            suite.add_test_case(error("the file is sound", &text));
        }
        RunResult::NotRun { why, .. } => {
            suite.add_test_case(error("the scenario can be run", why));
        }
    }
    suite
}

fn over(outcome: &Outcome, suite: &mut TestSuite) {
    suite.add_property(("seed", outcome.seed.to_string().as_str()));
    suite.set_time(outcome.wall);
    suite.add_test_cases(outcome.results.iter().map(|result| case(outcome, result)));
}

fn case(outcome: &Outcome, result: &ExpectationResult) -> TestCase {
    let status = if result.passed { TestCaseStatus::success() } else { failure(outcome, result) };
    let mut case = TestCase::new(clean(&format!("{} ({})", result.what, result.path)), status);
    case.set_classname(clean(&outcome.name));
    // What a case takes by itself is not known: the suite's time is that of the run.
    case.set_time(std::time::Duration::ZERO);
    case
}

fn failure(outcome: &Outcome, result: &ExpectationResult) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    let ExpectationResult { expected, seen, .. } = result;
    status.set_type("expectation").set_message(clean(&format!("expected {expected}, seen {seen}")));
    let line = result.place.map(|place| format!(":{}", place.line)).unwrap_or_default();
    let mut text = format!("{}{line}\nexpected {expected}\nseen     {seen}\n", outcome.file);
    for line in &result.trace {
        let _ = writeln!(text, "  {line}");
    }
    status.set_description(clean(&text));
    status
}

fn error(name: &str, why: &str) -> TestCase {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
    let first = why.lines().next().unwrap_or_default();
    status.set_type("unreadable").set_message(clean(first)).set_description(clean(why));
    TestCase::new(name, status)
}

/// What XML 1.0 can hold: a guest may have logged anything.
fn clean(text: &str) -> String {
    let held = |c: char| matches!(c, '\t' | '\n' | ' '..='\u{fffd}' | '\u{10000}'..);
    text.chars().map(|c| if held(c) { c } else { '\u{fffd}' }).collect()
}
