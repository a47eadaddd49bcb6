//! Whether Envoy finds what it needs: the ABI version, room to write to, memory, callbacks.

use super::Subject;
use crate::abi::AbiVersion;
use crate::abi::envoy::Versions;
use crate::abi::table::{ALLOCATORS, CALLBACKS, Callback, callback};
use crate::lint::finding::{Finding, shown};
use crate::lint::module::{Module, Signature};
use crate::lint::nearest::nearest;
use std::collections::BTreeSet;

const DECLARES: &str = "proxy_abi_version_";
/// In the SDKs of C++ and AssemblyScript, and in no Envoy: who uses the SDK can do nothing about them.
const NEVER_CALLED: &[&str] =
    &["proxy_on_grpc_create_initial_metadata", "proxy_on_grpc_trailing_metadata"];

/// What is wrong with the exports.
pub(super) fn findings(subject: &Subject<'_, '_>) -> Vec<Finding> {
    let one = [abi(subject), allocator(subject), memory(subject), context(subject)];
    let mut findings: Vec<Finding> = one.into_iter().flatten().collect();
    findings.extend(unheard(subject));
    findings
}

/// The ABI version as Envoy reads it: the first export that is a function and names one.
pub(in crate::lint) fn declared(module: &Module<'_>) -> Option<AbiVersion> {
    let version = |name| AbiVersion::ALL.iter().find(|abi| abi.export() == name).copied();
    module.exported_functions().find_map(|(name, _)| version(name))
}

fn abi(subject: &Subject<'_, '_>) -> Option<Finding> {
    let envoy = subject.envoy;
    let declared: BTreeSet<&str> =
        subject.module.exports.iter().map(|e| e.name).filter(|e| e.starts_with(DECLARES)).collect();
    let Some(abi) = subject.abi else {
        let finding = if declared.is_empty() {
            Finding::error("no-abi-version", envoy, "declares no ABI version").remedy(
                "a proxy-wasm SDK exports `proxy_abi_version_0_2_1`; with Rust, build a `cdylib`",
            )
        } else {
            Finding::error("unknown-abi-version", envoy, "declares no ABI version that Envoy knows")
                .remedy("Envoy knows 0.1.0, 0.2.0 and 0.2.1, each as an exported function")
        };
        return Some(finding.why("Envoy does not load it").all(declared));
    };
    (declared.len() > 1).then(|| {
        Finding::warning("several-abi-versions", envoy, "declares several ABI versions")
            .why(format!("Envoy takes the first that is exported, {abi}"))
            .remedy("link one SDK, in one version")
            .all(declared)
    })
}

fn allocator(subject: &Subject<'_, '_>) -> Option<Finding> {
    let Some(callback) = ALLOCATORS.iter().find(|a| subject.module.exported(a.name).is_some())
    else {
        return Some(
            Finding::error("no-allocator", subject.envoy, "exports neither `malloc` nor `proxy_on_memory_allocate`")
                .why("Envoy has the module make room for everything that it passes, so it does not load it")
                .remedy("a proxy-wasm SDK exports one; see that the linker keeps it"),
        );
    };
    signature(subject, callback)
}

fn memory(subject: &Subject<'_, '_>) -> Option<Finding> {
    match subject.module.visible_memories() {
        0 if subject.module.imported().next().is_some() => Some(
            Finding::error("no-memory", subject.envoy, "exports no memory")
                .why("Envoy crashes at the first call that passes it a pointer")
                .remedy("export the memory, as `memory`"),
        ),
        0 | 1 => None,
        _ => Some(
            Finding::warning("several-memories", subject.envoy, "exports several memories")
                .why("Envoy uses the last that is exported, whichever the pointers mean")
                .remedy("export only the one that the ABI's pointers mean"),
        ),
    }
}

