//! The rate of failures in each stage, with the interval that holds at every look.
//!
//! The axis is logarithmic, because 0.1 % and 10 % both matter; nothing is drawn below its lowest line.

use super::{Time, figure};
use crate::report::draw::{Anchor, Plot, Scale, band, last_per_column, line, px, text};
use crate::report::model::{Rollout, Sample};
use crate::story::{bounds, percent};
use serinus_core::arm::PerArm;
use serinus_core::contract::Metric;
use serinus_core::record::Rate;

/// Where a rate is known, and where it begins anew.
type Points<'a> = Vec<Option<(f64, &'a PerArm<Rate>)>>;

pub(in super::super) fn chart(rollout: &Rollout, time: &Time) -> Option<String> {
    let compared =
        |sample: &Sample| sample.rates.is_some_and(|r| r.canary.requests + r.baseline.requests > 0);
    rollout.samples.iter().any(compared).then(|| {
        let caption = "The share of requests that failed since the stage began, with its interval: shaded is where the true rate may lie, however often one looks. The gate passes when the canary's upper end is below the limit. Each stage begins anew.";
        figure("Failure rates", caption, |narrow| draw(rollout, time, narrow))
    })
}

fn draw(rollout: &Rollout, time: &Time, narrow: bool) -> String {
    let plot = Plot::new(narrow, 190.0);
    let known = rollout.samples.iter().filter(|sample| sample.rates.is_some());
    let columns = if narrow { 270 } else { 600 };
    let samples = last_per_column(known, |s| s.at_ms, time.end_ms, columns);
    let floor = floor(&samples);
    let y = Scale::log((10_f64.powi(floor), 1.0), plot.y());
    let points = points(&plot, time, &samples);
    let content = [
        grid(&plot, &y, floor),
        bands(&plot, &points, &y),
        lines(&points, &y),
        limit(&plot, rollout, &y).unwrap_or_default(),
        time.marks(&plot),
        labels(&plot, &points, &y),
        time.axis(&plot),
    ];
    let stops = time.stops(&plot, &samples, say);
    plot.svg("Failure rates of both cohorts with their intervals", &stops, &content.concat())
}

/// The power of ten below everything that is worth a look.
fn floor(samples: &[&Sample]) -> i32 {
    let rates = samples.iter().filter_map(|sample| sample.rates);
    let values = rates.flat_map(|r| {
        [&r.canary, &r.baseline].map(|r| share(r).filter(|s| *s > 0.0).unwrap_or(r.high))
    });
    let least = values.filter(|v| *v > 0.0).fold(1.0, f64::min);
    (least.log10().floor() as i32).clamp(-6, -2)
}

fn share(rate: &Rate) -> Option<f64> {
    (rate.requests > 0).then(|| rate.hits as f64 / rate.requests as f64)
}

fn grid(plot: &Plot, y: &Scale, floor: i32) -> String {
    let label = |exponent: i32| {
        let value = percent(10_f64.powi(exponent));
        if exponent == floor { format!("≤{value}") } else { value }
    };
    (floor..=0).filter_map(|e| Some(plot.row(y.at(10_f64.powi(e))?, &label(e)))).collect()
}

/// A stage that begins anew interrupts the line.
fn points<'a>(plot: &Plot, time: &Time, samples: &[&'a Sample]) -> Points<'a> {
    let mut points = Vec::with_capacity(samples.len());
    let mut before: Option<&Sample> = None;
    for sample in samples {
        let same =
            before.is_none_or(|before| before.stage == sample.stage && !fewer(before, sample));
        if !same {
            points.push(None);
        }
        points.push(sample.rates.as_ref().map(|rates| (time.at(plot, sample.at_ms), rates)));
        before = Some(sample);
    }
    points
}

fn fewer(before: &Sample, after: &Sample) -> bool {
    let requests =
        |sample: &Sample| sample.rates.map(|r| r.canary.requests.max(r.baseline.requests));
    requests(before).zip(requests(after)).is_some_and(|(before, after)| after < before)
}

/// One cohort's rate.
type Of = fn(&PerArm<Rate>) -> &Rate;

/// The baseline first: where both are, the canary is what one looks for.
const COHORTS: [(&str, Of); 2] =
    [("baseline", |rates| &rates.baseline), ("canary", |rates| &rates.canary)];

fn bands(plot: &Plot, points: &Points<'_>, y: &Scale) -> String {
    let drawn = |of: Of, (x, rates): (f64, &PerArm<Rate>)| {
        let rate = Some(of(rates)).filter(|rate| rate.requests > 0 && x >= plot.x().0)?;
        Some((x, y.at(rate.low)?, y.at(rate.high)?))
    };
    let path = |(class, of): (&str, Of)| {
        let interval: Vec<_> = points.iter().map(|point| drawn(of, (*point)?)).collect();
        format!("<path class=\"band {class}\" d=\"{}\"/>", band(&interval))
    };
    COHORTS.map(path).concat()
}

fn lines(points: &Points<'_>, y: &Scale) -> String {
    let drawn = |of: Of, (x, rates): (f64, &PerArm<Rate>)| Some((x, y.at(share(of(rates))?)?));
    let path = |(class, of): (&str, Of)| {
        let path = line(points.iter().map(|point| drawn(of, (*point)?)));
        format!("<path class=\"line {class}\" d=\"{path}\"/>")
    };
    COHORTS.map(path).concat()
}

/// What is last known of each cohort, where its line ends; at full weight the baseline's ends early.
fn labels(plot: &Plot, points: &Points<'_>, y: &Scale) -> String {
    let end = |(name, of): (&'static str, Of)| {
        let known = |(x, rates): &(f64, &PerArm<Rate>)| Some((*x, share(of(rates))?));
        let (x, share) = points.iter().rev().flatten().find_map(known)?;
        let room = !plot.narrow || x < plot.x().1 - 120.0;
        let label = if room { format!("{name} {}", percent(share)) } else { name.to_owned() };
        Some((x, y.at(share)?, name, label))
    };
    let ends: Vec<_> = COHORTS.into_iter().filter_map(end).collect();
    let together = ends.chunk_by(|a, b| (a.0 - b.0).abs() < 100.0);
    let draw = |ends: &[(f64, f64, &str, String)]| {
        let x = ends.iter().map(|end| end.0).fold(0.0, f64::max);
        let labels: Vec<_> =
            ends.iter().map(|(_, y, name, label)| (*y, *name, label.as_str())).collect();
        plot.line_labels(x, &labels)
    };
    together.map(draw).collect()
}

/// The limit that the last comparison went by.
fn limit(plot: &Plot, rollout: &Rollout, y: &Scale) -> Option<String> {
    let mut latest = rollout.decisions.iter().rev();
    let limit = latest.find_map(|record| record.compared(Metric::Errors))?.limit;
    let (at, (left, right)) = (y.at(limit)?, plot.x());
    let label = text(
        right - 4.0,
        at - 4.0,
        Anchor::End,
        "label rollback",
        &format!("limit {}", percent(limit)),
    );
    Some(format!("<path class=\"threshold\" d=\"M{} {}H{}\"/>{label}", px(left), px(at), px(right)))
}

fn say(sample: &Sample) -> String {
    let Some(rates) = sample.rates else { return String::new() };
    let say = |name, rate: &Rate| match share(rate) {
        Some(share) => format!(
            "{name} {} of {} = {} {}",
            rate.hits,
            rate.requests,
            percent(share),
            bounds(rate.low, rate.high)
        ),
        None => format!("{name}: no requests"),
    };
    format!("{}\n{}", say("canary", &rates.canary), say("baseline", &rates.baseline))
}
