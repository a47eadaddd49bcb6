//! Which WebAssembly Envoy's V8 compiles.
//!
//! Only what is sure is said: Envoy 1.36, 1.39 and 1.40 were tried with a module per feature. They take all that is
//! standardised, shared memory, 64-bit memory and the old exceptions too; they refuse stack switching, wide arithmetic
//! and custom page sizes. Envoy 1.32.0 to 1.34.0 were released with V8 10.7, of October 2022, which enables nothing
//! younger; a later patch release may carry another V8, so there a module is warned of, not refused.

use super::finding::Finding;
use crate::abi::envoy::{Version, Versions};
use wasmparser::types::Types;
use wasmparser::{Validator, WasmFeatures};

/// The first Envoy with a V8 of 2025.
const NEW_V8: Version = Version::minor(35);

/// What V8 13.8 (Envoy 1.35 to 1.38) and 14.6 (from 1.39 on) compile.
fn new_v8() -> WasmFeatures {
    WasmFeatures::default() | WasmFeatures::LEGACY_EXCEPTIONS
}

/// What V8 10.7 compiles. Its exceptions are the old ones only, which cannot be told apart here: tags are common to both.
fn old_v8() -> WasmFeatures {
    new_v8()
        - WasmFeatures::EXTENDED_CONST
        - WasmFeatures::FUNCTION_REFERENCES
        - WasmFeatures::GC
        - WasmFeatures::MEMORY64
        - WasmFeatures::MULTI_MEMORY
        - WasmFeatures::RELAXED_SIMD
        - WasmFeatures::TAIL_CALL
}

/// The types of a module that some Envoy can compile, and what is to be said of the others; or why none can.
pub(super) fn compile(
    bytes: &[u8],
    envoy: Versions,
) -> Result<(Types, Option<Finding>), Box<Finding>> {
    if let Some(other) = not_a_module(bytes, envoy) {
        return Err(Box::new(other));
    }
    let types =
        validate(bytes, new_v8()).map_err(|error| Box::new(refused(bytes, &error, envoy)))?;
    let old = envoy.before(NEW_V8).and_then(|old| {
        let error = validate(bytes, old_v8()).err()?;
        Some(too_new(&error, old))
    });
    Ok((types, old))
}

fn validate(bytes: &[u8], features: WasmFeatures) -> Result<Types, wasmparser::Error> {
    Validator::new_with_features(features).validate_all(bytes)
}

fn not_a_module(bytes: &[u8], envoy: Versions) -> Option<Finding> {
    if !bytes.starts_with(b"\0asm") {
        let finding = Finding::error("not-wasm", envoy, "is not a WebAssembly module")
            .why("it does not begin with the bytes `\\0asm`")
            .remedy(guess(bytes));
        return Some(finding);
    }
    (bytes.get(4..8) == Some(&[0x0d, 0, 1, 0])).then(|| {
        Finding::error("component", envoy, "is a component, not a core module")
            .why("Envoy loads core modules only")
            .remedy(
                "build for wasm32-wasip1 or wasm32-unknown-unknown, and leave out `wasm-tools component new`",
            )
    })
}

/// What a file that is no module probably is.
fn guess(bytes: &[u8]) -> &'static str {
    let text = bytes.trim_ascii_start();
    match bytes {
        [] => "the file is empty",
        [0x1f, 0x8b, ..] => "it is compressed with gzip, or an image's layer: unpack it first",
        _ if text.starts_with(b"(module") || text.starts_with(b";;") => {
            "it is WebAssembly text: translate it first, for example with `wasm-tools parse`"
        }
        _ => "name the .wasm file that the build made",
    }
}

fn refused(bytes: &[u8], error: &wasmparser::Error, envoy: Versions) -> Finding {
    let feature = validate(bytes, WasmFeatures::all()).is_ok();
    if feature {
        return Finding::error(
            "unsupported-feature",
            envoy,
            "uses a feature that Envoy's V8 refuses",
        )
        .why(format!("at byte {}: {}", error.offset(), error.message()))
        .remedy("build without this target feature");
    }
    unread(error, envoy)
}

/// A module that is wrong in itself.
pub(super) fn unread(error: &wasmparser::Error, envoy: Versions) -> Finding {
    Finding::error("invalid-module", envoy, "is not a valid module")
        .why(format!("at byte {}: {}", error.offset(), error.message()))
        .remedy("build it again, and without the tool that touched it last")
}

fn too_new(error: &wasmparser::Error, old: Versions) -> Finding {
    Finding::warning("newer-feature", old, "uses a feature that is younger than Envoy's V8 was")
        .why(format!(
            "at byte {}: {}; these versions were released with V8 10.7, a later patch release may carry a newer one",
            error.offset(),
            error.message()
        ))
        .remedy("build without this target feature, or run Envoy 1.35 or newer")
}