fn context(subject: &Subject<'_, '_>) -> Option<Finding> {
    let heard = CALLBACKS.iter().any(|callback| subject.module.exported(callback.name).is_some());
    if !heard {
        return Some(
            Finding::warning("no-callbacks", subject.envoy, "exports no callback")
                .why("Envoy loads it and never calls it")
                .remedy("see that the linker keeps the SDK's exports"),
        );
    }
    subject.module.exported("proxy_on_context_create").is_none().then(|| {
        Finding::note("no-context-create", subject.envoy, "exports no `proxy_on_context_create`")
            .why("it is not told to which plugin a stream belongs; a filter that keeps nothing per plugin does without")
    })
}

/// A wrong signature of something that Envoy calls.
pub(super) fn signature(subject: &Subject<'_, '_>, callback: &Callback) -> Option<Finding> {
    let has = subject.module.signature(subject.module.exported(callback.name)?)?;
    let wants = Signature::new(callback.params, callback.results);
    (has != wants).then(|| {
        Finding::error(
            "export-signature",
            subject.envoy,
            "exports a function by another signature than Envoy calls",
        )
        .why(format!(
            "Envoy calls {wants}, the module has {}; it does not load",
            shown(&has.to_string())
        ))
        .remedy(other_abi(callback, &has))
        .named(callback.name)
    })
}

/// The remedy for a signature, which may be that of another ABI version.
fn other_abi(callback: &Callback, has: &Signature) -> String {
    let mut same_name = CALLBACKS.iter().filter(|other| other.name == callback.name);
    let other = same_name.find(|other| Signature::new(other.params, other.results) == *has);
    let abi = other.and_then(|other| other.abis.last());
    abi.map_or_else(
        || "declare it as the ABI does".to_owned(),
        |abi| format!("this is its signature in ABI {abi}: export `{}` instead", abi.export()),
    )
}

/// Exports that look like callbacks, and that Envoy does not look for.
fn unheard(subject: &Subject<'_, '_>) -> Vec<Finding> {
    let Some(abi) = subject.abi else { return Vec::new() };
    let called = |name: &str| callback(name, abi).is_some();
    let allocates = |name: &str| ALLOCATORS.iter().any(|allocator| allocator.name == name);
    let names = subject.module.exported_functions().map(|(name, _)| name);
    let names: BTreeSet<&str> = names
        .filter(|name| name.starts_with("proxy_on_") && !called(name) && !allocates(name))
        .collect();
    let (known, unknown): (BTreeSet<&str>, BTreeSet<&str>) =
        names.into_iter().partition(|name| NEVER_CALLED.contains(name) || is_callback(name));
    let uncalled = (!known.is_empty()).then(|| uncalled(subject.envoy, abi, known));
    uncalled.into_iter().chain(unknown_callbacks(subject.envoy, unknown)).collect()
}

/// Whether some ABI version has it.
fn is_callback(name: &str) -> bool {
    CALLBACKS.iter().any(|callback| callback.name == name)
}

fn uncalled(envoy: Versions, abi: AbiVersion, names: BTreeSet<&str>) -> Finding {
    let problem = format!("exports callbacks that Envoy does not call in ABI {abi}");
    Finding::note("uncalled-callback", envoy, problem)
        .why("they cost nothing but their code")
        .all(names)
}

/// One finding for each name that is nearly one of Envoy's, and one for the rest.
fn unknown_callbacks(envoy: Versions, names: BTreeSet<&str>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut strange = BTreeSet::new();
    for name in names {
        match nearest(name, CALLBACKS.iter().map(|callback| callback.name)) {
            Some(near) if findings.len() < CALLBACKS.len() => {
                findings.push(misspelt(envoy, name, near));
            }
            _ => drop(strange.insert(name)),
        }
    }
    if !strange.is_empty() {
        findings.push(
            Finding::warning(
                "unknown-callback",
                envoy,
                "exports callbacks that Envoy does not know",
            )
            .why("what Envoy does not know it never calls")
            .remedy("check the names, and for which host they are meant")
            .all(strange),
        );
    }
    findings
}

fn misspelt(envoy: Versions, name: &str, near: &str) -> Finding {
    Finding::warning("unknown-callback", envoy, "exports a callback that Envoy does not know")
        .why("what Envoy does not know it never calls")
        .remedy(format!("did you mean `{near}`?"))
        .named(name)
}
