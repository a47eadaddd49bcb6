//! How one error budget is divided: over looks, and over gates.
//!
//! **Over gates.** A rollback by any of `m` gates is a union of `m` ways to be wrong, so each gets
//! `alpha/m` ([`share`], Bonferroni). That holds however the metrics depend on each other, which they
//! do: a slow backend also times out. Holm's procedure would reject more hypotheses at the same
//! level, but its first rejection needs `alpha/m` all the same, and the first one rolls back.
//! Promotion needs no division: every gate must pass, so a release that is bad in one metric must
//! fool the gate of that very metric, which it does with probability at most `alpha`
//! (intersection-union test, Berger 1982).
//!
//! **Over looks.** A fixed-sample test gets `alpha * 6/(pi^2 k^2)` at look `k` ([`at_look`]): these
//! add up to `alpha` over any number of looks, so the number need not be known. Tests that are
//! anytime-valid need none of this.

/// The level of one of `gates` that can each roll back, at `alpha` together.
pub fn share(alpha: f64, gates: u32) -> f64 {
    alpha / f64::from(gates.max(1))
}

/// The level of the `look`-th look, from 1, at `alpha` for all looks together; 0 for look 0.
pub fn at_look(alpha: f64, look: u32) -> f64 {
    const BASEL: f64 = core::f64::consts::PI * core::f64::consts::PI / 6.0;
    if look == 0 {
        return 0.0;
    }
    alpha / (BASEL * f64::from(look) * f64::from(look))
}

#[cfg(test)]
mod tests;
