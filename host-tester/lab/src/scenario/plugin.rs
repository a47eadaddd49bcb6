//! What runs: Wasm modules with their configuration.

use super::extension::CONFIG;
use super::read::Size;
use super::read::declare::{checked, choice, shape};
use super::read::decode::{Decode, Definitions, Mistakes, Node};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// One plugin of the chain.
#[derive(Clone, Debug, PartialEq)]
pub struct PluginSpec {
    /// Its name, unique in the scenario.
    pub name: String,
    /// The module, relative to the scenario's file; `None`: whatever the command was told to run.
    pub wasm: Option<String>,
    /// Which of the module's roots.
    pub root_id: String,
    /// Its configuration.
    pub config: Config,
    /// The VM it runs in.
    pub vm: VmSpec,
    /// What its death means for requests.
    pub fail: FailurePolicy,
    /// Envoy's `allow_on_headers_stop_iteration`: that a filter which stops at the headers may stop only those.
    pub stop_iteration: bool,
}

/// A plugin's configuration.
#[derive(Clone, Debug, PartialEq)]
pub enum Config {
    /// These bytes.
    Bytes(Vec<u8>),
    /// One from the [`ConfigSource`](super::extension::ConfigSource).
    Sourced(SourcedConfig),
}

/// A configuration that a [`ConfigSource`](super::extension::ConfigSource) reads, and where it was written.
#[derive(Clone, Debug, PartialEq)]
pub struct SourcedConfig {
    /// The file, as the scenario names it; `None`: the configuration stands in the scenario itself.
    pub file: Option<String>,
    /// What it says. Of a file that is yet to be read: nothing.
    pub value: Value,
}

impl Config {
    /// The bytes that the plugin is given.
    pub fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Bytes(bytes) => bytes.clone(),
            Self::Sourced(config) => config.value.to_string().into_bytes(),
        }
    }

    /// From the two keys that may say it.
    pub(super) fn of(
        config: Option<ConfigText>,
        sourced: Option<SourcedConfig>,
        node: &Node<'_>,
        mistakes: &mut Mistakes,
    ) -> Option<Self> {
        match (config, sourced) {
            (Some(_), Some(_)) => {
                let key = mistakes.extensions.field(CONFIG);
                node.fail(mistakes, format!("has `config` and `{key}`: say one of them"))
            }
            (_, Some(sourced)) => Some(Self::Sourced(sourced)),
            (Some(ConfigText(bytes)), None) => Some(Self::Bytes(bytes)),
            (None, None) => Some(Self::Bytes(Vec::new())),
        }
    }
}

/// A configuration: text as it is, anything else as JSON.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConfigText(pub Vec<u8>);

impl Decode for ConfigText {
    fn decode(node: &Node<'_>, _: &mut Mistakes) -> Option<Self> {
        Some(Self(match node.value {
            Value::String(text) => text.clone().into_bytes(),
            Value::Null => Vec::new(),
            other => other.to_string().into_bytes(),
        }))
    }

    fn schema(_: &mut Definitions) -> Value {
        json!({})
    }
}

impl Decode for SourcedConfig {
    fn decode(node: &Node<'_>, mistakes: &mut Mistakes) -> Option<Self> {
        match node.value {
            Value::String(file) => Some(Self { file: Some(file.clone()), value: Value::Null }),
            Value::Object(_) => Some(Self { file: None, value: node.value.clone() }),
            _ => {
                let form = mistakes.extensions.configs.map_or("nothing", |source| source.form());
                node.expected(mistakes, form)
            }
        }
    }

    fn schema(definitions: &mut Definitions) -> Value {
        definitions.extensions.configs.map_or(Value::Bool(false), |source| source.schema())
    }
}

choice! {
    /// Envoy's `failure_policy`: what a plugin's death means for requests.
    pub FailurePolicy {
        /// They are refused.
        Closed = "closed",
        /// They go on without it.
        Open = "open",
        /// It is started again, at most once in a second.
        Reload = "reload",
    }
}

shape! {
    /// The VM of a plugin. Plugins of one module with the same `id` and `config` share one.
    pub VmSpec {
        /// Envoy's `vm_id`, the name space of shared data.
        id: String = String::new(),
        /// What `on_vm_start` is given: text as it is, anything else as JSON.
        config: ConfigText = ConfigText::default(),
        /// Environment variables.
        env: BTreeMap<String, String>,
        /// The most memory it may have. Only on the embedded host.
        memory: Option<Size>,
        /// The most instructions that a callback may take. Only on the embedded host.
        fuel: Option<u64>,
    }
}

impl VmSpec {
    /// Nothing said.
    pub(super) fn plain() -> Self {
        let (id, config, env) = (String::new(), ConfigText::default(), BTreeMap::new());
        Self { id, config, env, memory: None, fuel: None }
    }
}

shape! {
    /// One plugin of the chain.
    pub(super) Plugin {
        /// Its name, unique in the scenario; `filter` by default.
        name: String = "filter".to_owned(),
        /// The module, relative to this file; by default what `--filter` says, else the Serinus filter.
        wasm: Option<String>,
        /// Which of the module's roots.
        root_id: String = String::new(),
        /// Its configuration: text as it is, anything else as JSON.
        config: Option<ConfigText>,
        /// A configuration from elsewhere in place of `config`.
        sourced("{config}"): Option<SourcedConfig>,
        /// The VM it runs in.
        vm: VmSpec = VmSpec::plain(),
        /// What its death means for requests; `closed` by default.
        fail: FailurePolicy = FailurePolicy::Closed,
        /// Envoy's `allow_on_headers_stop_iteration`.
        stop_iteration: bool = false,
    }
}

impl Plugin {
    fn check(self, node: &Node<'_>, mistakes: &mut Mistakes) -> Option<PluginSpec> {
        let config = Config::of(self.config, self.sourced, node, mistakes)?;
        let Self { name, wasm, root_id, vm, fail, stop_iteration, .. } = self;
        Some(PluginSpec { name, wasm, root_id, config, vm, fail, stop_iteration })
    }
}

checked!(PluginSpec, Plugin);

impl PluginSpec {
    /// The only plugin of a scenario, with a configuration from elsewhere.
    pub(super) fn only(name: &str, config: SourcedConfig) -> Self {
        Self {
            name: name.to_owned(),
            wasm: None,
            root_id: String::new(),
            config: Config::Sourced(config),
            vm: VmSpec::plain(),
            fail: FailurePolicy::Closed,
            stop_iteration: false,
        }
    }
}
