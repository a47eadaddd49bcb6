//! What is expected of the whole.

mod raw;

use super::bounds::Bounds;
use super::http::Statuses;
use super::matcher::Matcher;
use super::read::Wanted;
use super::read::declare::{choice, shape};
use super::read::decode::{Decode, Definitions, Mistakes, Node};
use super::step::Flag;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

pub use serinus_core::record::Verdict;

/// Something that should hold.
#[derive(Clone, Debug, PartialEq)]
pub struct Expectation {
    /// When it is looked at, since the start; `None`: at the end. What is counted is counted up to then.
    pub at: Option<Duration>,
    /// What should hold.
    pub check: Check,
}

/// What should hold.
#[derive(Clone, Debug, PartialEq)]
pub enum Check {
    /// A metric has a value: summed over the series that carry the labels; of a histogram, the count of samples.
    Metric {
        /// Its name, raw or without the tags in it.
        name: String,
        /// Labels that a series must carry.
        labels: BTreeMap<String, String>,
        /// The value.
        bounds: Bounds,
    },
    /// A decision record is in the log.
    Verdict(VerdictCheck),
    /// A rollout is in a state.
    State {
        /// Which state.
        state: State,
        /// Which rollout; `None`: the only one.
        rollout: Option<String>,
    },
    /// A request of this user goes to a cluster; it is sent for the purpose.
    User {
        /// Who.
        user: String,
        /// The header that names the user.
        header: String,
        /// Where it goes.
        cluster: Wanted<String>,
    },
    /// So many requests were so.
    Requests {
        /// Which are counted.
        which: RequestFilter,
        /// How many.
        bounds: Bounds,
    },
    /// So many lines were logged.
    Log {
        /// What they say.
        line: Matcher,
        /// At this level.
        level: Option<Level>,
        /// By this plugin.
        plugin: Option<String>,
        /// How many.
        bounds: Bounds,
    },
    /// So many callouts were made.
    Callouts {
        /// Which are counted.
        which: CalloutFilter,
        /// How many.
        bounds: Bounds,
    },
    /// A shared value.
    SharedData {
        /// Its key.
        key: String,
        /// In whose name space.
        vm_id: String,
        /// What it is.
        value: Matcher,
    },
    /// So many VMs died: traps, out of fuel, out of memory.
    Failures(Bounds),
    /// So many users went from one cluster to another and back.
    Switches(Bounds),
}

/// A decision that should, or should not, have been made.
#[derive(Clone, Debug, PartialEq)]
pub struct VerdictCheck {
    /// Which.
    pub verdict: Verdict,
    /// On which rollout; `None`: any.
    pub rollout: Option<String>,
    /// For this reason among others, as [`Reason::code`](serinus_core::record::Reason::code) names it; a gate's name
    /// may be left out.
    pub reason: Option<String>,
    /// By when; `None`: at any time.
    pub by: Option<Duration>,
    /// That it was not made.
    pub never: bool,
}

shape! {
    /// Which requests are counted; all that is said must hold.
    pub RequestFilter {
        /// The cluster that was asked; null: none.
        cluster: Wanted<String>,
        /// The status; null: the client got no answer.
        status: Wanted<Statuses>,
        /// The name of the route; null: none.
        route: Wanted<String>,
        /// A response flag that it has.
        flag: Option<Flag>,
        /// The user that it came from.
        user: Option<String>,
        /// The worker that took it.
        worker: Option<u32>,
        /// Only those that began at this time, since the start, or later.
        since: Option<Duration>,
    }
}

shape! {
    /// Which callouts are counted.
    pub CalloutFilter {
        /// The cluster that was asked.
        cluster: Option<String>,
    }
}

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
    /// By the value of the metric `serinus_state`.
    pub fn from_metric(value: u64) -> Option<Self> {
        let all =
            [Self::Progressing, Self::Holding, Self::Promoted, Self::RolledBack, Self::Killed];
        all.get(usize::try_from(value).ok()?).copied()
    }
}

choice! {
    /// How much a log line matters.
    pub Level {
        /// Steps within a step.
        Trace = "trace",
        /// For whoever looks for a mistake.
        Debug = "debug",
        /// Worth knowing.
        Info = "info",
        /// Looks wrong.
        Warn = "warn",
        /// Is wrong.
        Error = "error",
        /// Cannot go on.
        Critical = "critical",
    }
}

impl Decode for Verdict {
    fn decode(node: &Node<'_>, mistakes: &mut Mistakes) -> Option<Self> {
        let found = Self::ALL.into_iter().find(|one| node.value.as_str() == Some(one.as_str()));
        found.or_else(|| node.expected(mistakes, "one of `promote`, `hold`, `rollback`"))
    }

    fn schema(_: &mut Definitions) -> Value {
        json!({ "enum": Self::ALL.map(Self::as_str) })
    }
}
