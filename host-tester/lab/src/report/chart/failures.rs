//! Failures where they happened: the canary's upwards, the baseline's downwards.

use super::slices::{Slice, slices};
use super::{Time, figure};
use crate::report::draw::{Plot, Scale, even, last_per_column, px};
use crate::report::model::{Rollout, Sample, Totals};
use crate::story::{count, lasted};
use serinus_core::arm::PerArm;

pub(in super::super) fn chart(rollout: &Rollout, time: &Time) -> Option<String> {
    let all = slices(&rollout.samples, usize::MAX);
    let failures: u64 =
        all.iter().map(|s| s.came.canary.failures.max(s.came.baseline.failures)).fold(0, u64::max);
    if all.is_empty() {
        return None;
    }
    if failures == 0 {
        return Some("<p class=note>Not one assigned request failed.</p>\n".to_owned());
    }
    let caption = "Failed requests, as they came: the canary's upwards, the baseline's downwards.";
    Some(figure("Failures", caption, |narrow| draw(rollout, time, narrow)))
}

fn draw(rollout: &Rollout, time: &Time, narrow: bool) -> String {
    let plot = Plot::new(narrow, 110.0);
    let slices = slices(&rollout.samples, if narrow { 70 } else { 180 });
    let greatest = |of: &dyn Fn(&PerArm<Totals>) -> u64| {
        slices.iter().map(|s| of(&s.came)).max().unwrap_or(0) as f64
    };
    let (up, down) = (greatest(&|c| c.canary.failures), greatest(&|c| c.baseline.failures));
    let span = slices.first().map_or(0, |slice| slice.to_ms - slice.from_ms);
    // The smaller side keeps room for its name.
    let room = up.max(down) * 0.2;
    let y = Scale::linear((-down.max(room), up.max(room)), plot.y());
    let zero = y.at(0.0).unwrap_or(plot.y().0);
    let bars = |of: &dyn Fn(&Slice) -> f64| -> String {
        let bar = |slice: &Slice| bar(&plot, time, slice, zero, y.at(of(slice))?);
        slices.iter().filter_map(bar).collect()
    };
    let canary = bars(&|slice| slice.came.canary.failures as f64);
    let baseline = bars(&|slice| -(slice.came.baseline.failures as f64));
    let rows = [plot.row(zero, "0"), rows(&plot, &y, up, 1.0), rows(&plot, &y, down, -1.0)];
    let bars = format!(
        "<path class=\"fill canary\" d=\"{canary}\"/><path class=\"fill baseline\" d=\"{baseline}\"/>"
    );
    let names = [(zero - 9.0, "canary", "canary"), (zero + 9.0, "baseline", "baseline")];
    let content = [
        rows.concat(),
        plot.unit(&format!("per {}", lasted(span))),
        bars,
        time.marks(&plot),
        plot.line_labels(plot.x().1, &names),
        time.axis(&plot),
    ];
    let samples = last_per_column(&rollout.samples, |s| s.at_ms, time.end_ms, 800);
    let stops = time.stops(&plot, &samples, say);
    plot.svg("Failures of both cohorts over time", &stops, &content.concat())
}

/// The grid of one side, upwards (`sign` 1) or downwards (-1) to `end`.
fn rows(plot: &Plot, y: &Scale, end: f64, sign: f64) -> String {
    let zero = y.at(0.0).unwrap_or(plot.y().0);
    let ticks = even(end, 2.0).into_iter().filter(|tick| tick.fract() == 0.0 && *tick > 0.0);
    let rows = ticks.filter_map(|tick| Some((y.at(sign * tick)?, tick)));
    // A short side has no room for all of them.
    let apart = rows.filter(|(at, _)| (at - zero).abs() >= 13.0);
    apart.map(|(at, tick)| plot.row(at, &count(tick as u64))).collect()
}

fn bar(plot: &Plot, time: &Time, slice: &Slice, zero: f64, end: f64) -> Option<String> {
    let (left, right) = (time.at(plot, slice.from_ms), time.at(plot, slice.to_ms));
    let width = bar_width(left, right);
    // As seldom as failures are, one must be seen.
    let height = end - zero;
    let height = if height.abs() < 1.5 { 1.5 * height.signum() } else { height };
    (end != zero).then(|| {
        let left = px(left);
        format!("M{left} {}h{}v{}H{left}Z", px(zero), px(width), px(height))
    })
}

/// With a gap to the next where there is room for one.
pub(super) fn bar_width(left: f64, right: f64) -> f64 {
    let width = right - left;
    if width > 4.0 { width - 1.0 } else { width.max(1.0) }
}

fn say(sample: &Sample) -> String {
    sample.totals.map_or_else(String::new, |totals| {
        let of = |t: &Totals| format!("{} of {} so far", count(t.failures), count(t.requests));
        format!("canary {}\nbaseline {}", of(&totals.canary), of(&totals.baseline))
    })
}
