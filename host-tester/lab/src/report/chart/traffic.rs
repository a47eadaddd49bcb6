//! Finished requests of one cluster over time, by what they were answered with.

use super::failures::bar_width;
use super::{Time, figure};
use crate::report::draw::{Anchor, Plot, Scale, even, px, text};
use crate::report::traffic::{ClusterTraffic, StatusClass, sum};
use crate::story::{count, lasted, plural};

type Counts = [u64; StatusClass::ALL.len()];

pub(in super::super) fn chart(
    cluster: &ClusterTraffic,
    slice_ms: u64,
    time: &Time,
) -> Option<String> {
    let all = cluster.totals().iter().fold(0_u64, |sum, n| sum.saturating_add(*n));
    (all > 0).then(|| {
        let name = if cluster.cluster.is_empty() { "(no cluster)" } else { &cluster.cluster };
        let caption = format!("{} finished.", plural(all, "request"));
        figure(name, &caption, |narrow| draw(cluster, slice_ms, time, narrow))
    })
}

/// At most so many bars, and how long one is.
fn columns(
    cluster: &ClusterTraffic,
    slice_ms: u64,
    time: &Time,
    most: usize,
) -> (Vec<Counts>, u64) {
    let slice_ms = slice_ms.max(1);
    let slices = usize::try_from(time.end_ms.div_ceil(slice_ms)).unwrap_or(usize::MAX);
    let each = slices.max(cluster.slices.len()).div_ceil(most).max(1);
    let columns = cluster.slices.chunks(each).map(sum).collect();
    (columns, slice_ms.saturating_mul(each as u64))
}

fn draw(cluster: &ClusterTraffic, slice_ms: u64, time: &Time, narrow: bool) -> String {
    let mut plot = Plot::new(narrow, 110.0);
    plot.height += 10.0;
    plot.top += 10.0;
    let (columns, span) = columns(cluster, slice_ms, time, if narrow { 60 } else { 150 });
    let total = |counts: &Counts| counts.iter().fold(0_u64, |sum, n| sum.saturating_add(*n));
    let most = columns.iter().map(total).max().unwrap_or(0) as f64;
    let y = Scale::linear((0.0, most), plot.y());
    let grid: String = even(most, 3.0)
        .into_iter()
        .filter(|tick| tick.fract() == 0.0)
        .filter_map(|tick| Some(plot.row(y.at(tick)?, &count(tick as u64))))
        .collect();
    let bars: String = StatusClass::ALL
        .into_iter()
        .map(|class| {
            let bar =
                |(i, counts): (usize, &Counts)| bar(&plot, time, &y, (i, span), counts, class);
            let path: String = columns.iter().enumerate().filter_map(bar).collect();
            format!("<path class=\"fill {}\" d=\"{path}\"/>", class.class())
        })
        .collect();
    let unit = plot.unit(&format!("per {}", lasted(span)));
    let label = format!("Requests of the cluster {} by status", cluster.cluster);
    plot.svg(
        &label,
        "",
        &(grid + &unit + &bars + &key(&plot, &cluster.totals()) + &time.axis(&plot)),
    )
}

/// One class's part of a bar, on top of the better ones.
fn bar(
    plot: &Plot,
    time: &Time,
    y: &Scale,
    (i, span): (usize, u64),
    counts: &Counts,
    class: StatusClass,
) -> Option<String> {
    let count = counts.get(class as usize).filter(|n| **n > 0)?;
    let below = counts.iter().take(class as usize).fold(0_u64, |sum, n| sum.saturating_add(*n));
    let (low, high) = (y.at(below as f64)?, y.at(below.saturating_add(*count) as f64)?);
    let from = (i as u64).saturating_mul(span);
    let (left, right) = (time.at(plot, from), time.at(plot, from.saturating_add(span)));
    let width = bar_width(left, right);
    let height = (low - high).max(1.0);
    let left = px(left);
    Some(format!("M{left} {}h{}v-{}H{left}Z", px(low), px(width), px(height)))
}

/// Each class with its number, above the plot.
fn key(plot: &Plot, totals: &Counts) -> String {
    let mut x = plot.x().0;
    let mut key = String::new();
    for (class, n) in StatusClass::ALL.into_iter().zip(totals).filter(|(_, n)| **n > 0) {
        let label = format!("{} {}", class.words(), count(*n));
        key.push_str(&format!(
            "<rect class=\"fill {}\" x={} y=5 width=10 height=\"10\"/>{}",
            class.class(),
            px(x),
            text(x + 14.0, 14.0, Anchor::Start, "label", &label)
        ));
        x += 28.0 + label.len() as f64 * 7.0;
    }
    key
}
