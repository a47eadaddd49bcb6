//! What was run, and how it ended.

use crate::report::Report;
use crate::report::html::{sentence, text};
use crate::story::{lasted, plural, utc};

pub(in super::super) fn head(report: &Report) -> String {
    let description = match report.description.as_str() {
        "" => String::new(),
        words => format!("<p class=lead>{}</p>\n", sentence(words)),
    };
    let title = text(&report.title);
    format!(
        "<header>\n<h1>{title}</h1>\n{description}{}{}</header>\n",
        result(report),
        facts(report)
    )
}

fn result(report: &Report) -> String {
    let all = report.expectations.len();
    let failed = report.expectations.iter().filter(|e| !e.passed).count();
    match report.passed() {
        None => String::new(),
        Some(true) if all == 1 => {
            "<p class=\"result passed\">Passed: the one expectation held</p>\n".to_owned()
        }
        Some(true) => {
            format!("<p class=\"result passed\">Passed: all {all} expectations held</p>\n")
        }
        Some(false) => format!(
            "<p class=\"result failed\">Failed: {failed} of {} did not hold</p>\n",
            plural(all as u64, "expectation")
        ),
    }
}

fn facts(report: &Report) -> String {
    let began = report.start_ms.map(|ms| ("began".to_owned(), format!("{} UTC", utc(ms))));
    let took = (report.duration_ms > 0).then(|| ("lasted".to_owned(), lasted(report.duration_ms)));
    let facts = began.into_iter().chain(took).chain(report.facts.iter().cloned());
    let fact = |(name, value): (String, String)| {
        format!("<div><dt>{}</dt><dd>{}</dd></div>", text(&name), text(&value))
    };
    format!("<dl class=facts>{}</dl>\n", facts.map(fact).collect::<String>())
}
