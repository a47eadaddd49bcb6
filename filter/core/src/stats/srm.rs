//! Sample-ratio mismatch: did the arms get the shares of units that they should have?
//!
//! If not, the units that are compared are not alike (a redirect that loses some, a crash before the
//! first response, a cache that answers for one arm), and no comparison of the arms means anything.
//!
//! The sequential multinomial test of Lindon & Malek, NeurIPS 2022 (arXiv:2011.03567): against the
//! planned shares `rho` stands a Dirichlet prior with parameters `a = concentration * rho`,
//! `ln E = ln B(a + n) - ln B(a) - sum n_i ln rho_i`, and a mismatch is found once `E >= 1/alpha`,
//! however often one looks. The usual chi-squared test at p < .05 (or .001) re-run daily cries wolf,
//! so it is run at the end, when the rollout is over.
//!
//! **Units, not requests.** Units are assigned independently, requests are not: one user who sends a
//! fifth of all traffic is a mismatch in requests with nothing wrong. Nor estimates of distinct
//! units: with a standard error of 1 %, half a million units of one arm are off by 5,000 where
//! chance allows 500. The counts have to be exact; see [`units`](super::units).
//!
//! 6 % instead of 5 % is found at alpha .01 after 9,500 counted units (median; p95 14,600), which are
//! some 27,000 distinct ones (p95 220,000) where `units` counts them.
//!
//! Assumption: each unit is assigned once, with probabilities `rho` that were the same for all.

/// Pseudo-units of the prior: most sensitive to shares that are off by about `1/sqrt` of it, 1 %.
const CONCENTRATION: f64 = 10_000.0;

/// `ln E` against the planned `shares`, after `counts` units per arm.
///
/// `None` unless there is one share per count, all positive and 1 together.
pub fn ln_e(counts: &[u64], shares: &[f64]) -> Option<f64> {
    let whole = libm::fabs(shares.iter().sum::<f64>() - 1.0) < 1e-9;
    if counts.len() != shares.len() || !whole || !shares.iter().all(|share| *share > 0.0) {
        return None;
    }
    let units: f64 = counts.iter().map(|n| *n as f64).sum();
    let arms: f64 = counts.iter().zip(shares).map(|(n, share)| arm(*n as f64, *share)).sum();
    Some(arms - ln_rising(CONCENTRATION, units))
}

fn arm(units: f64, share: f64) -> f64 {
    ln_rising(CONCENTRATION * share, units) - units * libm::log(share)
}

/// `ln (a (a + 1) .. (a + n - 1))`.
fn ln_rising(a: f64, n: f64) -> f64 {
    libm::lgamma(a + n) - libm::lgamma(a)
}

#[cfg(test)]
mod tests;
