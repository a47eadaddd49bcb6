//! The expectation that a rollout is in a state.

use crate::scenario::extension::{CheckKind, Comparison, ExtraCheck};
use crate::scenario::judge::metric;
use crate::scenario::observation::Snapshot;
use crate::scenario::read::declare::{choice, shape};
use crate::scenario::read::decode::{Decode, Mistakes, Node};
use serde_json::Value;
use serinus_core::contract::{Label, MetricName, RolloutState};
use std::sync::Arc;
use std::time::Duration;

choice! {
    /// The state of a rollout.
    pub State {
        /// Its stages go on.
        Progressing = "progressing",
        /// It waits for its gates.
        Holding = "holding",
        /// At 100 %.
        Promoted = "promoted",
        /// Back at the baseline.
        RolledBack = "rolled_back",
        /// Stopped by its configuration.
        Killed = "killed",
    }
}

impl State {
    /// By the value of the metric of the same name.
    fn from_metric(value: u64) -> Option<Self> {
        Some(match RolloutState::from_code(value)? {
            RolloutState::Progressing => Self::Progressing,
            RolloutState::Holding => Self::Holding,
            RolloutState::Promoted => Self::Promoted,
            RolloutState::RolledBack => Self::RolledBack,
            RolloutState::Killed => Self::Killed,
        })
    }
}

shape! {
    /// A rollout that should be in a state.
    StateCheck {
        /// The rollout is in this state.
        state: State,
        /// With `verdict` and `state`: on which rollout.
        rollout: Option<String>,
        /// When it is looked at, since the start; the scenario itself reads this.
        at: Option<Duration>,
    }
}

/// `state: rolled_back`, with what goes with it.
#[derive(Debug)]
pub(super) struct States;

impl CheckKind for States {
    fn key(&self) -> &'static str {
        "state"
    }

    fn keys(&self) -> &'static [&'static str] {
        &["rollout", "at"]
    }

    fn schema(&self) -> Value {
        super::verdict::shape_of("StateCheck", StateCheck::schema)
    }

    fn read(&self, node: &Node<'_>, mistakes: &mut Mistakes) -> Option<Arc<dyn ExtraCheck>> {
        Some(Arc::new(StateCheck::decode(node, mistakes)?))
    }
}

impl ExtraCheck for StateCheck {
    fn title(&self) -> String {
        let rollout = self.rollout.as_deref().unwrap_or("the rollout");
        format!("state of {rollout}")
    }

    fn inspect(&self, snapshot: &dyn Snapshot) -> Comparison {
        let seen = state(snapshot, self.rollout.as_deref());
        let word = seen.map_or("no such rollout, or several", State::as_str);
        Comparison {
            expected: self.state.as_str().to_owned(),
            seen: word.to_owned(),
            passed: seen == Some(self.state),
        }
    }
}

/// The state of a rollout, or of the only one; `None`: there is no such one, or there are several.
fn state(snapshot: &dyn Snapshot, rollout: Option<&str>) -> Option<State> {
    let mut states = Vec::new();
    metric::each(snapshot, &mut |series| {
        let asked = rollout
            .is_none_or(|rollout| series.labels.contains(&(Label::Rollout.as_str(), rollout)));
        if series.name == MetricName::State.as_str() && asked {
            states.push(series.value);
        }
    });
    match states.as_slice() {
        [only] => State::from_metric(*only),
        _ => None,
    }
}
