//! Expectations as they are written: one mapping, whose keys say what kind it is.

use super::{
    CalloutFilter, Check, Expectation, Level, RequestFilter, State, Verdict, VerdictCheck,
};
use crate::scenario::bounds::Bounds;
use crate::scenario::matcher::Matcher;
use crate::scenario::read::Wanted;
use crate::scenario::read::declare::{checked, shape};
use crate::scenario::read::decode::{Decode, Definitions, Mistakes, Node, suggestion};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

shape! {
    /// Something that should hold: one of `metric`, `verdict`, `state`, `user`, `requests`, `log`, `callouts`,
    /// `shared_data`, `failures` and `switches`, with what belongs to it.
    RawExpectation {
        /// When it is looked at, since the start; by default at the end. What is counted is counted up to then.
        at: Option<Duration>,
        /// Exactly so many.
        is: Option<u64>,
        /// At least so many.
        min: Option<u64>,
        /// At most so many.
        max: Option<u64>,
        /// A metric has a value: its name, raw or without the tags in it.
        metric: Option<String>,
        /// With `metric`: labels that a series must carry.
        labels: Option<BTreeMap<String, String>>,
        /// A decision was made.
        verdict: Option<Verdict>,
        /// With `verdict` and `state`: on which rollout.
        rollout: Option<String>,
        /// With `verdict`: by when.
        by: Option<Duration>,
        /// With `verdict`: why, such as `guard`, or `gate_breached: errors`.
        reason: Option<String>,
        /// With `verdict`: that it was not made.
        never: Option<bool>,
        /// The rollout is in this state.
        state: Option<State>,
        /// A request of this user, sent for the purpose, goes to `cluster`.
        user: Option<String>,
        /// With `user`: the header that names the user; by default that of the traffic, or `x-user-id`.
        user_header: Option<String>,
        /// With `user`: where the request goes; null: to none.
        cluster: Wanted<String>,
        /// So many requests were so: those of the traffic and of the steps, once they are over.
        requests: Option<RequestFilter>,
        /// So many lines were logged; at least one by default.
        log: Option<Matcher>,
        /// With `log`: at this level.
        level: Option<Level>,
        /// With `log`: by this plugin.
        plugin: Option<String>,
        /// So many callouts were made.
        callouts: Option<CalloutFilter>,
        /// The key of a shared value.
        shared_data: Option<String>,
        /// With `shared_data`: in whose name space; that of the empty `vm_id` by default.
        vm_id: Option<String>,
        /// With `shared_data`: what it is; by default anything.
        value: Option<Matcher>,
        /// So many VMs died: a number, or bounds.
        failures: Option<Count>,
        /// So many users went from one cluster to another and back: a number, or bounds.
        switches: Option<Count>,
    }
}

/// A number, or bounds.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Count(Bounds);

shape! {
    /// Bounds of a count.
    RawBounds {
        /// Exactly so many.
        is: Option<u64>,
        /// At least so many.
        min: Option<u64>,
        /// At most so many.
        max: Option<u64>,
    }
}

impl Decode for Count {
    fn decode(node: &Node<'_>, mistakes: &mut Mistakes) -> Option<Self> {
        if let Some(count) = node.value.as_u64() {
            return Some(Self(Bounds::exactly(count)));
        }
        let RawBounds { is, min, max } = RawBounds::decode(node, mistakes)?;
        let before = mistakes.0.len();
        let bounds = Bounds::of(is, min, max, node, mistakes);
        if bounds.is_none() && mistakes.0.len() == before {
            return node.fail(mistakes, "says no number");
        }
        bounds.map(Self)
    }

    fn schema(definitions: &mut Definitions) -> Value {
        json!({ "anyOf": [u64::schema(definitions), RawBounds::schema(definitions)] })
    }
}

/// Each kind of expectation, with the keys that go with it.
const KINDS: [(&str, &[&str]); 10] = [
    ("metric", &["is", "min", "max", "at", "labels"]),
    ("verdict", &["rollout", "by", "reason", "never"]),
    ("state", &["rollout", "at"]),
    ("user", &["user_header", "cluster", "at"]),
    ("requests", &["is", "min", "max", "at"]),
    ("log", &["is", "min", "max", "at", "level", "plugin"]),
    ("callouts", &["is", "min", "max", "at"]),
    ("shared_data", &["vm_id", "value", "at"]),
    ("failures", &["at"]),
    ("switches", &["at"]),
];

