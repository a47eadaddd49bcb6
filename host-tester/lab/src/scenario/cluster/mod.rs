//! Upstream clusters, and how they behave over time.

mod conduct;
mod latency;
mod sometimes;

pub use conduct::{Answer, AnswerBody, Conduct, Ending};
pub use latency::Latency;

use super::read::Share;
use super::read::decode::{Decode, Definitions, Mistakes, Node, described};
use conduct::RawConduct;
use serde_json::{Value, json};
use std::time::Duration;

/// How a cluster behaves over time.
#[derive(Clone, Debug, PartialEq)]
pub struct Behaviour {
    /// What it does from when on: never empty, ascending, the first from the start.
    pub phases: Vec<Phase>,
}

/// How a cluster behaves from a time on.
#[derive(Clone, Debug, PartialEq)]
pub struct Phase {
    /// From when on, since the start.
    pub from: Duration,
    /// What it does.
    pub conduct: Conduct,
    /// What it does to a share of the requests instead; the shares come to at most 1.
    pub sometimes: Vec<Sometimes>,
}

/// What is done to a share of the requests.
#[derive(Clone, Debug, PartialEq)]
pub struct Sometimes {
    /// To how many.
    pub share: Share,
    /// What.
    pub conduct: Conduct,
}

impl Behaviour {
    /// What is done at a time since the start.
    pub fn at(&self, time: Duration) -> Option<&Phase> {
        self.phases.iter().rev().find(|phase| phase.from <= time)
    }

    /// Answers 200 at once.
    pub(super) fn plain() -> Self {
        let conduct = Conduct { latency: Latency::Fixed(Duration::ZERO), ending: Ending::plain() };
        let phase = Phase { from: Duration::ZERO, conduct, sometimes: Vec::new() };
        Self { phases: vec![phase] }
    }
}

impl Phase {
    /// What is done to a request, by a number drawn evenly from 0 to 1.
    pub fn conduct(&self, drawn: f64) -> &Conduct {
        let mut left = drawn;
        for sometimes in &self.sometimes {
            if left < sometimes.share.get() {
                return &sometimes.conduct;
            }
            left -= sometimes.share.get();
        }
        &self.conduct
    }
}

impl Decode for Behaviour {
    fn decode(node: &Node<'_>, mistakes: &mut Mistakes) -> Option<Self> {
        if !node.value.is_array() {
            return Phase::decode(node, mistakes).map(|phase| Self { phases: vec![phase] });
        }
        let phases: Vec<Phase> = Vec::decode(node, mistakes)?;
        let ascending = phases.is_sorted_by(|a, b| a.from < b.from);
        if phases.first().is_none_or(|first| !first.from.is_zero()) || !ascending {
            return node.fail(mistakes, "is not by ascending `from`, the first from 0s");
        }
        Some(Self { phases })
    }

    fn schema(definitions: &mut Definitions) -> Value {
        let phase = Phase::schema(definitions);
        json!({ "anyOf": [phase, { "type": "array", "items": phase, "minItems": 1 }] })
    }
}

impl Decode for Phase {
    fn decode(node: &Node<'_>, mistakes: &mut Mistakes) -> Option<Self> {
        let from = node.some_fields(mistakes)?.read("from", Some(|| Duration::ZERO), mistakes);
        let phase = Self::beside(&["from", "sometimes"], node, mistakes)?;
        Some(Self { from: from?, ..phase })
    }

    fn schema(definitions: &mut Definitions) -> Value {
        let from = Duration::schema(definitions);
        let from = described(from, &["From when on, since the start; 0s by default."]);
        let sometimes = sometimes::schema(definitions);
        extended("Behaviour", &[("from", from), ("sometimes", sometimes)], &[], definitions)
    }
}

impl Phase {
    /// From the start, out of a mapping that has these keys beside those of the conduct.
    fn beside(
        keys: &'static [&'static str],
        node: &Node<'_>,
        mistakes: &mut Mistakes,
    ) -> Option<Self> {
        let conduct = RawConduct::decode(&node.sharing(keys), mistakes);
        let conduct = conduct.and_then(|raw| raw.check(node, mistakes))?;
        let sometimes = sometimes::all(node, mistakes)?;
        Some(Self { from: Duration::ZERO, conduct, sometimes })
    }
}

/// A cluster's name with how it behaves from now on: `{ name: canary, status: 500 }`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct NamedBehaviour {
    pub(super) name: String,
    pub(super) behaviour: Phase,
}

impl Decode for NamedBehaviour {
    fn decode(node: &Node<'_>, mistakes: &mut Mistakes) -> Option<Self> {
        let name = node.some_fields(mistakes)?.read("name", None, mistakes);
        let behaviour = Phase::beside(&["name", "sometimes"], node, mistakes);
        Some(Self { name: name?, behaviour: behaviour? })
    }

    fn schema(definitions: &mut Definitions) -> Value {
        let name = described(String::schema(definitions), &["Which cluster."]);
        let sometimes = sometimes::schema(definitions);
        let keys = [("name", name), ("sometimes", sometimes)];
        extended("ClusterStep", &keys, &["name"], definitions)
    }
}

/// The schema of a conduct with other keys beside its own, under a name of its own.
fn extended(
    name: &'static str,
    keys: &[(&str, Value)],
    required: &[&str],
    definitions: &mut Definitions,
) -> Value {
    RawConduct::schema(definitions);
    let mut schema = definitions.named.get("RawConduct").cloned().unwrap_or_default();
    for (key, value) in keys {
        schema["properties"][*key] = value.clone();
    }
    schema["required"] = json!(required);
    definitions.named.insert(name, schema);
    json!({ "$ref": format!("#/$defs/{name}") })
}
