//! The guard's evidence on a logarithmic scale, with the line at which it stops.

use super::{Time, figure};
use crate::report::draw::{
    Anchor, Plot, Scale, decades, extremes, last_per_column, line, px, text,
};
use crate::report::model::{Evidence, Rollout, Sample};
use crate::story;
use std::f64::consts::LN_10;

/// Beyond, numbers say nothing more.
const MOST: f64 = 12.0;

pub(in super::super) fn chart(rollout: &Rollout, time: &Time) -> Option<String> {
    // One moment says nothing over time; it is told with the decision.
    let found = rollout.samples.iter().filter_map(|sample| sample.evidence).nth(1)?;
    let enough = story::evidence(found.ln_threshold);
    let caption = format!(
        "How strongly the failures speak against “no worse than tolerated”, as an e-value: 1 says nothing, {enough} stops the canary. One that is no worse ever gets to {enough} in at most 1 of {enough} rollouts, however often one looks."
    );
    Some(figure("Evidence against the canary", &caption, |narrow| {
        draw(rollout, time, narrow, found)
    }))
}

fn draw(rollout: &Rollout, time: &Time, narrow: bool, found: Evidence) -> String {
    let plot = Plot::new(narrow, 140.0);
    let known = rollout.samples.iter().filter_map(|s| Some((s, s.evidence?)));
    let exponents = |e: Evidence| (e.ln_e / LN_10).clamp(-MOST, MOST);
    let (least, greatest) = known
        .clone()
        .map(|(_, evidence)| exponents(evidence))
        .filter(|e| !e.is_nan())
        .fold((-0.5_f64, found.ln_threshold / LN_10), |(a, b), e| (a.min(e), b.max(e)));
    let y = Scale::linear((least - 0.2, greatest + 0.5), plot.y());
    let points = rollout
        .samples
        .iter()
        .map(|sample| Some((time.at(&plot, sample.at_ms), y.at(exponents(sample.evidence?))?)));
    let path = line(extremes(points.collect()));
    let grid: String = decades(least - 0.2, greatest + 0.5, 5)
        .into_iter()
        .filter_map(|e| Some(plot.row(y.at(e as f64)?, &power(e))))
        .collect();
    let content = [
        grid,
        threshold(&plot, &y, found),
        time.marks(&plot),
        format!("<path class=\"line evidence\" d=\"{path}\"/>"),
        time.axis(&plot),
    ];
    let samples = last_per_column(&rollout.samples, |s| s.at_ms, time.end_ms, 800);
    let stops = time.stops(&plot, &samples, say);
    plot.svg("The guard's evidence over time", &stops, &content.concat())
}

/// The line at which it stops, and the ground beyond.
fn threshold(plot: &Plot, y: &Scale, found: Evidence) -> String {
    let Some(at) = y.at(found.ln_threshold / LN_10) else { return String::new() };
    let ((left, right), top) = (plot.x(), plot.y().1);
    let label = format!("stop at {}", story::evidence(found.ln_threshold));
    format!(
        "<rect class=\"beyond\" x={} y={} width={} height=\"{}\"/><path class=\"threshold\" d=\"M{} {}H{}\"/>{}",
        px(left),
        px(top),
        px(right - left),
        px(at - top),
        px(left),
        px(at),
        px(right),
        text(right - 4.0, at + 15.0, Anchor::End, "label rollback", &label)
    )
}

/// `100`, `0.01`, `1e6`.
fn power(exponent: i64) -> String {
    match exponent {
        0..=4 => story::count(10_u64.pow(exponent as u32)),
        -3..0 => format!("{:.*}", -exponent as usize, 10_f64.powi(exponent as i32)),
        _ => format!("1e{exponent}"),
    }
}

fn say(sample: &Sample) -> String {
    sample.evidence.map_or_else(String::new, |e| format!("e-value {}", story::evidence(e.ln_e)))
}
