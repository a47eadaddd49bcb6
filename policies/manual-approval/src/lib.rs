//! No stage ends before a person says so: `stages` in the rollout's `policy.params` is how many may be left. Raising it
//! is an edit of the configuration, so whoever reviews that approves the promotion, and the history says who it was.

use serinus_policy::{About, Decision, Number, Param, Policy, Snapshot, Text, export, table_tests};

const STAGES: Param<Number> =
    Param::new("stages", "how many stages may be left, from the first", 0.0).between(0.0, 1000.0);
const BY: Param<Text> = Param::new("by", "who approved it, for the record", "");

/// The policy.
pub struct ManualApproval;

impl Policy for ManualApproval {
    fn about(&self) -> About {
        About {
            name: "manual-approval",
            version: env!("CARGO_PKG_VERSION"),
            description: "holds each stage until a parameter of the rollout approves of its end",
            params: &[&STAGES, &BY],
        }
    }

    fn evaluate(&self, snapshot: &Snapshot) -> Decision {
        let (approved, stage) = (STAGES.of(snapshot), f64::from(snapshot.stage.index) + 1.0);
        let by = BY.of(snapshot);
        let decision = if stage > approved {
            Decision::hold("waits for approval: raise `stages`")
        } else if let Some(gate) = snapshot.open_gate() {
            Decision::hold(["approved, and the gate `", &gate.name, "` is open"].concat())
        } else if by.is_empty() {
            Decision::promote("approved")
        } else {
            Decision::promote(["approved by ", &by].concat())
        };
        decision.because("stage", stage, approved)
    }
}

export!(ManualApproval);
table_tests!(ManualApproval);
