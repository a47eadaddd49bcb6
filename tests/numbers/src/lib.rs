//! Every statistic over fixed inputs, as bits.
//!
//! A decision that is replayed on a laptop must be the decision that was made in the proxy. Floats are
//! the same everywhere in addition and multiplication; logarithms and the like are not, so the core takes
//! them from `libm`. Here is the same list of answers, for the test to run natively and as wasm.

#![expect(unsafe_code, reason = "an export has a name that the compiler cannot check")]

use serinus_core::arm::Arm;
use serinus_core::stats::band::Band;
use serinus_core::stats::burn_rate::Events;
use serinus_core::stats::confidence::{Counts, Prior, Test, interval};
use serinus_core::stats::eprocess::{Evidence, Odds};
use serinus_core::stats::mann_whitney::{compare, effect};
use serinus_core::stats::units::Units;
use serinus_core::stats::{alpha, quantile, srm};
use std::sync::OnceLock;

static ANSWERS: OnceLock<Vec<u64>> = OnceLock::new();

/// How many answers there are.
#[unsafe(no_mangle)]
pub extern "C" fn answers() -> u32 {
    ANSWERS.get_or_init(all).len() as u32
}

/// One of them; 0 beyond the last.
#[unsafe(no_mangle)]
pub extern "C" fn answer(index: u32) -> u64 {
    ANSWERS.get_or_init(all).get(index as usize).copied().unwrap_or(0)
}

/// All answers, in a fixed order.
pub fn all() -> Vec<u64> {
    let mut answers = vectors();
    let mut random = 1;
    (0..200).for_each(|_| answers.extend(drawn(&mut random)));
    answers.extend(units());
    answers
}

/// Xorshift: the same numbers everywhere.
fn next(random: &mut u64) -> u64 {
    *random ^= *random << 13;
    *random ^= *random >> 7;
    *random ^= *random << 17;
    *random
}

fn bits(numbers: impl IntoIterator<Item = f64>) -> impl Iterator<Item = u64> {
    numbers.into_iter().map(f64::to_bits)
}

/// The vectors of the reference implementations.
fn vectors() -> Vec<u64> {
    let sized = interval(700, 1000, 0.05, Prior::Sized { t: 100.0 });
    let ranks = compare(&[5, 20, 60, 10, 5], &[50, 300, 600, 40, 10]);
    let band = Band::new(0.05, 100.0).map_or(0.0, |band| band.radius(1000.0));
    let ranks = ranks.map_or([0.0; 4], |r| [r.u, r.z, r.p, r.effect]);
    bits([sized.low, sized.high, band].into_iter().chain(ranks)).collect()
}

/// Everything once, on inputs that nobody chose.
fn drawn(random: &mut u64) -> Vec<u64> {
    let total = next(random) % 1_000_000 + 1;
    let counts = Counts { hits: next(random) % total / (next(random) % 1000 + 1), total };
    let share = (next(random) % 9998 + 1) as f64 / 10_000.0;
    let level = alpha::at_look(alpha::share(0.1, 3), (next(random) % 30) as u32 + 1);
    let arm: Vec<u64> = (0..12).map(|_| next(random) % 5000).collect();
    let other: Vec<u64> = (0..12).map(|_| next(random) % 5000).collect();
    let edges: Vec<u64> = (1..12).map(|i| i * 250).collect();
    let ends = interval(counts.hits, counts.total, level, Prior::Rare);
    let mut numbers = vec![level, ends.low, ends.high];
    numbers.extend(srm::ln_e(&[total, counts.hits], &[1.0 - share, share]));
    numbers.extend(effect(&arm, &other).map(|e| e.p_below(0.56)));
    numbers.extend(
        effect(&arm, &other).into_iter().flat_map(|e| [e.estimate, e.error, e.interval(level).1]),
    );
    numbers.extend(compare(&arm, &other).into_iter().flat_map(|c| [c.z, c.p]));
    numbers.extend(Events { bad: counts.hits, total }.burn(share));
    numbers.push(evidence(share, next(random) % 40, next(random) % 10));
    let test = Test::new(level, Prior::Rare);
    let sides = [test.is_below(counts, share), test.is_above(counts, share)].map(u64::from);
    let lies = quantile::interval(0.99, level, &edges, &arm);
    let lies = [lies.above, lies.at_most].map(|edge| edge.unwrap_or(u64::MAX));
    bits(numbers).chain(sides).chain(lies).collect()
}

fn evidence(share: f64, misses: u64, hits: u64) -> f64 {
    let mut evidence = Evidence::default();
    (0..hits).for_each(|_| evidence.observe(&Odds::split(share, 0.5), misses, 1));
    evidence.observe(&Odds::absolute(share), misses, hits);
    evidence.ln_e()
}

/// More users than are remembered.
fn units() -> Vec<u64> {
    let mut units = Units::default();
    for i in 0..20_000_u32 {
        units.see(&i.to_le_bytes(), if i % 7 == 0 { Arm::Canary } else { Arm::Baseline });
    }
    let counted = units.counted();
    vec![counted.baseline, counted.canary, units.estimate()]
}
