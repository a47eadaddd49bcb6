//! The canary's weight, step by step, under a ribbon that says what the rollout was doing.

use super::{Time, figure};
use crate::report::draw::{Anchor, Plot, Scale, last_per_column, line, px, steps, text};
use crate::report::model::{Rollout, Sample, State};
use crate::report::model::{state_class, state_words};
use crate::story;

/// Where the ribbon is, above the plot.
const RIBBON: (f64, f64) = (18.0, 18.0);

pub(in super::super) fn chart(rollout: &Rollout, time: &Time) -> Option<String> {
    (!rollout.samples.is_empty()).then(|| {
        let caption = "The share of users that have the canary, and what the rollout was doing. Numbers are decisions, explained below.";
        figure("Weight and state", caption, |narrow| draw(rollout, time, narrow))
    })
}

fn draw(rollout: &Rollout, time: &Time, narrow: bool) -> String {
    let mut plot = Plot::new(narrow, 150.0);
    plot.height += 34.0;
    plot.top += 34.0;
    let samples = last_per_column(&rollout.samples, |s| s.at_ms, time.end_ms, 800);
    let y = Scale::linear((0.0, 100.0), plot.y());
    let at = |weight: f64| y.at(weight).unwrap_or(plot.y().0);
    let shares = [0.0, 25.0, 50.0, 75.0, 100.0];
    let content = [
        shares.map(|share| plot.row(at(share), &format!("{share}%"))).concat(),
        staircase(&plot, time, &samples, at),
        ribbon(&plot, time, &samples),
        time.marks(&plot),
        labels(&plot, time, &samples, at),
        time.axis(&plot),
    ];
    let stops = time.stops(&plot, &samples, say);
    plot.svg("The canary's weight over time", &stops, &content.concat())
}

fn say(sample: &Sample) -> String {
    let weight = story::weight(sample.weight);
    format!("{weight} in stage {}, {}", sample.stage, state_words(sample.state))
}

/// The weight as a line, with the ground below it filled.
fn staircase(plot: &Plot, time: &Time, samples: &[&Sample], at: impl Fn(f64) -> f64) -> String {
    let height = |sample: &Sample| at(f64::from(sample.weight) / 1e3);
    let points = samples.iter().map(|sample| (time.at(plot, sample.at_ms), height(sample)));
    let corners = steps(points, plot.x().1);
    let first = corners.first().map_or(plot.x().0, |corner| corner.0);
    let outline = line(corners.into_iter().map(Some));
    let ground = format!("L{} {1}L{2} {1}Z", px(plot.x().1), px(at(0.0)), px(first));
    format!(
        "<path class=\"area canary\" d=\"{outline}{ground}\"/><path class=\"line canary\" d=\"{outline}\"/>"
    )
}

/// What the rollout was doing, in words where they fit.
fn ribbon(plot: &Plot, time: &Time, samples: &[&Sample]) -> String {
    let runs: Vec<(f64, State)> = samples
        .chunk_by(|a, b| a.state == b.state)
        .filter_map(|run| run.first())
        .map(|first| (time.at(plot, first.at_ms), first.state))
        .collect();
    let ends = runs.iter().skip(1).map(|(x, _)| *x).chain([plot.x().1]);
    runs.iter().zip(ends).map(|((x, state), end)| segment(*x, end, *state)).collect()
}

fn segment(x: f64, end: f64, state: State) -> String {
    let (top, height) = RIBBON;
    let width = (end - x).max(1.0);
    let words = &state_words(state);
    // About 6.4 pixels a letter.
    let fits = width >= words.len() as f64 * 6.4 + 10.0;
    let label = if fits {
        text(x + 6.0, top + 13.0, Anchor::Start, &format!("state {}", state_class(state)), words)
    } else {
        String::new()
    };
    format!(
        "<rect class=\"state {}\" x={} y={top} width={} height=\"{height}\"/>{label}",
        state_class(state),
        px(x),
        px(width)
    )
}

/// Each weight at the beginning of its step, where it fits.
fn labels(plot: &Plot, time: &Time, samples: &[&Sample], at: impl Fn(f64) -> f64) -> String {
    let changes: Vec<(f64, u32)> = samples
        .chunk_by(|a, b| a.weight == b.weight)
        .filter_map(|run| run.first())
        .map(|first| (time.at(plot, first.at_ms), first.weight))
        .collect();
    let ends = changes.iter().skip(1).map(|(x, _)| *x).chain([plot.x().1]);
    let fits = changes.iter().zip(ends).filter(|((x, _), end)| end - x >= 36.0);
    fits.map(|((x, weight), _)| {
        let y = at(f64::from(*weight) / 1e3) - 5.0;
        text(x + 4.0, y, Anchor::Start, "label canary", &story::weight(*weight))
    })
    .collect()
}
