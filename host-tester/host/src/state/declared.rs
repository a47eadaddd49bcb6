//! The properties that plugins have declared.

use hashbrown::HashMap;

/// The properties that the plugins of a VM have declared: by root context and name, whether they can be set only once
/// per stream.
#[derive(Debug, Default)]
pub struct DeclaredProperties(HashMap<(u32, Vec<u8>), bool>);

impl DeclaredProperties {
    /// Whether a property can be set only once per stream.
    pub fn is_readonly(&self, root: u32, name: &[u8]) -> bool {
        self.0.get(&(root, name.to_owned())).copied().unwrap_or(false)
    }

    /// Declares a property; `false` if its plugin had declared it before.
    pub fn declare(&mut self, root: u32, name: &[u8], readonly: bool) -> bool {
        self.0.insert((root, name.to_owned()), readonly).is_none()
    }
}
