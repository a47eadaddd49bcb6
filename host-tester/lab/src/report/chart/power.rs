//! Curves over the size of a regression.
//!
//! Sizes stand side by side at equal distances: they are chosen, not measured, and from 1.5 to 1000 no axis is fair
//! to both ends.

use super::figure;
use crate::report::draw::{Anchor, Plot, Scale, band, even, line, px, text};
use crate::report::html;
use crate::report::power::{Curve, Point};
use crate::story::{count, lasted};

/// How many rollouts are stopped, and in how many the canary gets all traffic.
pub(in super::super) fn caught(curve: &Curve) -> Option<String> {
    (!curve.points.is_empty()).then(|| {
        let caption = "The share of rollouts that were rolled back, with its interval, and of those in which the canary got all traffic. A canary that expires counts as rolled back.";
        figure("Caught", caption, |narrow| draw_caught(curve, narrow))
    })
}

fn draw_caught(curve: &Curve, narrow: bool) -> String {
    let plot = Plot::new(narrow, 190.0);
    let y = Scale::linear((0.0, 1.0), plot.y());
    let at = |share: f64| y.at(share).unwrap_or(plot.y().0);
    let points = || curve.points.iter().enumerate();
    let x = |i: usize| place(&plot, i, curve.points.len());
    let interval = points().map(|(i, p)| Some((x(i), at(p.stopped.1), at(p.stopped.2))));
    let stopped = points().map(|(i, p)| Some((x(i), at(p.stopped.0))));
    let full = points().map(|(i, p)| Some((x(i), at(p.full))));
    let last = curve.points.last();
    let ends: Vec<(f64, &str, &str)> = last
        .map(|p| [(at(p.stopped.0), "canary", "stopped"), (at(p.full), "baseline", "got all")])
        .into_iter()
        .flatten()
        .collect();
    let content = [
        even(1.0, 4.0).iter().map(|s| plot.row(at(*s), &format!("{:.0}%", s * 100.0))).collect(),
        format!("<path class=\"band canary\" d=\"{}\"/>", band(&interval.collect::<Vec<_>>())),
        format!("<path class=\"line baseline\" d=\"{}\"/>", line(full)),
        format!("<path class=\"line canary\" d=\"{}\"/>", line(stopped)),
        plot.line_labels(plot.x().1, &ends),
        axis(&plot, curve),
    ];
    plot.svg("Share of rollouts rolled back", &stops(&plot, curve, Point::words), &content.concat())
}

/// Something that has a median and a 95th percentile, on a logarithmic axis.
struct Measure {
    title: &'static str,
    caption: &'static str,
    of: fn(&Point) -> Option<(f64, f64)>,
    say: fn(f64) -> String,
    /// Where the grid may be; of these, what lies around the values.
    ticks: &'static [f64],
}

const TIME: Measure = Measure {
    title: "Time to rollback",
    caption: "From the moment at which the canary was bad. The axis is logarithmic; drawn only where some rollouts were rolled back.",
    of: |point| point.after_ms,
    say: |ms| lasted(ms as u64),
    // Powers of ten of a millisecond are no times that anyone knows.
    ticks: &[1.0, 10.0, 100.0, 1e3, 1e4, 6e4, 6e5, 3.6e6, 8.64e7, 8.64e8],
};

const USERS: Measure = Measure {
    title: "Users hit",
    caption: "Users who suffered from the canary until it was rolled back, in those rollouts in which it was. The axis is logarithmic.",
    of: |point| point.users,
    say: |users| count(users.round() as u64),
    ticks: &[1.0, 10.0, 100.0, 1e3, 1e4, 1e5, 1e6],
};

/// How long it takes.
pub(in super::super) fn time(curve: &Curve) -> Option<String> {
    spread(curve, &TIME)
}

/// Whom it hits.
pub(in super::super) fn users(curve: &Curve) -> Option<String> {
    spread(curve, &USERS)
}

fn spread(curve: &Curve, measure: &Measure) -> Option<String> {
    let known = || curve.points.iter().filter_map(measure.of);
    let low = known().map(|(median, _)| median).fold(f64::INFINITY, f64::min);
    let high = known().map(|(_, p95)| p95).fold(0.0, f64::max);
    let ticks = measure.ticks;
    let below = ticks.iter().rev().find(|tick| **tick <= low).or(ticks.first())?;
    let above = ticks.iter().find(|tick| **tick >= high && *tick > below).or(ticks.last())?;
    (high > 0.0).then(|| {
        let draw = |narrow| draw_spread(curve, measure, narrow, (*below, *above));
        figure(measure.title, measure.caption, draw)
    })
}

fn draw_spread(curve: &Curve, measure: &Measure, narrow: bool, domain: (f64, f64)) -> String {
    let Measure { title, of, say, .. } = measure;
    let plot = Plot::new(narrow, 170.0);
    let y = Scale::log(domain, plot.y());
    let x = |i: usize| place(&plot, i, curve.points.len());
    let at = |value: f64| y.at(value.max(domain.0)).unwrap_or(plot.y().0);
    let known = |(i, point): (usize, &Point)| of(point).map(|(m, p95)| (x(i), at(m), at(p95)));
    let points: Vec<_> = curve.points.iter().enumerate().map(known).collect();
    let median = points.iter().map(|point| point.map(|(x, median, _)| (x, median)));
    let p95 = points.iter().map(|point| point.map(|(x, _, p95)| (x, p95)));
    let end = points.iter().rev().flatten().next().copied();
    let labels = end.map_or_else(String::new, |(_, median, p95)| {
        plot.line_labels(plot.x().1, &[(median, "canary", "median"), (p95, "canary", "p95")])
    });
    let within = measure.ticks.iter().filter(|tick| (domain.0..=domain.1).contains(*tick));
    let content = [
        within.map(|tick| plot.row(at(*tick), &say(*tick))).collect(),
        format!("<path class=\"band canary\" d=\"{}\"/>", band(&points)),
        format!("<path class=\"line canary\" d=\"{}\"/>", line(p95)),
        format!("<path class=\"line canary\" d=\"{}\"/>", line(median)),
        labels,
        axis(&plot, curve),
    ];
    let words = |point: &Point| match of(point) {
        Some((median, p95)) => format!("{}\nmedian {}, p95 {}", point.title, say(median), say(p95)),
        None => point.title.clone(),
    };
    plot.svg(title, &stops(&plot, curve, words), &content.concat())
}

/// Where the `i`-th of so many sizes stands.
fn place(plot: &Plot, i: usize, of: usize) -> f64 {
    let (left, right) = plot.x();
    // Half a step of room on either side, for the labels.
    left + (right - left) * (i as f64 + 0.5) / of.max(1) as f64
}

fn axis(plot: &Plot, curve: &Curve) -> String {
    let low = plot.y().0;
    let tick = |(i, point): (usize, &Point)| {
        let x = place(plot, i, curve.points.len());
        let label = text(x, low + 17.0, Anchor::Middle, "tick", &point.label);
        format!("<path class=axis d=\"M{} {}v5\"/>{label}", px(x), px(low))
    };
    plot.baseline() + &curve.points.iter().enumerate().map(tick).collect::<String>()
}

fn stops(plot: &Plot, curve: &Curve, say: impl Fn(&Point) -> String) -> String {
    let numbered = curve.points.iter().enumerate();
    let stops: Vec<(f64, String)> = numbered
        .map(|(i, point)| (place(plot, i, curve.points.len()).round(), say(point)))
        .collect();
    let json = serde_json::to_string(&stops).unwrap_or_default();
    format!(" data-stops=\"{}\"", html::text(&json))
}
