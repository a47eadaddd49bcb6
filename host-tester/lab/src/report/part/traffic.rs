//! Where requests went, cluster by cluster.

use super::omitted;
use crate::report::Report;
use crate::report::chart::{Time, traffic as chart};
use crate::report::html::{table, text};
use crate::report::traffic::{StatusClass, Traffic};
use crate::story::count;

const MOST: usize = 20;

pub(in super::super) fn traffic(report: &Report) -> Option<String> {
    let traffic = report.traffic.as_ref()?;
    let slices = traffic.clusters.iter().map(|cluster| cluster.slices.len()).max().unwrap_or(0);
    let last = traffic.slice_ms.max(1).saturating_mul(slices as u64);
    let end_ms = if report.duration_ms == 0 { last } else { report.duration_ms };
    let time = Time { end_ms, marks: Vec::new() };
    let charts = traffic.clusters.iter().take(MOST);
    let charts: String = charts.filter_map(|c| chart::chart(c, traffic.slice_ms, &time)).collect();
    (!charts.is_empty()).then(|| {
        format!(
            "<section>\n<h2>Requests by cluster</h2>\n{charts}{}{}</section>\n",
            omitted(traffic.clusters.len(), MOST, "cluster"),
            numbers(traffic)
        )
    })
}

fn numbers(traffic: &Traffic) -> String {
    let classes = StatusClass::ALL.map(|class| format!("#{}", class.words()));
    let heads: Vec<&str> =
        ["cluster"].into_iter().chain(classes.iter().map(String::as_str)).collect();
    let rows = traffic.clusters.iter().take(MOST).map(|cluster| {
        let counts = cluster.totals().map(count);
        [text(&cluster.cluster)].into_iter().chain(counts).collect()
    });
    format!(
        "<details><summary>As a table</summary>\n{}</details>\n",
        table("numbers", &heads, rows)
    )
}
