//! Who gets the canary: pure, integer-only, the same answer on every proxy and in every worker.
//!
//! | file | one idea |
//! |---|---|
//! | [`decide`] | the order of decision: kill, rollback, exclude, force, eligible, percentage |
//! | [`bucket`] | a unit's place on a fixed line, and the weight up to which the canary reaches |
//! | [`mod@unit`], [`signed_cookie`] | who is being assigned |
//! | [`condition`], [`operator`], [`truth`] | rules over what a request shows |
//! | [`attribute`], [`source`], [`value`] | the one seam to the host, and what is read through it |
//! | [`token`], [`key`] | signed overrides, and the key behind them |
//! | `cookie`, `query`, `number`, `semver`, `cidr`, `time`, `decimal` | small parsers |
//!
//! # What a rule says about what is not there
//!
//! A test on a missing attribute, or on one that cannot be read as the operator's type (a number, a
//! version, an address, UTF-8 for a regex), is neither true nor false: it is
//! [`Unknown`](truth::Truth::Unknown), and `not` of it is `Unknown` too. Only `present` answers on a
//! missing attribute. `all` and `any` follow Kleene: `false` decides an `all`, `true` decides an
//! `any`, whatever else is unknown.
//!
//! What `Unknown` means is decided once, by the kind of rule, and always for the baseline: an
//! `exclude` rule applies unless it is false; a `force` or `eligible` rule applies only if it is true.
//! So `exclude: not yes-consent` excludes who sent no consent, and `eligible: not eu` does not let in
//! who sent no region. The flag tools guess instead: LaunchDarkly calls a negated test on a missing
//! attribute false, Istio and Unleash call it true; each is wrong for one of these two rules.
//!
//! A cohort is not access control: no public hash resists a client that may choose its id.

pub mod attribute;
pub mod bucket;
pub mod cidr;
pub mod condition;
pub mod cookie;
pub mod decide;
mod decimal;
pub mod key;
pub mod number;
pub mod operator;
pub mod query;
pub mod semver;
pub mod signed_cookie;
pub mod source;
pub mod time;
pub mod token;
pub mod truth;
pub mod unit;
pub mod value;

#[cfg(test)]
mod fake;
