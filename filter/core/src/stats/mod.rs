//! The statistics: pure functions of counts.
//!
//! Every test here stays valid under continuous looking (Ville's inequality), because the filter
//! looks after every response. A fixed-sample test repeated at every look is wrong far more often
//! than it says: 17 % false alarms after 5 looks at p < .05, 32 % after 60.
//!
//! All transcendental functions come from `libm`, in software, so that the native and the wasm
//! build give the same bits.

pub mod confidence;
pub mod eprocess;

/// `ln B(a, b)`, the logarithm of the beta function.
pub(crate) fn ln_beta(a: f64, b: f64) -> f64 {
    libm::lgamma(a) + libm::lgamma(b) - libm::lgamma(a + b)
}

/// `ln sum_i exp(x_i)` without overflow; `-inf` for no terms.
pub(crate) fn ln_sum_exp(terms: impl Iterator<Item = f64> + Clone) -> f64 {
    let top = terms.clone().fold(f64::NEG_INFINITY, f64::max);
    if !top.is_finite() {
        return top;
    }
    top + libm::log(terms.map(|x| libm::exp(x - top)).sum::<f64>())
}
