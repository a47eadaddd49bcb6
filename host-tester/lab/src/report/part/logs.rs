//! What was logged.

use super::omitted;
use crate::report::html::text;
use crate::report::{LogLevel, LogLine, Report};
use crate::story::{lasted, plural};

const MOST: usize = 500;
/// Characters of a line; a decision record has about a thousand.
const WIDTH: usize = 4000;

pub(in super::super) fn logs(report: &Report) -> Option<String> {
    let lines = report.logs.len() as u64 + report.logs_omitted;
    // Warnings must not lie behind a click.
    let open = report.logs.iter().any(|line| line.level >= LogLevel::Warn);
    let open = if open { " open" } else { "" };
    let items: String = report.logs.iter().take(MOST).map(item).collect();
    let left_out = usize::try_from(lines).unwrap_or(usize::MAX);
    (lines > 0).then(|| {
        format!(
            "<section>\n<h2>Log</h2>\n<details{open}><summary>{}</summary>\n<ol class=log>\n{items}</ol>{}</details></section>\n",
            plural(lines, "line"),
            omitted(left_out, report.logs.len().min(MOST), "line")
        )
    })
}

fn item(line: &LogLine) -> String {
    let level = line.level.words();
    let cut: String = line.text.chars().take(WIDTH).collect();
    let more = if cut.len() < line.text.len() { "…" } else { "" };
    format!(
        "<li class={level}><span class=at>{}</span> <b>{level}</b> <i>{}</i> {}{more}\n",
        lasted(line.at_ms),
        text(&line.source),
        text(&cut)
    )
}
