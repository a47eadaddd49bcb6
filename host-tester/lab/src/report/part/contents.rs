//! What is on a page of several reports, those that failed at a glance.

use crate::report::Report;
use crate::report::html::text;

pub(in super::super) fn contents(title: &str, reports: &[Report]) -> String {
    let failed = reports.iter().filter(|report| report.passed() == Some(false)).count();
    let (class, result) = match failed {
        0 => ("passed", "Passed: everything that was expected held".to_owned()),
        n => ("failed", format!("Failed: {n} of {}", reports.len())),
    };
    let items: String = reports.iter().enumerate().map(|(i, report)| item(i, report)).collect();
    format!(
        "<nav>\n<h1>{}</h1>\n<p class=\"result {class}\">{result}</p>\n<ol class=contents>\n{items}</ol>\n</nav>\n",
        text(title)
    )
}

fn item(place: usize, report: &Report) -> String {
    let badge = match report.passed() {
        Some(true) => "<span class=\"badge passed\">passed</span>",
        Some(false) => "<span class=\"badge failed\">failed</span>",
        None => "<span class=badge>no expectation</span>",
    };
    format!("<li>{badge} <a href=\"#r{place}\">{}</a>\n", text(&report.title))
}
