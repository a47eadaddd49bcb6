//! What had to hold, what did not first.

use super::omitted;
use crate::report::html::{sentence, table};
use crate::report::{Expectation, Report};
use crate::story::lasted;

/// More than anyone writes by hand.
const MOST: usize = 1000;

pub(in super::super) fn expectations(report: &Report) -> Option<String> {
    let (passed, failed): (Vec<_>, Vec<_>) = report.expectations.iter().partition(|e| e.passed);
    let all = failed.into_iter().chain(passed);
    let heads = ["", "what", "expected", "seen", "#at"];
    (!report.expectations.is_empty()).then(|| {
        format!(
            "<section>\n<h2>Expectations</h2>\n{}{}</section>\n",
            table("expectations", &heads, all.take(MOST).map(row)),
            omitted(report.expectations.len(), MOST, "expectation")
        )
    })
}

fn row(expectation: &Expectation) -> Vec<String> {
    let result = if expectation.passed { "passed" } else { "failed" };
    let at = expectation.at_ms.map_or_else(|| "end".to_owned(), lasted);
    vec![
        format!("<span class=\"badge {result}\">{result}</span>"),
        sentence(&expectation.what),
        sentence(&expectation.expected),
        sentence(&expectation.seen),
        at,
    ]
}
