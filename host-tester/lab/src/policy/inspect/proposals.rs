//! Which parts of WebAssembly a module uses that the filter's interpreter does not have.
//!
//! A module is asked by taking the features away one by one: what it does not validate without, it uses. So all are
//! named at once, where a single validation would stop at the first.

use wasmparser::{Validator, WasmFeatures};

/// By the names that compilers give to them.
const MISSING: &[(&str, WasmFeatures)] = &[
    ("simd128", WasmFeatures::SIMD),
    ("relaxed-simd", WasmFeatures::RELAXED_SIMD),
    ("threads (shared memory, atomics)", WasmFeatures::THREADS),
    ("tail-call", WasmFeatures::TAIL_CALL),
    ("exception-handling", WasmFeatures::EXCEPTIONS),
    ("exception-handling (the old one)", WasmFeatures::LEGACY_EXCEPTIONS),
    ("multimemory", WasmFeatures::MULTI_MEMORY),
    ("memory64", WasmFeatures::MEMORY64),
    ("extended-const", WasmFeatures::EXTENDED_CONST),
    ("function-references", WasmFeatures::FUNCTION_REFERENCES),
    ("gc", WasmFeatures::GC),
    ("custom-page-sizes", WasmFeatures::CUSTOM_PAGE_SIZES),
    ("stack-switching", WasmFeatures::STACK_SWITCHING),
    ("wide-arithmetic", WasmFeatures::WIDE_ARITHMETIC),
    ("memory-control", WasmFeatures::MEMORY_CONTROL),
    ("custom-descriptors", WasmFeatures::CUSTOM_DESCRIPTORS),
    ("shared-everything-threads", WasmFeatures::SHARED_EVERYTHING_THREADS),
];

/// The names of what this module uses; none for one that is not valid at all.
pub(super) fn not_in_the_filter(module: &[u8]) -> Vec<String> {
    let valid = |features| Validator::new_with_features(features).validate_all(module).is_ok();
    let all = WasmFeatures::all();
    if !valid(all) {
        return Vec::new();
    }
    let used = MISSING.iter().filter(|(_, feature)| !valid(all - *feature));
    used.map(|(name, _)| (*name).to_owned()).collect()
}
