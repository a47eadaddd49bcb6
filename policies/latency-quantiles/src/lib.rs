//! Limits for several quantiles of the canary's latency at once.
//!
//! A quantile is read as an interval between bucket edges that may be looked at on every tick: above the limit for
//! certain rolls back, not below it for certain holds. Edges are at most 25 % apart, and exactly on the limits of the
//! rollout's own latency gates.

use serinus_policy::{
    About, Decision, Param, Policy, QuantileMs, Share, Snapshot, Span, export, table_tests,
};

const P50: Param<Span> = Param::new("p50", "what half of the requests may take; 0ms: any", "0ms");
const P95: Param<Span> = Param::new("p95", "what 95 % of the requests may take; 0ms: any", "0ms");
const P99: Param<Span> = Param::new("p99", "what 99 % of the requests may take; 0ms: any", "500ms");
const ALPHA: Param<Share> = Param::new("alpha", "the chance of a wrong verdict", 0.01);

const QUANTILES: [(&Param<Span>, f64, &str); 3] =
    [(&P50, 0.5, "p50"), (&P95, 0.95, "p95"), (&P99, 0.99, "p99")];

/// The policy.
pub struct LatencyQuantiles;

impl Policy for LatencyQuantiles {
    fn about(&self) -> About {
        About {
            name: "latency-quantiles",
            version: env!("CARGO_PKG_VERSION"),
            description: "rolls back a canary that is too slow, and holds until it is shown to be fast enough",
            params: &[&P50, &P95, &P99, &ALPHA],
        }
    }

    fn evaluate(&self, snapshot: &Snapshot) -> Decision {
        let limits =
            QUANTILES.map(|(param, p, name)| (param.of(snapshot).as_secs_f64() * 1e3, p, name));
        let limits = limits.into_iter().filter(|(limit, ..)| *limit > 0.0);
        let Some(stage) = snapshot.whole_stage() else {
            return Decision::hold("nothing was seen yet");
        };
        let alpha = ALPHA.of(snapshot) / limits.clone().count().max(1) as f64;
        let seen = |(limit, p, name)| (limit, stage.canary.latency.quantile(p, alpha), name);
        let seen: Vec<(f64, QuantileMs, &str)> = limits.map(seen).collect();
        seen.iter().fold(judged(&seen), |decision, (limit, quantile, name)| {
            decision
                .because([name, " above, ms"].concat(), quantile.above.unwrap_or(f64::NAN), *limit)
                .because(
                    [name, " at most, ms"].concat(),
                    quantile.at_most.unwrap_or(f64::NAN),
                    *limit,
                )
        })
    }
}

fn judged(seen: &[(f64, QuantileMs, &str)]) -> Decision {
    let slow = |limit: f64, quantile: &QuantileMs| quantile.above.is_some_and(|ms| ms >= limit);
    let fast = |limit: f64, quantile: &QuantileMs| quantile.at_most.is_some_and(|ms| ms <= limit);
    if let Some((.., name)) = seen.iter().find(|(limit, quantile, _)| slow(*limit, quantile)) {
        return Decision::rollback([name, " is above its limit"].concat());
    }
    match seen.iter().find(|(limit, quantile, _)| !fast(*limit, quantile)) {
        Some((.., name)) => Decision::hold([name, " is not shown to be below its limit"].concat()),
        None => Decision::promote("fast enough"),
    }
}

export!(LatencyQuantiles);
table_tests!(LatencyQuantiles);
