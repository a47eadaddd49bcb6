//! Requests per second, the canary's share of them at the bottom.

use super::slices::{Slice, slices};
use super::{Time, figure};
use crate::report::draw::{Plot, Scale, band, even, last_per_column};
use crate::report::model::{Rollout, Sample};
use crate::story::count;

pub(in super::super) fn chart(rollout: &Rollout, time: &Time) -> Option<String> {
    (!slices(&rollout.samples, 1).is_empty()).then(|| {
        let caption = "Requests that chance assigned, the canary's at the bottom. After a rollback everyone is with the baseline and nobody is compared.";
        figure("Requests", caption, |narrow| draw(rollout, time, narrow))
    })
}

fn draw(rollout: &Rollout, time: &Time, narrow: bool) -> String {
    let plot = Plot::new(narrow, 110.0);
    let slices = slices(&rollout.samples, if narrow { 70 } else { 180 });
    let rates: Vec<Rates> = slices.iter().map(Rates::of).collect();
    let most = rates.iter().map(Rates::both).fold(0.0, f64::max);
    let y = Scale::linear((0.0, most * 1.05), plot.y());
    let canary = area(&plot, time, &y, &rates, |rates| (0.0, rates.canary));
    let baseline = area(&plot, time, &y, &rates, |rates| (rates.canary, rates.both()));
    let rows = even(most, 3.0).into_iter();
    let grid: String =
        rows.filter_map(|tick| Some(plot.row(y.at(tick)?, &rate_label(tick)))).collect();
    let areas = format!(
        "<path class=\"fill baseline\" d=\"{baseline}\"/><path class=\"fill canary\" d=\"{canary}\"/>"
    );
    let names = labels(&plot, time, &rates, &y);
    let content =
        [grid, plot.unit("per second"), areas, time.marks(&plot), names, time.axis(&plot)];
    let samples = last_per_column(&rollout.samples, |s| s.at_ms, time.end_ms, 800);
    let stops = time.stops(&plot, &samples, say);
    plot.svg("Requests per second of both cohorts", &stops, &content.concat())
}

/// Requests per second in a slice.
struct Rates {
    slice: Slice,
    canary: f64,
    baseline: f64,
}

impl Rates {
    fn of(slice: &Slice) -> Self {
        let rate = |requests: u64| requests as f64 / slice.seconds();
        let came = slice.came.map(|totals| rate(totals.requests));
        Self { slice: *slice, canary: came.canary, baseline: came.baseline }
    }

    fn both(&self) -> f64 {
        self.canary + self.baseline
    }
}

/// What lies between two heights, slice by slice.
fn area(
    plot: &Plot,
    time: &Time,
    y: &Scale,
    rates: &[Rates],
    between: impl Fn(&Rates) -> (f64, f64),
) -> String {
    let corners = rates.iter().flat_map(|rates| {
        let (low, high) = between(rates);
        let heights = y.at(low).zip(y.at(high));
        let ends = [rates.slice.from_ms, rates.slice.to_ms].map(|ms| time.at(plot, ms));
        ends.map(|x| heights.map(|(low, high)| (x, low, high)))
    });
    band(&corners.collect::<Vec<_>>())
}

/// Names beside the last slice in which there was something to name.
fn labels(plot: &Plot, time: &Time, rates: &[Rates], y: &Scale) -> String {
    let Some(last) = rates.iter().rev().find(|rates| rates.both() > 0.0) else {
        return String::new();
    };
    let middle = |value: f64| y.at(value).unwrap_or(plot.y().0);
    let canary = middle(last.canary / 2.0);
    let baseline = middle(last.canary + last.baseline / 2.0);
    let names = [(canary, "canary", "canary"), (baseline, "baseline", "baseline")];
    plot.line_labels(time.at(plot, last.slice.to_ms), &names)
}

/// `5`, `0.2`, `12,000`.
fn rate_label(rate: f64) -> String {
    if rate.fract() == 0.0 && rate < 1e15 {
        return count(rate as u64);
    }
    let text = format!("{rate:.6}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn say(sample: &Sample) -> String {
    sample.totals.map_or_else(String::new, |totals| {
        format!(
            "canary {} so far\nbaseline {} so far",
            count(totals.canary.requests),
            count(totals.baseline.requests)
        )
    })
}
