//! Everything that the charts show, as a table: for who does not see them, and for who wants to calculate.

use crate::report::chart::latency::{QUANTILES, milliseconds, quantiles};
use crate::report::html::table;
use crate::report::model::state_words;
use crate::report::model::{Latency, Rollout, Sample};
use crate::story::{bounds, count, evidence, lasted, plural, weight};
use serinus_core::record::Rate;

/// So many rows; of more samples every so many-th.
const MOST: usize = 300;

pub(super) fn numbers(rollout: &Rollout) -> String {
    let all = rollout.samples.len();
    let every = all.div_ceil(MOST).max(1);
    let heads = [
        "#at",
        "#weight",
        "#stage",
        "state",
        "#canary requests",
        "#failed",
        "#baseline requests",
        "#failed",
        "#canary rate",
        "#baseline rate",
        "#e-value",
    ];
    let last = rollout.samples.last().filter(|_| all % every != 1 && every > 1);
    let rows = rollout.samples.iter().step_by(every).chain(last).map(row);
    let samples = if all == 0 { String::new() } else { table("numbers", &heads, rows) };
    let latency = rollout.latency.as_ref().map_or_else(String::new, latency);
    if samples.is_empty() && latency.is_empty() {
        return String::new();
    }
    let of = if every > 1 { format!(" (one of {every})") } else { String::new() };
    format!(
        "<details><summary>All numbers: {}{of}</summary>\n{latency}{samples}</details>\n",
        plural(all as u64, "sample")
    )
}

fn row(sample: &Sample) -> Vec<String> {
    let totals = |of: &dyn Fn() -> Option<u64>| of().map_or_else(|| "–".to_owned(), count);
    let rate = |rate: Option<Rate>| {
        let known = rate.filter(|rate| rate.requests > 0);
        known.map_or_else(|| "–".to_owned(), |rate| bounds(rate.low, rate.high))
    };
    vec![
        lasted(sample.at_ms),
        weight(sample.weight),
        sample.stage.to_string(),
        state_words(sample.state),
        totals(&|| Some(sample.totals?.canary.requests)),
        totals(&|| Some(sample.totals?.canary.failures)),
        totals(&|| Some(sample.totals?.baseline.requests)),
        totals(&|| Some(sample.totals?.baseline.failures)),
        rate(sample.rates.map(|rates| rates.canary)),
        rate(sample.rates.map(|rates| rates.baseline)),
        sample.evidence.map_or_else(|| "–".to_owned(), |e| evidence(e.ln_e)),
    ]
}

fn latency(latency: &Latency) -> String {
    let heads: Vec<String> = QUANTILES.iter().map(|(name, _)| format!("#{name}")).collect();
    let heads: Vec<&str> = ["cohort", "#successful requests"]
        .into_iter()
        .chain(heads.iter().map(String::as_str))
        .collect();
    let row = |(name, counts): (&str, &Vec<u64>)| {
        let all = counts.iter().fold(0_u64, |sum, n| sum.saturating_add(*n));
        let quantiles = quantiles(latency, counts);
        let quantiles =
            quantiles.into_iter().map(|ms| ms.map_or_else(|| "–".to_owned(), milliseconds));
        [name.to_owned(), count(all)].into_iter().chain(quantiles).collect()
    };
    let arms = [("canary", &latency.counts.canary), ("baseline", &latency.counts.baseline)];
    table("numbers", &heads, arms.into_iter().map(row))
}
