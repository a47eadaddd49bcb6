//! A version can answer every request and still lose orders. This policy compares the rate of a business event of the
//! rollout (`events`) between the versions: a drop that is shown rolls back, and without proof that there is no such
//! drop nothing is promoted.
//!
//! Both are read off confidence sequences, which may be looked at on every tick. A rare event needs much traffic:
//! with a conversion of 3 % and a tolerated drop of 5 %, some hundred thousand requests. `proof: false` asks for
//! less: then only a drop that is shown counts.

use serinus_policy::stats::confidence::{Counts, Prior, Test};
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
        let counts = (stage.canary.event_counts(&event), stage.baseline.event_counts(&event));
        let (Some(canary), Some(baseline)) = counts else {
            return Decision::hold(["the rollout has no event `", &event, "`"].concat());
        };
        let kept = 1.0 - MAX_DROP.of(snapshot);
        let rate = |arm: &Arm| arm.event_rate(&event).unwrap_or(f64::NAN);
        judged(snapshot, canary, baseline, kept)
            .because("canary rate", rate(&stage.canary), kept * rate(&stage.baseline))
            .noting("baseline rate", rate(&stage.baseline))
    }
}

fn judged(snapshot: &Snapshot, canary: Counts, baseline: Counts, kept: f64) -> Decision {
    // Half of the error level for each version.
    let test = Test::new(ALPHA.of(snapshot) / 2.0, Prior::Rare);
    if test.is_apart(canary, baseline, kept) {
        return Decision::rollback("the event is rarer with the canary");
    }
    if PROOF.of(snapshot) && !test.is_apart(baseline, canary, 1.0 / kept) {
        return Decision::hold("it is not shown yet that the event is as frequent");
    }
    match snapshot.open_gate() {
        Some(gate) => Decision::hold(["the gate `", &gate.name, "` is open"].concat()),
        None => Decision::promote("the event is as frequent"),
    }
}

export!(BusinessKpi);
table_tests!(BusinessKpi);
