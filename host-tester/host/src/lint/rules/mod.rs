//! What is looked for, a file per question.

mod callbacks;
mod cost;
mod exports;
mod imports;
mod missing;
mod properties;
mod start;

pub(super) use exports::declared;

use super::code::Calls;
use super::finding::Finding;
use super::module::Module;
use crate::abi::AbiVersion;
use crate::abi::envoy::Versions;

/// What every rule may look at.
pub(super) struct Subject<'m, 'a> {
    pub(super) module: &'m Module<'a>,
    /// The ABI version as Envoy reads it; `None` where it finds none.
    pub(super) abi: Option<AbiVersion>,
    /// For every function, whether anything may call it.
    pub(super) reachable: &'m [bool],
    /// The versions that were asked for.
    pub(super) envoy: Versions,
}

impl Subject<'_, '_> {
    /// Whether a host function may be called: that it is imported proves nothing.
    fn calls(&self, name: &str) -> bool {
        let mut imported = self.module.imported();
        imported.any(|(index, import)| {
            import.module == "env"
                && import.name == name
                && self.reachable.get(index as usize) == Some(&true)
        })
    }
}

/// Everything that there is to say.
pub(super) fn findings(
    module: &Module<'_>,
    abi: Option<AbiVersion>,
    envoy: Versions,
) -> Vec<Finding> {
    let reachable = Calls::of(module).reachable(module);
    let subject = Subject { module, abi, reachable: &reachable, envoy };
    let rules = [
        imports::findings,
        exports::findings,
        start::findings,
        callbacks::findings,
        properties::findings,
        cost::findings,
    ];
    rules.iter().flat_map(|rule| rule(&subject)).collect()
}
