//! Metrics at the end.

use super::omitted;
use crate::report::Report;
use crate::report::html::{table, text};
use crate::story::count;

const MOST: usize = 2000;

pub(in super::super) fn metrics(report: &Report) -> Option<String> {
    let rows =
        report.metrics.iter().take(MOST).map(|metric| {
            vec![format!("<code>{}</code>", text(&metric.name)), number(metric.value)]
        });
    (!report.metrics.is_empty()).then(|| {
        format!(
            "<section>\n<h2>Metrics</h2>\n<details><summary>{} at the end</summary>\n{}{}</details></section>\n",
            crate::story::plural(report.metrics.len() as u64, "metric"),
            table("metrics", &["metric", "#value"], rows),
            omitted(report.metrics.len(), MOST, "metric")
        )
    })
}

fn number(value: f64) -> String {
    let whole = value.fract() == 0.0 && (0.0..9e15).contains(&value);
    if whole { count(value as u64) } else { value.to_string() }
}
