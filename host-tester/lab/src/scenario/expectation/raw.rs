//! Expectations as they are written: one mapping, whose keys say what kind it is.

use super::{CalloutFilter, Check, Expectation, Extra, Level, RequestFilter};
use crate::scenario::bounds::Bounds;
use crate::scenario::extension::{CHECKS, CheckKind, Extensions};
use crate::scenario::matcher::Matcher;
use crate::scenario::read::Wanted;
use crate::scenario::read::declare::shape;
use crate::scenario::read::decode::{Decode, Definitions, Mistakes, Node};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

shape! {
    /// Something that should hold.
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
        /// What the extensions check.
        extra("{checks}"): Slot,
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

/// Where the keys of extensions go. They are read by the extension, once it is known which.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Slot;

impl Decode for Slot {
    fn decode(_: &Node<'_>, _: &mut Mistakes) -> Option<Self> {
        Some(Self)
    }

    fn absent() -> Option<Self> {
        Some(Self)
    }

    fn schema(_: &mut Definitions) -> Value {
        json!({})
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
        let before = mistakes.len();
        let bounds = Bounds::of(is, min, max, node, mistakes);
        if bounds.is_none() && mistakes.len() == before {
            return node.fail(mistakes, "says no number");
        }
        bounds.map(Self)
    }

    fn schema(definitions: &mut Definitions) -> Value {
        json!({ "anyOf": [u64::schema(definitions), RawBounds::schema(definitions)] })
    }
}

/// Each kind of expectation, with the keys that go with it.
const KINDS: [(&str, &[&str]); 9] = [
    ("metric", &["is", "min", "max", "at", "labels"]),
    (CHECKS, &[]),
    ("user", &["user_header", "cluster", "at"]),
    ("requests", &["is", "min", "max", "at"]),
    ("log", &["is", "min", "max", "at", "level", "plugin"]),
    ("callouts", &["is", "min", "max", "at"]),
    ("shared_data", &["vm_id", "value", "at"]),
    ("failures", &["at"]),
    ("switches", &["at"]),
];

impl RawExpectation {
    fn check(self, node: &Node<'_>, mistakes: &mut Mistakes) -> Option<Expectation> {
        fits(node, mistakes)?;
        let at = self.at;
        if let Some(kind) = extra(node, mistakes.extensions) {
            let check = Check::Extra(Extra(kind.read(node, mistakes)?));
            return Some(Expectation { at, check });
        }
        let before = mistakes.len();
        let bounds = Bounds::of(self.is, self.min, self.max, node, mistakes);
        if mistakes.len() > before {
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

impl Decode for Expectation {
    fn decode(node: &Node<'_>, mistakes: &mut Mistakes) -> Option<Self> {
        RawExpectation::decode(node, mistakes)?.check(node, mistakes)
    }

    fn schema(definitions: &mut Definitions) -> Value {
        let schema = RawExpectation::schema(definitions);
        let mut kinds: Vec<String> =
            kinds(definitions.extensions).iter().map(|(kind, _)| format!("`{kind}`")).collect();
        let last = kinds.pop().unwrap_or_default();
        let text = format!(
            "Something that should hold: one of {} and {last}, with what belongs to it.",
            kinds.join(", ")
        );
        if let Some(shape) = definitions.named.get_mut("RawExpectation") {
            shape["description"] = text.into();
        }
        schema
    }
}

/// All kinds of expectations; those of the extensions stand in their slot.
fn kinds(extensions: Extensions) -> Vec<(&'static str, &'static [&'static str])> {
    let extra = || extensions.checks.iter().map(|kind| (kind.key(), kind.keys()));
    let kinds = KINDS.into_iter().map(|kind| match kind {
        (CHECKS, _) => extra().collect(),
        kind => vec![kind],
    });
    kinds.flatten().collect()
}

/// The extension's kind that an expectation is of.
fn extra(node: &Node<'_>, extensions: Extensions) -> Option<&'static dyn CheckKind> {
    let mut kinds = extensions.checks.iter().copied();
    kinds.find(|kind| node.value.get(kind.key()).is_some())
}

/// Whether there is exactly one kind, and nothing that does not go with it.
fn fits(node: &Node<'_>, mistakes: &mut Mistakes) -> Option<()> {
    let entries = node.entries(mistakes)?;
    let has = |key: &str| entries.iter().any(|(known, _)| *known == key);
    let known = kinds(mistakes.extensions);
    let kinds: Vec<_> = known.iter().filter(|(kind, _)| has(kind)).collect();
    let [(kind, keys)] = kinds.as_slice() else {
        let all = known.iter().map(|(kind, _)| *kind).collect::<Vec<_>>().join(", ");
        return node.fail(mistakes, format!("expects exactly one of {all}"));
    };
    let before = mistakes.len();
    for (key, value) in entries.iter().filter(|(key, _)| key != kind && !keys.contains(key)) {
        let remedy = format!("with it go {}", keys.join(", "));
        mistakes.add_with(
            value.path.as_str(),
            format!("`{key}` does not go with `{kind}`"),
            remedy,
        );
    }
    (mistakes.len() == before).then_some(())
}
