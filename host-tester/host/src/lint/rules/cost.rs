//! What the module costs for nothing.

use super::Subject;
use crate::lint::finding::Finding;

/// Less is not worth a word.
const WORTH: usize = 4096;

/// Sections that every proxy loads and none reads.
pub(super) fn findings(subject: &Subject<'_, '_>) -> Vec<Finding> {
    let sizes = &subject.module.sizes;
    let bytes: usize = sizes.unread.iter().map(|(_, bytes)| bytes).sum();
    if bytes < WORTH || bytes.saturating_mul(20) < sizes.module {
        return Vec::new();
    }
    let percent = bytes.saturating_mul(100) / sizes.module.max(1);
    let finding = Finding::note(
        "unread-sections",
        subject.envoy,
        format!("carries {bytes} bytes that Envoy does not read, {percent} % of the module"),
    )
    .why("custom sections, such as debug information, are fetched and held by every proxy")
    .remedy(
        "strip them: `strip = true` in the Cargo profile, or `wasm-tools strip`, which keeps the `name` section, \
         from which Envoy's backtraces have their names",
    )
    .all(sizes.unread.iter().map(|(name, bytes)| format!("{name} ({bytes} bytes)")));
    vec![finding]
}
