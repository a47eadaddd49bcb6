//! How fast an error budget is used up, over a long and a short window at once.
//!
//! `burn = (bad / total) / (1 - slo)`: at 1 the budget lasts exactly its period. A pair of windows is
//! burning when both exceed the threshold: the long one shows that it matters, the short one that it
//! has not stopped (Google, The Site Reliability Workbook, chapter 5). A single threshold on a single
//! window either wakes people for blips or stays red for hours after the end.
//!
//! **Short stages.** The workbook's windows are for a budget of 30 days; a stage of 15 minutes never
//! fills one. [`pairs_for`] shrinks the two that page until the longer fills the stage, and keeps the
//! two that ticket for stages that are as long.
//!
//! **Not the canary's fault.** A burn that the baseline shares is an outage, not a regression, so it
//! halts only where the canary's is more than [`TIMES_BASELINE`] times the baseline's. This is a rule
//! of thumb without an error level: it may hold a promotion, and is no ground for a rollback, which
//! is for the [`eprocess`](super::eprocess). The floor on bad events is what keeps blips out: with
//! .1 % errors in both arms and 400 canary requests, 27 % of windows exceed it by chance without a
//! floor, and 1 in 15,000 with a floor of 5; with 1 % errors and that floor, 4 %.

/// How many times the baseline's burn the canary's may be.
pub const TIMES_BASELINE: f64 = 2.0;

/// Events in one window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Events {
    /// That used up budget.
    pub bad: u64,
    /// All.
    pub total: u64,
}

impl Events {
    /// The share of bad events; `None` for no events.
    fn rate(self) -> Option<f64> {
        (self.total > 0).then(|| self.bad.min(self.total) as f64 / self.total as f64)
    }

    /// The burn rate against an objective such as .999; `None` without events, or where the objective
    /// is not in [0, 1) and leaves no budget.
    pub fn burn(self, slo: f64) -> Option<f64> {
        let sound = (0.0..1.0).contains(&slo);
        self.rate().filter(|_| sound).map(|rate| rate / (1.0 - slo))
    }

    /// Whether at least `floor` events were bad, at more than [`TIMES_BASELINE`] times the baseline's
    /// rate. A baseline without events is no excuse and no evidence: false.
    pub fn burns_faster_than(self, baseline: Self, floor: u64) -> bool {
        let exceeds = |(canary, baseline): (f64, f64)| canary > TIMES_BASELINE * baseline;
        self.bad >= floor.max(1) && self.rate().zip(baseline.rate()).is_some_and(exceeds)
    }
}

/// What a burning pair asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Urgency {
    /// Now.
    Page,
    /// In working hours.
    Ticket,
}

/// Two windows that must both burn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pair {
    /// Length of the long window in milliseconds.
    pub long_ms: u64,
    /// Length of the short window in milliseconds.
    pub short_ms: u64,
    /// The burn rate that both must reach.
    pub threshold: f64,
    /// What it asks for.
    pub urgency: Urgency,
}

impl Pair {
    const fn minutes(long: u64, short: u64, threshold: f64, urgency: Urgency) -> Self {
        Self { long_ms: long * 60_000, short_ms: short * 60_000, threshold, urgency }
    }

    /// Whether both windows burn; no events do not.
    pub fn burns(&self, slo: f64, long: Events, short: Events) -> bool {
        let reaches = |events: Events| events.burn(slo).is_some_and(|burn| burn >= self.threshold);
        reaches(long) && reaches(short)
    }

    /// Both windows times `stage / full`, as whole slices.
    fn scaled(self, stage_ms: u64, full_ms: u64, slice_ms: u64) -> Self {
        let slice = u128::from(slice_ms.max(1));
        let scale = |ms: u64| {
            let scaled = u128::from(ms) * u128::from(stage_ms.min(full_ms)) / u128::from(full_ms);
            u64::try_from(scaled.div_ceil(slice).max(1) * slice).unwrap_or(u64::MAX)
        };
        Self { long_ms: scale(self.long_ms), short_ms: scale(self.short_ms), ..self }
    }
}

/// The workbook's pairs, for a budget of 30 days.
pub const PAIRS: [Pair; 4] = [
    Pair::minutes(60, 5, 14.4, Urgency::Page),
    Pair::minutes(6 * 60, 30, 6.0, Urgency::Page),
    Pair::minutes(24 * 60, 2 * 60, 3.0, Urgency::Ticket),
    Pair::minutes(3 * 24 * 60, 6 * 60, 1.0, Urgency::Ticket),
];

/// The pairs for a stage, with windows rounded up to whole slices of `slice_ms`.
///
/// A stage of six hours or more has the workbook's page pairs; a shorter one has both shrunk in
/// proportion. A ticket pair is there where its long window fits into the stage.
pub fn pairs_for(stage_ms: u64, slice_ms: u64) -> impl Iterator<Item = Pair> {
    const LONGEST_PAGE_MS: u64 = 6 * 60 * 60_000;
    let fits = move |pair: &Pair| pair.urgency == Urgency::Page || pair.long_ms <= stage_ms;
    let scale = move |pair: Pair| pair.scaled(stage_ms, LONGEST_PAGE_MS, slice_ms);
    PAIRS.into_iter().filter(fits).map(scale)
}

#[cfg(test)]
mod tests;
