//! Policies written by hand, as a rollout carries them.

use std::fs;

use anyhow::{Context, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use serinus_rig::workspace_root;
use sha2::{Digest, Sha256};

/// A policy of `tests/policies` by its name, such as `whole/promotes` or `hostile/loop`, inlined.
///
/// # Errors
/// There is none of this name, or it does not assemble.
pub fn policy(name: &str) -> Result<Value> {
    Ok(inlined(&assembled(name)?))
}

fn assembled(name: &str) -> Result<Vec<u8>> {
    let folder = workspace_root().join("tests/policies");
    let read = |file: &str| {
        let path = folder.join(file).with_extension("wat");
        fs::read_to_string(&path).with_context(|| path.display().to_string())
    };
    let text = match name.starts_with("hostile/") {
        true => format!("(module {} {})", read("prelude")?, read(name)?),
        false => read(name)?,
    };
    wat::parse_str(text).with_context(|| name.to_owned())
}

/// A module as `serinus render` inlines it.
pub fn inlined(wasm: &[u8]) -> Value {
    let sha256: String = Sha256::digest(wasm).iter().map(|byte| format!("{byte:02x}")).collect();
    json!({ "wasm": STANDARD.encode(wasm), "sha256": sha256 })
}
