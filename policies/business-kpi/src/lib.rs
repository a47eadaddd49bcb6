//! A version can answer every request and still lose orders. This policy compares the rate of a business event of the
//! rollout (`events`) between the versions: a drop that is shown rolls back, and without proof that there is no such
//! drop nothing is promoted.
//!
//! Both are read off confidence sequences, which may be looked at on every tick. A rare event needs much traffic: with a
//! conversion of 3 % and a tolerated drop of 5 %, some hundred thousand requests. `proof: false` asks for less: then
//! only a drop that is shown counts.

use serinus_policy::stats::confidence::Interval;
use serinus_policy::{
    About, Arm, Decision, Flag, Param, Policy, Share, Snapshot, Text, export, table_tests,
};

const EVENT: Param<Text> = Param::required("event", "the name of an event of the rollout");
const MAX_DROP: Param<Share> =
    Param::new("max_drop", "the share of the baseline's rate that may be lost", 0.05);
const ALPHA: Param<Share> = Param::new("alpha", "the chance of a wrong rollback", 0.01);
const PROOF: Param<Flag> =
    Param::new("proof", "whether promotion needs proof that there is no such drop", true);

/// The policy.
pub struct BusinessKpi;

impl Policy for BusinessKpi {
    fn about(&self) -> About {
        About {
            name: "business-kpi",
            version: env!("CARGO_PKG_VERSION"),
            description: "rolls back a canary that loses business events, and holds until it is shown not to",
            params: &[&EVENT, &MAX_DROP, &ALPHA, &PROOF],
        }
    }

    fn evaluate(&self, snapshot: &Snapshot) -> Decision {
        let event = EVENT.of(snapshot);
        let Some(stage) = snapshot.whole_stage() else {
            return Decision::hold("nothing was seen yet");
        };
        // Half of the error level for each version.
        let interval = |arm: &Arm| arm.event_interval(&event, ALPHA.of(snapshot) / 2.0);
        let (Some(canary), Some(baseline)) = (interval(&stage.canary), interval(&stage.baseline))
        else {
            return Decision::hold(["the rollout has no event `", &event, "`"].concat());
        };
        let kept = 1.0 - MAX_DROP.of(snapshot);
        let decision = judged(snapshot, canary, baseline, kept);
        let rate = |arm: &Arm| arm.event_rate(&event).unwrap_or(f64::NAN);
        decision
            .because("canary rate", rate(&stage.canary), kept * rate(&stage.baseline))
            .noting("canary rate at most", canary.high)
            .noting("canary rate at least", canary.low)
            .noting("baseline rate at most", baseline.high)
            .noting("baseline rate at least", baseline.low)
    }
}

fn judged(snapshot: &Snapshot, canary: Interval, baseline: Interval, kept: f64) -> Decision {
    if canary.high < kept * baseline.low {
        return Decision::rollback("the event is rarer with the canary");
    }
    if PROOF.of(snapshot) && canary.low < kept * baseline.high {
        return Decision::hold("it is not shown yet that the event is as frequent");
    }
    match snapshot.open_gate() {
        Some(gate) => Decision::hold(["the gate `", &gate.name, "` is open"].concat()),
        None => Decision::promote("the event is as frequent"),
    }
}

export!(BusinessKpi);
table_tests!(BusinessKpi);
