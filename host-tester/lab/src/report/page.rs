//! The whole page.

use super::model::Report;
use super::{html, part};
use crate::story::plural;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// SHA-256 of the script: nothing else on the page may run.
const SCRIPT_HASH: &str = "6rMBACLZpmT5mCF2s0ZnnDKe6H/cZ/BbIMCCDJcovq8=";

/// The report as one self-contained HTML page.
pub fn render(report: &Report) -> String {
    page(&report.title, &body(report, 0))
}

/// Several reports as one page, with a list of them at its top.
pub fn render_all(reports: &[Report]) -> String {
    if let [only] = reports {
        return render(only);
    }
    let mut before = 0;
    let articles = reports.iter().enumerate().map(|(i, report)| {
        let body = body(report, before);
        before += report.rollouts.len();
        format!("<article id=r{i}>\n{body}</article>\n")
    });
    let articles: String = articles.collect();
    let title = plural(reports.len() as u64, "scenario");
    page(&title, &format!("{}{articles}", part::contents(&title, reports)))
}

/// What stands on the page of one report; so many rollouts stand before it.
fn body(report: &Report, before: usize) -> String {
    let rollouts = report.rollouts.iter().enumerate();
    let rollouts = rollouts.map(|(i, rollout)| part::rollout(report, before + i, rollout));
    let parts = [
        Some(part::head(report)),
        part::expectations(report),
        Some(rollouts.collect()),
        part::traffic(report),
        part::metrics(report),
        part::logs(report),
    ];
    parts.into_iter().flatten().collect()
}

pub(super) fn page(title: &str, body: &str) -> String {
    let title = html::text(title);
    format!(
        "<!doctype html>\n<html lang=en>\n<head>\n<meta charset=utf-8>\n<meta name=viewport content=\"width=device-width\">\n\
         <meta http-equiv=Content-Security-Policy content=\"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{SCRIPT_HASH}'\">\n\
         <meta name=color-scheme content=\"light dark\">\n<title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n{body}</main>\n<footer>serinus {}</footer>\n\
         <output id=tip hidden></output>\n<script>{SCRIPT}</script>\n</body>\n</html>\n",
        env!("CARGO_PKG_VERSION")
    )
}

#[cfg(test)]
mod tests;
