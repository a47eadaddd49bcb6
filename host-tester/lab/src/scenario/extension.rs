//! What can be plugged into scenarios from outside.
//!
//! A scenario and its runner know plugins, requests, metrics and logs, and nothing of what a plugin is for. What concerns one
//! kind of plugin is plugged in at three points:
//!
//! | point | what it adds |
//! |---|---|
//! | [`ConfigSource`] | a key under which plugins are configured, read and checked by whoever knows such configurations |
//! | [`CheckKind`] | a kind of expectation |
//! | [`Observer`](super::run::Observer) | a witness of the run, such as one that draws it |
//!
//! The first two are known when a file is read, so a scenario keeps the [`Extensions`] that it was read with.

use super::cluster::Behaviour;
use super::file::Files;
use super::observation::{LogLine, Snapshot};
use super::plugin::SourcedConfig;
use super::read::decode::{Mistakes, Node, described};
use super::route::RouteSpec;
use super::run::module::ModuleError;
use serde_json::{Map, Value};
use serinus_core::diagnostic::Diagnostic;
use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Debug;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Stands among the keys of a mapping where the key of the [`ConfigSource`] goes.
pub(super) const CONFIG: &str = "{config}";

/// Stands among the keys of an expectation where those of each [`CheckKind`] go.
pub(super) const CHECKS: &str = "{checks}";

/// Keys that every kind of expectation may have.
const COMMON: [&str; 4] = ["at", "is", "min", "max"];

/// What a scenario can say beyond its own keys; by default nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Extensions {
    /// Where configurations of plugins come from, apart from the scenario's own `config`.
    pub configs: Option<&'static dyn ConfigSource>,
    /// Further kinds of expectations.
    pub checks: &'static [&'static dyn CheckKind],
}

/// A source of plugin configurations: the file that a key names, or what stands under the key.
pub trait ConfigSource: Debug + Sync {
    /// The key: of a plugin, of the step `configure`, and of a scenario with only one plugin.
    fn key(&self) -> &'static str;

    /// What the key is for, in the schema of the mapping with this name.
    fn description(&self, mapping: &str) -> &'static str;

    /// The schema of the key's value.
    fn schema(&self) -> Value;

    /// What the key's value is, for a message: `a file, or the rollout itself`.
    fn form(&self) -> &'static str;

    /// The name of the only plugin, where the key stands in the scenario itself.
    fn plugin_name(&self) -> &'static str;

    /// What is wrong with a document that is such a configuration, and not a scenario at all.
    fn mistaken(&self, document: &Value) -> Option<Diagnostic>;

    /// Reads the configuration, and has it be as a plugin takes it. One that is not `sound` is meant to be refused by the plugin,
    /// so that only its form matters.
    fn resolve(
        &self,
        config: &mut SourcedConfig,
        path: &str,
        sound: bool,
        files: &mut Files,
        mistakes: &mut Mistakes,
    );

    /// The routes between these clusters, in a scenario that names none; `None`: these configurations suggest none.
    fn routes(
        &self,
        clusters: &BTreeMap<String, Behaviour>,
        configs: &[&Value],
    ) -> Option<Vec<RouteSpec>>;

    /// Which clusters would have routes, for a message: `, or ...`.
    fn routed_clusters(&self) -> &'static str;

    /// The module of a plugin that names none; `around` is the scenario's file.
    ///
    /// # Errors
    /// If there is none.
    fn module(
        &self,
        plugin: &str,
        config: Option<&Value>,
        around: &str,
    ) -> Result<PathBuf, ModuleError>;

    /// Whether every plugin that was given such a configuration took it, by what plugins logged at the start: pairs of a
    /// plugin's name and a line.
    ///
    /// # Errors
    /// Why one did not.
    fn taken(
        &self,
        plugins: &[&str],
        logged: &[(&str, &str)],
    ) -> Result<(), Box<dyn Error + Send + Sync>>;
}

/// A kind of expectation.
pub trait CheckKind: Debug + Sync {
    /// The key that says that an expectation is of this kind.
    fn key(&self) -> &'static str;

    /// The keys that go with it.
    fn keys(&self) -> &'static [&'static str];

    /// The schema of a mapping that has these keys.
    fn schema(&self) -> Value;

    /// Reads an expectation that has the key, and no key but those that go with it.
    fn read(&self, node: &Node<'_>, mistakes: &mut Mistakes) -> Option<Arc<dyn ExtraCheck>>;
}

/// An expectation of a [`CheckKind`].
pub trait ExtraCheck: Debug + Send + Sync {
    /// What it is about.
    fn title(&self) -> String;

    /// Keys with a time since the start; none of them may be after the scenario's end.
    fn times(&self) -> Vec<(&'static str, Duration)> {
        Vec::new()
    }

    /// What counts during the run; `None`: the expectation is compared with what there is to see at its time.
    fn tally(&self) -> Option<Box<dyn CheckTally>> {
        None
    }

    /// Compares it with what there is to see.
    fn inspect(&self, _: &dyn Snapshot) -> Comparison {
        Comparison::default()
    }
}

/// What one expectation remembers of a run.
pub trait CheckTally: Debug {
    /// A plugin logged a line.
    fn logged(&mut self, line: &LogLine<'_>);

    /// The run is over at this time: what was expected, what was seen, and at what time.
    fn conclude(&self, now: Duration) -> (Comparison, Duration);
}

/// What was expected, what was seen, and whether the two fit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// What was expected.
    pub expected: String,
    /// What was seen.
    pub seen: String,
    /// Whether it holds.
    pub passed: bool,
}

impl Extensions {
    /// The keys of a field: one as it is; those of the extensions for a slot.
    pub(super) fn keys(&self, field: &'static str) -> Vec<&'static str> {
        match field {
            CONFIG => self.configs.iter().map(|source| source.key()).collect(),
            CHECKS => self.check_keys(),
            key => vec![key],
        }
    }

    /// The only key of a field.
    pub(super) fn field(&self, field: &'static str) -> &'static str {
        if field == CONFIG { self.configs.map_or(CONFIG, |source| source.key()) } else { field }
    }

    /// The properties that a slot has in the schema of a mapping; `None`: the field is no slot.
    pub(super) fn properties(&self, field: &str, mapping: &str) -> Option<Map<String, Value>> {
        match field {
            CONFIG => {
                let property = |source: &&dyn ConfigSource| {
                    let schema = described(source.schema(), &[source.description(mapping)]);
                    (source.key().to_owned(), schema)
                };
                Some(self.configs.iter().map(property).collect())
            }
            CHECKS => Some(self.check_properties()),
            _ => None,
        }
    }

    fn check_keys(&self) -> Vec<&'static str> {
        let mut keys = Vec::new();
        for kind in self.checks {
            for key in std::iter::once(kind.key()).chain(kind.keys().iter().copied()) {
                if !keys.contains(&key) && !COMMON.contains(&key) {
                    keys.push(key);
                }
            }
        }
        keys
    }

    fn check_properties(&self) -> Map<String, Value> {
        let schemas = self.checks.iter().map(|kind| kind.schema());
        let all = schemas.filter_map(|mut schema| match schema.get_mut("properties")?.take() {
            Value::Object(properties) => Some(properties),
            _ => None,
        });
        all.flatten().filter(|(key, _)| !COMMON.contains(&key.as_str())).collect()
    }
}
