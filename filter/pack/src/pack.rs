//! Bytes in, bytes out: which exports stay, and the collection of what only the others reached.
//!
//! The linker cannot do this. The SDK marks every callback `#[no_mangle]`, so for the linker all of them are roots;
//! here the roots are named, and functions, imports, types, tables and globals that only a dropped export reached go
//! with it. What stays beyond that is reached through the function table (trait objects) or is static data: telling
//! which entries of those are dead would take the whole program's points-to analysis.

use std::fmt;

use walrus::ModuleConfig;

#[cfg(test)]
mod tests;

/// What Envoy needs in order to start the module, and the callbacks in which the filter does something.
///
/// `proxy_on_done` is not here: for an HTTP stream Envoy ignores its answer, and calls `proxy_on_log` anyway.
const KEPT: [&str; 14] = [
    "memory",
    "_initialize",
    "_start",
    "main",
    "malloc",
    "proxy_on_memory_allocate",
    "proxy_on_context_create",
    "proxy_on_vm_start",
    "proxy_on_configure",
    "proxy_on_tick",
    "proxy_on_request_headers",
    "proxy_on_response_headers",
    "proxy_on_log",
    "proxy_on_delete",
];

/// The export by which a module says which ABI it speaks; its name ends in the version.
const ABI_VERSION: &str = "proxy_abi_version_";

/// How a core module starts. A component starts differently, and walrus would read it as an empty module.
const HEADER: &[u8] = b"\0asm\x01\0\0\0";

/// A module that Envoy can load, and what became of its exports.
#[derive(Debug)]
pub struct Packed {
    /// The module, validated.
    pub module: Vec<u8>,
    /// The exports it has, in the module's order.
    pub kept: Vec<String>,
    /// The exports it no longer has.
    pub dropped: Vec<String>,
}

/// Why a module cannot be packed.
#[derive(Debug, PartialEq, Eq)]
pub enum PackError {
    /// The bytes are no core WebAssembly module.
    NotWasm { reason: String },
    /// A module, but Envoy would not take it for a filter.
    NotAFilter { missing: &'static str },
    /// `--keep` names something that the module does not export.
    NoSuchExport { name: String, exported: Vec<String> },
    /// The result does not validate: a defect of this tool.
    Broken { reason: String },
}

/// Packs `input`; `extra` names exports to keep besides the usual ones.
pub fn pack(input: &[u8], extra: &[String]) -> Result<Packed, PackError> {
    let mut module = parse(input)?;
    let (kept, dropped) = split_exports(&module, extra)?;
    for name in &dropped {
        // Only its absence could be an error, and it was listed a moment ago.
        let _ = module.exports.remove(name);
    }
    drop_custom_sections(&mut module);
    walrus::passes::gc::run(&mut module);
    let module = module.emit_wasm();
    wasmparser::validate(&module)
        .map_err(|error| PackError::Broken { reason: error.to_string() })?;
    Ok(Packed { module, kept, dropped })
}

fn parse(input: &[u8]) -> Result<walrus::Module, PackError> {
    let not_wasm = |reason: String| PackError::NotWasm { reason };
    if !input.starts_with(HEADER) {
        return Err(not_wasm("it does not start as a core module does".to_owned()));
    }
    ModuleConfig::new()
        .generate_name_section(false)
        .generate_producers_section(false)
        .parse(input)
        .map_err(|error| not_wasm(format!("{error:#}")))
}

fn split_exports(
    module: &walrus::Module,
    extra: &[String],
) -> Result<(Vec<String>, Vec<String>), PackError> {
    let exported: Vec<String> = module.exports.iter().map(|export| export.name.clone()).collect();
    check_filter(&exported)?;
    if let Some(name) = extra.iter().find(|name| !exported.contains(name)) {
        return Err(PackError::NoSuchExport { name: name.clone(), exported });
    }
    Ok(exported.into_iter().partition(|name| is_usual(name) || extra.contains(name)))
}

fn is_usual(name: &str) -> bool {
    KEPT.contains(&name) || name.starts_with(ABI_VERSION)
}

/// Refuses what is surely no filter: packing the wrong file would leave an empty module and no error.
fn check_filter(exported: &[String]) -> Result<(), PackError> {
    let has = |wanted: fn(&String) -> bool| exported.iter().any(wanted);
    if !has(|name| name == "memory") {
        return Err(PackError::NotAFilter { missing: "memory" });
    }
    if !has(|name| name.starts_with(ABI_VERSION)) {
        return Err(PackError::NotAFilter { missing: "proxy_abi_version_*" });
    }
    Ok(())
}

/// Nothing in them is needed to run; a signature among them would no longer hold.
fn drop_custom_sections(module: &mut walrus::Module) {
    let sections: Vec<_> = module.customs.iter().map(|(id, _)| id).collect();
    for id in sections {
        module.customs.delete(id);
    }
}

impl fmt::Display for PackError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PackError::NotWasm { reason } => {
                write!(f, "not a WebAssembly module ({reason}); build it with `make wasm`")
            }
            PackError::NotAFilter { missing } => {
                write!(
                    f,
                    "not a proxy-wasm filter: it does not export {missing}; was this the crate's cdylib?"
                )
            }
            PackError::NoSuchExport { name, exported } => {
                write!(
                    f,
                    "--keep {name}: the module does not export it; it exports {}",
                    exported.join(" ")
                )
            }
            PackError::Broken { reason } => {
                write!(
                    f,
                    "the packed module does not validate ({reason}); nothing was written, please report this"
                )
            }
        }
    }
}

impl std::error::Error for PackError {}
