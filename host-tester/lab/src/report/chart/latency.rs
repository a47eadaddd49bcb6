//! How latencies are distributed: the two cohorts one above the other, on one axis.
//!
//! Areas are densities over the logarithm of latency, so that buckets of unequal width compare: a gate's
//! limit is an edge of its own and cuts its bucket in two.

mod quantile;

use quantile::quantile;

use super::figure;
use crate::report::draw::{Anchor, Plot, Scale, line, one_two_five, px, text};
use crate::report::model::Latency;
use crate::story::lasted;

/// The quantiles that people ask for, and how far up each one's label stands.
pub(in super::super) const QUANTILES: [(&str, f64); 3] =
    [("p50", 0.5), ("p90", 0.9), ("p99", 0.99)];

/// A bucket that is not empty.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Bucket {
    /// Milliseconds.
    low: f64,
    high: f64,
    count: u64,
}

pub(in super::super) fn chart(latency: &Latency) -> Option<String> {
    let arms = [("baseline", &latency.counts.baseline), ("canary", &latency.counts.canary)];
    let arms = arms.map(|(name, counts)| (name, buckets(&latency.edges_us, counts)));
    // One request in a minute must not squeeze all others into a corner.
    let end = |q: f64| arms.iter().filter_map(move |(_, buckets)| quantile(buckets, q));
    let low = end(0.0003).fold(f64::INFINITY, f64::min) * 0.9;
    let high = end(0.9997).fold(0.0, f64::max) * 1.1;
    (low < high).then(|| {
        let caption = "How long successful requests took, over the whole run. The axis is logarithmic and leaves out the slowest and fastest 3 of 10,000; equal areas are equal shares of requests.";
        figure("Latency", caption, |narrow| draw(&arms, (low, high), narrow))
    })
}

/// The buckets that hold something. What is below the first edge, or above the last, gets a width of its own.
pub(super) fn buckets(edges_us: &[u64], counts: &[u64]) -> Vec<Bucket> {
    let edge = |i: usize| edges_us.get(i).map(|us| (*us).max(1) as f64 / 1e3);
    let bucket = |(i, count): (usize, &u64)| {
        let below = i.checked_sub(1).and_then(edge);
        let (low, high) = match (below, edge(i)) {
            (Some(low), Some(high)) => (low, high),
            (Some(low), None) => (low, low * 1.25),
            (None, Some(high)) => (high / 2.0, high),
            (None, None) => return None,
        };
        (*count > 0 && low < high).then_some(Bucket { low, high, count: *count })
    };
    counts.iter().take(edges_us.len() + 1).enumerate().filter_map(bucket).collect()
}

fn draw(arms: &[(&str, Vec<Bucket>); 2], domain: (f64, f64), narrow: bool) -> String {
    let plot = Plot::new(narrow, 250.0);
    let x = Scale::log(domain, plot.x());
    let most = arms.iter().map(|(_, buckets)| densest(buckets)).fold(0.0, f64::max);
    let (bottom, top) = plot.y();
    let middle = f64::midpoint(bottom, top);
    let rows = [(middle, top), (bottom, middle)];
    let ridges: String = arms
        .iter()
        .zip(rows)
        .map(|((name, buckets), row)| ridge(&plot, name, buckets, &x, row, most))
        .collect();
    let ticks = one_two_five(domain.0, domain.1, if narrow { 5 } else { 14 });
    let axis: String = ticks
        .into_iter()
        .filter_map(|ms| Some(plot.column(x.at(ms)?, &milliseconds(ms))))
        .collect();
    plot.svg("Distribution of latencies of both cohorts", "", &(ridges + &plot.baseline() + &axis))
}

fn total(buckets: &[Bucket]) -> f64 {
    buckets.iter().map(|b| b.count as f64).sum()
}

fn density(bucket: &Bucket, total: f64) -> f64 {
    bucket.count as f64 / total / (bucket.high / bucket.low).ln()
}

fn densest(buckets: &[Bucket]) -> f64 {
    let total = total(buckets);
    buckets.iter().map(|b| density(b, total)).fold(0.0, f64::max)
}

/// One cohort's distribution, standing on `bottom`.
fn ridge(
    plot: &Plot,
    name: &str,
    buckets: &[Bucket],
    x: &Scale,
    (bottom, top): (f64, f64),
    most: f64,
) -> String {
    // Labels of quantiles stand above the area.
    let y = Scale::linear((0.0, most), (bottom, top + 48.0));
    let quantiles = QUANTILES.iter().zip([38.0, 25.0, 12.0]);
    let quantiles: String = quantiles
        .filter_map(|((label, q), up)| {
            let ms = quantile(buckets, *q)?;
            let label = format!("{label} {}", milliseconds(ms));
            Some(mark(plot, x.at(ms)?, (bottom, top + up), &label))
        })
        .collect();
    let area = outline(buckets, x, &y, bottom);
    let (left, right) = plot.x();
    let floor = format!("<path class=axis d=\"M{} {}H{}\"/>", px(left), px(bottom), px(right));
    let class = format!("label {name}");
    let label = text(right + 8.0, bottom - 10.0, Anchor::Start, &class, name);
    format!("<path class=\"fill {name}\" d=\"{area}\"/>{floor}{quantiles}{label}")
}

/// Each bucket as a bar on the ground.
fn outline(buckets: &[Bucket], x: &Scale, y: &Scale, ground: f64) -> String {
    let total = total(buckets);
    let corners = buckets.iter().flat_map(|bucket| {
        let (left, right) = (x.at(bucket.low), x.at(bucket.high));
        let (low, high) = (Some(ground), y.at(density(bucket, total)));
        [left.zip(low), left.zip(high), right.zip(high), right.zip(low)]
    });
    line(corners)
}

fn mark(plot: &Plot, x: f64, (bottom, top): (f64, f64), label: &str) -> String {
    let near_the_end = x > plot.x().1 - 70.0;
    let (at, anchor) = if near_the_end { (x - 4.0, Anchor::End) } else { (x + 4.0, Anchor::Start) };
    let label = text(at, top + 10.0, anchor, "quantile", label);
    format!("<path class=quantile d=\"M{0} {1}V{2}\"/>{label}", px(x), px(bottom), px(top))
}

/// `0.5 ms`, `21 ms`, `1.2s`.
pub(in super::super) fn milliseconds(ms: f64) -> String {
    match ms {
        _ if ms < 10.0 => {
            let text = format!("{ms:.2}");
            format!("{} ms", text.trim_end_matches('0').trim_end_matches('.'))
        }
        _ if ms < 1000.0 => format!("{ms:.0} ms"),
        _ => lasted(ms as u64),
    }
}

/// The buckets of a histogram, for tables.
pub(in super::super) fn quantiles(latency: &Latency, counts: &[u64]) -> Vec<Option<f64>> {
    let buckets = buckets(&latency.edges_us, counts);
    QUANTILES.iter().map(|(_, q)| quantile(&buckets, *q)).collect()
}
