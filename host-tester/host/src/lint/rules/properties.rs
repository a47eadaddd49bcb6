//! Properties that Envoy no longer has.
//!
//! Envoy 1.33 took the bare names of its configuration away: each is to be had below `xds`, in older versions too.
//! Reading a bare one is no error, it is just never there, so a filter goes on and does the wrong thing.

use super::Subject;
use crate::abi::envoy::Version;
use crate::lint::finding::Finding;
use crate::lint::literals::literals;

/// The first Envoy without them.
const GONE: Version = Version::minor(33);
const REMOVED: &[&str] = &[
    "node",
    "listener_direction",
    "listener_metadata",
    "cluster_name",
    "cluster_metadata",
    "route_name",
    "route_metadata",
    "upstream_host_metadata",
];
const NEW_PARENT: &str = "xds";

/// Removed properties that are named. A module that names `xds` as well asks for both, or for `xds.cluster_name` by its
/// parts, which cannot be told apart: of that nothing is said.
pub(super) fn findings(subject: &Subject<'_, '_>) -> Vec<Finding> {
    let Some(envoy) = subject.envoy.from(GONE).filter(|_| subject.calls("proxy_get_property"))
    else {
        return Vec::new();
    };
    let words: Vec<&str> = REMOVED.iter().copied().chain([NEW_PARENT]).collect();
    let named = literals(subject.module, &words);
    if named.is_empty() || named.contains(NEW_PARENT) || names_a_path_below(subject) {
        return Vec::new();
    }
    let instead: Vec<String> = named.iter().map(|name| format!("`xds.{name}`")).collect();
    let finding = Finding::warning("removed-property", envoy, "names properties that Envoy no longer has")
        .why(format!(
            "from {GONE} on these are not found; that the module has the words as literals of their own is a hint, no proof"
        ))
        .remedy(format!("ask for {}", instead.join(", ")))
        .all(named);
    vec![finding]
}

/// Whether a path such as `xds\0cluster_name` is in the data.
fn names_a_path_below(subject: &Subject<'_, '_>) -> bool {
    subject.module.data.iter().any(|data| data.data.windows(4).any(|bytes| bytes == b"xds\0"))
}
