//! The settings of a plugin and of a VM, as Envoy's configuration names them.

use bytes::Bytes;
use std::rc::Rc;

/// A plugin, as its VM knows it.
#[derive(Debug)]
pub struct PluginInfo {
    /// Envoy's `name` of the plugin.
    pub name: Rc<str>,
    /// Envoy's `root_id` of the plugin.
    pub root_id: String,
    /// Envoy's `configuration` of the plugin.
    pub configuration: Bytes,
    /// Envoy's `allow_on_headers_stop_iteration`.
    pub allow_stop_iteration: bool,
}

/// A VM's own settings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct VmInfo {
    /// Envoy's `vm_id`: the namespace of shared data and queues.
    pub id: String,
    /// Envoy's `configuration` of the VM.
    pub configuration: Bytes,
    /// Envoy's `environment_variables`.
    pub environment: Vec<(String, String)>,
}
