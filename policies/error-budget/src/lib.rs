//! Multi-window burn rates: how fast the canary uses up its error budget (The Site Reliability Workbook, chapter 5).
//!
//! A pair of windows burns when both are above its threshold: the long one shows that it matters, the short one that it
//! still goes on. The fast pair rolls back, the slow one holds. What the baseline burns as well is an outage and not
//! this canary's doing: it holds.

use serinus_policy::{
    About, Arm, Decision, Number, Param, Policy, Share, Snapshot, Span, Window, export, table_tests,
};

const OBJECTIVE: Param<Share> =
    Param::new("objective", "the share of requests that must succeed", 0.999);
const FAST_LONG: Param<Span> = Param::new("fast_long", "long window of the fast pair", "1h");
const FAST_SHORT: Param<Span> = Param::new("fast_short", "short window of the fast pair", "5m");
const FAST_BURN: Param<Number> =
    Param::new("fast_burn", "burn rate of the fast pair that rolls back, above 1", 14.4)
        .between(1.0, 1e6);
const SLOW_LONG: Param<Span> = Param::new("slow_long", "long window of the slow pair", "6h");
const SLOW_SHORT: Param<Span> = Param::new("slow_short", "short window of the slow pair", "30m");
const SLOW_BURN: Param<Number> =
    Param::new("slow_burn", "burn rate of the slow pair that holds, above 0", 6.0)
        .between(0.0, 1e6);
const TIMES_BASELINE: Param<Number> =
    Param::new("times_baseline", "how many times the baseline's burn is the canary's fault", 2.0)
        .between(1.0, 1e6);
const MIN_ERRORS: Param<Number> =
    Param::new("min_errors", "failures in the long window below which nothing is said", 5.0)
        .between(1.0, 1e9);

/// The policy.
pub struct ErrorBudget;

impl Policy for ErrorBudget {
    fn about(&self) -> About {
        About {
            name: "error-budget",
            version: env!("CARGO_PKG_VERSION"),
            description: "rolls back a canary that burns its error budget, and holds one that burns it slowly",
            params: &[
                &OBJECTIVE,
                &FAST_LONG,
                &FAST_SHORT,
                &FAST_BURN,
                &SLOW_LONG,
                &SLOW_SHORT,
                &SLOW_BURN,
                &TIMES_BASELINE,
                &MIN_ERRORS,
            ],
        }
    }

    fn evaluate(&self, snapshot: &Snapshot) -> Decision {
        let fast = Pair::of(snapshot, "fast", &FAST_LONG, &FAST_SHORT, &FAST_BURN);
        let slow = Pair::of(snapshot, "slow", &SLOW_LONG, &SLOW_SHORT, &SLOW_BURN);
        let (Some(fast), Some(slow)) = (fast, slow) else {
            return Decision::hold("nothing was seen yet");
        };
        let decision = match (fast.burning(snapshot), slow.burning(snapshot)) {
            (Burning::Canary, _) => Decision::rollback("the canary burns its error budget fast"),
            (_, Burning::Canary) => Decision::hold("the canary burns its error budget"),
            (Burning::Both, _) | (_, Burning::Both) => {
                Decision::hold("the error budget burns, and not by the canary alone")
            }
            (Burning::No, Burning::No) => Decision::promote("the error budget lasts"),
        };
        slow.told(fast.told(decision))
    }
}

enum Burning {
    No,
    Canary,
    Both,
}

struct Pair<'a> {
    name: &'static str,
    long: &'a Window,
    short: &'a Window,
    threshold: f64,
    objective: f64,
}

impl<'a> Pair<'a> {
    fn of(
        snapshot: &'a Snapshot,
        name: &'static str,
        long: &Param<Span>,
        short: &Param<Span>,
        threshold: &Param<Number>,
    ) -> Option<Self> {
        // Where no window reaches so far back, the whole stage is all there is.
        let window = |length| snapshot.window(length).or_else(|| snapshot.whole_stage());
        let (long, short) = (window(long.of(snapshot))?, window(short.of(snapshot))?);
        let (threshold, objective) = (threshold.of(snapshot), OBJECTIVE.of(snapshot));
        Some(Self { name, long, short, threshold, objective })
    }

    /// The slower of both windows, because both have to burn.
    fn burn(&self, arm: fn(&Window) -> &Arm) -> f64 {
        let burn = |window: &Window| arm(window).burn(self.objective).unwrap_or(0.0);
        burn(self.long).min(burn(self.short))
    }

    fn burning(&self, snapshot: &Snapshot) -> Burning {
        let (canary, baseline) = (self.burn(canary), self.burn(baseline));
        let enough = self.long.canary.failures as f64 >= MIN_ERRORS.of(snapshot);
        match canary >= self.threshold && enough {
            true if canary > TIMES_BASELINE.of(snapshot) * baseline => Burning::Canary,
            true => Burning::Both,
            false => Burning::No,
        }
    }

    fn told(&self, decision: Decision) -> Decision {
        decision
            .because([self.name, " burn rate"].concat(), self.burn(canary), self.threshold)
            .noting([self.name, " burn rate of the baseline"].concat(), self.burn(baseline))
    }
}

fn canary(window: &Window) -> &Arm {
    &window.canary
}

fn baseline(window: &Window) -> &Arm {
    &window.baseline
}

export!(ErrorBudget);
table_tests!(ErrorBudget);
