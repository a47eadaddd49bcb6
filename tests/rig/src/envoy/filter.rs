//! The filters of the chain before the router.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::bootstrap::merge;

const WASM_TYPE: &str = "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm";
const LUA_TYPE: &str = "type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua";
const STRING_TYPE: &str = "type.googleapis.com/google.protobuf.StringValue";
const STRUCT_TYPE: &str = "type.googleapis.com/google.protobuf.Struct";

/// A filter of the chain: its name and its typed configuration.
#[derive(Clone, Debug)]
pub struct Filter {
    pub(super) name: String,
    pub(super) typed_config: Value,
    pub(super) ecds: bool,
}

impl Filter {
    /// A WebAssembly plugin of this name.
    pub fn wasm(name: &str) -> Wasm {
        Wasm::new(name)
    }

    /// A Lua script.
    pub fn lua(name: &str, source: &str) -> Self {
        Self::raw(
            name,
            json!({ "@type": LUA_TYPE, "default_source_code": { "inline_string": source } }),
        )
    }

    /// Any filter, by its typed configuration with its `@type`.
    pub fn raw(name: &str, typed_config: Value) -> Self {
        Self { name: name.into(), typed_config, ecds: false }
    }

    /// Delivered by extension config discovery from a file, so that it can be changed in mid-traffic.
    #[must_use]
    pub fn ecds(mut self) -> Self {
        self.ecds = true;
        self
    }

    /// Gives a WebAssembly plugin another configuration, in the same form as the one it has.
    pub(super) fn reconfigure(&mut self, config: Configuration) {
        let form = &mut self.typed_config["config"]["configuration"];
        let in_struct = form["@type"] == STRUCT_TYPE;
        *form = match config {
            Configuration::Json(value) if in_struct => Configuration::Struct(value).into_any(),
            other => other.into_any(),
        };
    }
}

#[derive(Clone, Debug)]
pub(super) enum Configuration {
    Json(Value),
    Text(String),
    Struct(Value),
}

impl Configuration {
    fn into_any(self) -> Value {
        match self {
            Self::Json(value) => json!({ "@type": STRING_TYPE, "value": value.to_string() }),
            Self::Text(text) => json!({ "@type": STRING_TYPE, "value": text }),
            Self::Struct(value) => json!({ "@type": STRUCT_TYPE, "value": value }),
        }
    }
}

/// What Envoy does when a plugin's VM has crashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailurePolicy {
    /// Start another VM at the next request.
    Reload,
    /// Answer 503 from then on.
    Closed,
    /// Go on without the plugin.
    Open,
}

impl FailurePolicy {
    fn name(self) -> &'static str {
        match self {
            Self::Reload => "FAIL_RELOAD",
            Self::Closed => "FAIL_CLOSED",
            Self::Open => "FAIL_OPEN",
        }
    }
}

/// A WebAssembly plugin in the making; it is a [`Filter`] when the builder takes it.
#[derive(Clone, Debug)]
pub struct Wasm {
    name: String,
    module: PathBuf,
    root_id: String,
    vm_id: String,
    configuration: Configuration,
    failure_policy: FailurePolicy,
    environment: Value,
    options: Value,
    ecds: bool,
}

impl Wasm {
    fn new(name: &str) -> Self {
        Self {
            name: name.into(),
            module: PathBuf::new(),
            root_id: String::new(),
            vm_id: name.into(),
            configuration: Configuration::Text(String::new()),
            failure_policy: FailurePolicy::Reload,
            environment: json!({}),
            options: json!({}),
            ecds: false,
        }
    }

    /// The file of the module.
    #[must_use]
    pub fn module(mut self, path: impl AsRef<Path>) -> Self {
        self.module = path.as_ref().into();
        self
    }

    /// Its configuration as JSON text in a `StringValue`, the form in which Istio delivers it too.
    #[must_use]
    pub fn config(mut self, config: Value) -> Self {
        self.configuration = Configuration::Json(config);
        self
    }

    /// Its configuration as a protobuf `Struct`, which Envoy 1.40 hands over as it came over the wire.
    #[must_use]
    pub fn config_struct(mut self, config: Value) -> Self {
        self.configuration = Configuration::Struct(config);
        self
    }

    /// Its configuration as any text.
    #[must_use]
    pub fn config_text(mut self, config: &str) -> Self {
        self.configuration = Configuration::Text(config.into());
        self
    }

    /// The root id; empty by default.
    #[must_use]
    pub fn root_id(mut self, id: &str) -> Self {
        self.root_id = id.into();
        self
    }

    /// The VM id, the namespace of shared data; the plugin's name by default.
    #[must_use]
    pub fn vm_id(mut self, id: &str) -> Self {
        self.vm_id = id.into();
        self
    }

    /// What happens when its VM has crashed; [`FailurePolicy::Reload`] by default.
    #[must_use]
    pub fn failure_policy(mut self, policy: FailurePolicy) -> Self {
        self.failure_policy = policy;
        self
    }

    /// An environment variable of its VM.
    #[must_use]
    pub fn env(mut self, key: &str, value: &str) -> Self {
        self.environment[key] = value.into();
        self
    }

    /// More fields of Envoy's `PluginConfig`.
    #[must_use]
    pub fn options(mut self, options: Value) -> Self {
        self.options = options;
        self
    }

    /// Delivered by extension config discovery from a file, so that it can be changed in mid-traffic.
    #[must_use]
    pub fn ecds(mut self) -> Self {
        self.ecds = true;
        self
    }
}

impl From<Wasm> for Filter {
    fn from(wasm: Wasm) -> Self {
        let mut vm = json!({
            "vm_id": wasm.vm_id,
            "runtime": "envoy.wasm.runtime.v8",
            "code": { "local": { "filename": wasm.module } },
        });
        if wasm.environment != json!({}) {
            vm["environment_variables"] = json!({ "key_values": wasm.environment });
        }
        let mut plugin = json!({
            "name": wasm.name,
            "root_id": wasm.root_id,
            "failure_policy": wasm.failure_policy.name(),
            "configuration": wasm.configuration.into_any(),
            "vm_config": vm,
        });
        merge(&mut plugin, &wasm.options);
        let filter = Self::raw(&wasm.name, json!({ "@type": WASM_TYPE, "config": plugin }));
        if wasm.ecds { filter.ecds() } else { filter }
    }
}
