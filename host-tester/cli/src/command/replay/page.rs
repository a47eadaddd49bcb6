//! As a page.

use super::{Told, short, words};
use serinus_lab::report::{Expectation, Report};

pub(super) fn report(told: &Told<'_>) -> Report {
    let fact = |name: &str, value: String| (name.to_owned(), value);
    let counts = &told.played.counts;
    let expectation = told.met.zip(told.args.expect).map(|(passed, expected)| Expectation {
        what: "verdict".to_owned(),
        expected: format!("{expected:?}").to_lowercase(),
        seen: if passed { "as expected" } else { "not as expected" }.to_owned(),
        passed,
        at_ms: None,
    });
    Report {
        title: format!("{} over {}", short(&told.args.rollout), files(&told.files)),
        description: words::assumed(told).join(" "),
        facts: vec![
            fact("requests", counts.sent.to_string()),
            fact("lines left out", told.logs.wrong.to_string()),
            fact("without identity", counts.unknown.to_string()),
            fact("seed", told.args.seed.to_string()),
        ],
        expectations: expectation.into_iter().collect(),
        ..told.played.seen.clone()
    }
}

fn files(files: &[String]) -> String {
    match files {
        [one] => short(one).to_owned(),
        all => format!("{} logs", all.len()),
    }
}
