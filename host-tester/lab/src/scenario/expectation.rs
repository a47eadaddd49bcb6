//! What is expected of the whole.

mod raw;

use super::bounds::Bounds;
use super::extension::ExtraCheck;
use super::http::Statuses;
use super::matcher::Matcher;
use super::read::Wanted;
use super::read::declare::{choice, shape};
use super::step::Flag;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

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
    /// Something that an [extension](super::extension) knows of.
    Extra(Extra),
}

/// An expectation of an extension's; equal only to its own clones.
#[derive(Clone, Debug)]
pub struct Extra(pub Arc<dyn ExtraCheck>);

impl PartialEq for Extra {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
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
