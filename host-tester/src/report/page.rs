//! The whole page.

use super::model::Report;
use super::{html, part};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// SHA-256 of the script: nothing else on the page may run.
const SCRIPT_HASH: &str = "6rMBACLZpmT5mCF2s0ZnnDKe6H/cZ/BbIMCCDJcovq8=";

/// The report as one self-contained HTML page.
pub fn render(report: &Report) -> String {
    let rollouts = report.rollouts.iter().enumerate();
    let parts = [
        Some(part::head(report)),
        part::expectations(report),
        Some(rollouts.map(|(i, rollout)| part::rollout(report, i, rollout)).collect()),
        part::traffic(report),
        part::metrics(report),
        part::logs(report),
    ];
    let body: String = parts.into_iter().flatten().collect();
    let title = html::text(&report.title);
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
