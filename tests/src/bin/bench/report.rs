//! The table.

use crate::Running;
use crate::variants::{FLOOR, LUA};
use anyhow::{Context, Result};

/// Prints cost, spread and ratios.
pub fn print(running: &[Running]) -> Result<()> {
    let find = |name| running.iter().find(|r| r.variant.name == name).context("variant");
    let (floor, lua) = (find(FLOOR)?, find(LUA)?);
    let added_by_lua = median(&added(lua, floor));
    let floor_rss = floor.envoy.rss_bytes()? as f64;
    println!(
        "{:<38} {:>9} {:>9} {:>17} {:>7} {:>10}",
        "variant (medians)", "us/req", "added", "(quartiles)", "x Lua", "RSS added"
    );
    for one in running {
        let added = added(one, floor);
        let (low, high) = spread(&added);
        println!(
            "{:<38} {:>9.1} {:>9.1} {:>17} {:>7.2} {:>7.1} MB",
            one.variant.name,
            median(&one.cost),
            median(&added),
            format!("({low:.1} .. {high:.1})"),
            median(&added) / added_by_lua,
            (one.envoy.rss_bytes()? as f64 - floor_rss) / 1e6,
        );
    }
    Ok(())
}

/// What each round cost more than the same round without a filter.
fn added(one: &Running, floor: &Running) -> Vec<f64> {
    one.cost.iter().zip(&floor.cost).map(|(a, b)| a - b).collect()
}

fn median(values: &[f64]) -> f64 {
    quantile(values, 0.5)
}

/// The quartiles: on a shared machine the extremes say more about the neighbours.
fn spread(values: &[f64]) -> (f64, f64) {
    (quantile(values, 0.25), quantile(values, 0.75))
}

fn quantile(values: &[f64], q: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = (sorted.len().saturating_sub(1) as f64 * q).round() as usize;
    sorted.get(rank).copied().unwrap_or(f64::NAN)
}
