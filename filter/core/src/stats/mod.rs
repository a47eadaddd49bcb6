//! The statistics: pure functions of counts.
//!
//! | module | question it answers | looks |
//! |---|---|---|
//! | [`eprocess`] | is the canary worse than tolerated? | any |
//! | [`confidence`] | where is a rate? | any |
//! | [`quantile`] | where is a quantile? | any |
//! | [`band`] | where is the whole distribution? | any |
//! | [`srm`], [`units`] | did the arms get their shares of distinct units? | any |
//! | [`mann_whitney`] | is one arm slower? | one, or [`alpha`] spent over several |
//! | [`burn_rate`] | how fast is the error budget used up? | a rule, not a test |
//!
//! What looks after every response must stay valid under continuous looking (Ville's inequality). A
//! fixed-sample test repeated at every look is wrong far more often than it says: 17 % false alarms
//! after 5 looks at p < .05, 32 % after 60.
//!
//! All transcendental functions come from `libm`, in software, so that the native and the wasm
//! build give the same bits.

pub mod alpha;
pub mod band;
pub mod burn_rate;
pub mod confidence;
pub mod eprocess;
pub mod mann_whitney;
pub mod quantile;
pub mod srm;
pub mod units;

/// `ln B(a, b)`, the logarithm of the beta function.
pub(crate) fn ln_beta(a: f64, b: f64) -> f64 {
    libm::lgamma(a) + libm::lgamma(b) - libm::lgamma(a + b)
}
