//! As a page.

use super::{Findings, short, words};
use serinus_lab::report::{Expectation, Report};

pub(super) fn report(findings: &Findings<'_>) -> Report {
    let fact = |name: &str, value: String| (name.to_owned(), value);
    let counts = &findings.played.counts;
    let expectation =
        findings.met.zip(findings.args.expect).map(|(passed, expected)| Expectation {
            what: "verdict".to_owned(),
            expected: format!("{expected:?}").to_lowercase(),
            seen: if passed { "as expected" } else { "not as expected" }.to_owned(),
            passed,
            at_ms: None,
        });
    Report {
        title: format!("{} over {}", short(&findings.args.rollout), files(&findings.files)),
        description: words::assumed(findings).join(" "),
        facts: vec![
            fact("requests", counts.sent.to_string()),
            fact("lines left out", findings.logs.wrong.to_string()),
            fact("without identity", counts.unknown.to_string()),
            fact("seed", findings.args.seed.to_string()),
        ],
        expectations: expectation.into_iter().collect(),
        ..findings.played.seen.clone()
    }
}

fn files(files: &[String]) -> String {
    match files {
        [one] => short(one).to_owned(),
        all => format!("{} logs", all.len()),
    }
}