/// The words that reasons begin with.
const REASONS: [&str; 10] = [
    "guard",
    "gate_breached",
    "expired",
    "frozen",
    "no_traffic",
    "too_few_requests",
    "gate_open",
    "configured",
    "gates_passed",
    "watch_over",
];

impl RawExpectation {
    fn check(self, node: &Node<'_>, mistakes: &mut Mistakes) -> Option<Expectation> {
        fits(node, mistakes)?;
        let at = self.at;
        let before = mistakes.0.len();
        let bounds = Bounds::of(self.is, self.min, self.max, node, mistakes);
        if mistakes.0.len() > before {
            return None;
        }
        let counted = self.metric.is_some() || self.requests.is_some() || self.callouts.is_some();
        if counted && bounds.is_none() {
            return node.fail(mistakes, "says no number: add `is`, `min` or `max`");
        }
        let check = self.what(bounds.unwrap_or(Bounds::SOME), node, mistakes)?;
        Some(Expectation { at, check })
    }

    /// What should hold. That there is exactly one is known.
    fn what(self, bounds: Bounds, node: &Node<'_>, mistakes: &mut Mistakes) -> Option<Check> {
        if let Some(name) = self.metric {
            return Some(Check::Metric { name, labels: self.labels.unwrap_or_default(), bounds });
        }
        if let Some(verdict) = self.verdict {
            known_reason(self.reason.as_deref(), node, mistakes)?;
            let (rollout, by, never) = (self.rollout, self.by, self.never.unwrap_or(false));
            return Some(Check::Verdict(VerdictCheck {
                verdict,
                rollout,
                reason: self.reason,
                by,
                never,
            }));
        }
        if let Some(state) = self.state {
            return Some(Check::State { state, rollout: self.rollout });
        }
        if let Some(user) = self.user {
            if self.cluster == Wanted::Anything {
                return node.fail(mistakes, "says no cluster: add `cluster`");
            }
            // Empty until the traffic is known.
            let header = self.user_header.unwrap_or_default().to_ascii_lowercase();
            return Some(Check::User { user, header, cluster: self.cluster });
        }
        if let Some(line) = self.log {
            if line == Matcher::Absent {
                return node.fail(mistakes, "says no line; that there is none is `is: 0`");
            }
            return Some(Check::Log { line, level: self.level, plugin: self.plugin, bounds });
        }
        if let Some(key) = self.shared_data {
            let value = self.value.unwrap_or(Matcher::Present);
            return Some(Check::SharedData { key, vm_id: self.vm_id.unwrap_or_default(), value });
        }
        let requests = self.requests.map(|which| Check::Requests { which, bounds });
        let callouts = self.callouts.map(|which| Check::Callouts { which, bounds });
        let failures = self.failures.map(|count| Check::Failures(count.0));
        let switches = self.switches.map(|count| Check::Switches(count.0));
        let counted = requests.or(callouts).or(failures).or(switches);
        counted.or_else(|| node.fail(mistakes, "says nothing: give its key a value"))
    }
}

checked!(Expectation, RawExpectation);

/// Whether there is exactly one kind, and nothing that does not go with it.
fn fits(node: &Node<'_>, mistakes: &mut Mistakes) -> Option<()> {
    let entries = node.entries(mistakes)?;
    let has = |key: &str| entries.iter().any(|(known, _)| *known == key);
    let kinds: Vec<_> = KINDS.iter().filter(|(kind, _)| has(kind)).collect();
    let [(kind, keys)] = kinds.as_slice() else {
        let all = KINDS.map(|(kind, _)| kind).join(", ");
        return node.fail(mistakes, format!("expects exactly one of {all}"));
    };
    let before = mistakes.0.len();
    for (key, value) in entries.iter().filter(|(key, _)| key != kind && !keys.contains(key)) {
        let remedy = format!("with it go {}", keys.join(", "));
        mistakes.add_with(
            value.path.as_str(),
            format!("`{key}` does not go with `{kind}`"),
            remedy,
        );
    }
    (mistakes.0.len() == before).then_some(())
}

fn known_reason(reason: Option<&str>, node: &Node<'_>, mistakes: &mut Mistakes) -> Option<()> {
    let Some(reason) = reason else { return Some(()) };
    let word = reason.split(':').next().unwrap_or_default();
    if REASONS.contains(&word) {
        return Some(());
    }
    let remedy = suggestion(word, &REASONS, "known reasons");
    mistakes.add_with(node.key("reason"), format!("no reason begins with `{word}`"), remedy);
    None
}
