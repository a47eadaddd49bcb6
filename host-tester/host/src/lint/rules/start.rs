//! What runs before the first callback, and what must not be called from there.

use super::Subject;
use super::exports::signature;
use crate::abi::table::STARTS;
use crate::lint::code::certain;
use crate::lint::finding::Finding;

/// WASI functions that were seen to crash Envoy where there is no context.
const NEED_CONTEXT: &[&str] = &["fd_write", "random_get"];

/// What is wrong with the start.
pub(super) fn findings(subject: &Subject<'_, '_>) -> Vec<Finding> {
    let run = run(subject);
    let signatures = STARTS.iter().filter(|start| run.contains(&start.name));
    let mut findings: Vec<Finding> =
        signatures.filter_map(|start| signature(subject, start)).collect();
    findings.extend(ignored(subject));
    findings.extend(traps(subject, &run));
    findings.extend(denied(subject, &run));
    findings.extend(too_early(subject));
    findings
}

/// The exports that Envoy runs.
fn run(subject: &Subject<'_, '_>) -> Vec<&'static str> {
    let exported = |name: &&str| subject.module.exported(name).is_some();
    if exported(&"_initialize") {
        return ["_initialize", "main"].into_iter().filter(exported).collect();
    }
    ["_start"].into_iter().filter(exported).collect()
}

fn ignored(subject: &Subject<'_, '_>) -> Option<Finding> {
    let exported = |name| subject.module.exported(name).is_some();
    match (exported("_initialize"), exported("_start"), exported("main")) {
        (true, true, _) => Some(
            Finding::warning("start-ignored", subject.envoy, "exports both `_initialize` and `_start`")
                .why("Envoy runs `_initialize` only")
                .remedy("with clang, -mexec-model=reactor leaves out `_start`")
                .named("_start"),
        ),
        (false, false, true) => Some(
            Finding::warning("start-ignored", subject.envoy, "exports `main`, but no `_initialize`")
                .why("Envoy runs `main` only after `_initialize`, so it never runs here")
                .remedy("export `_initialize`, even one that does nothing; or `_start` instead of both")
                .named("main"),
        ),
        (false, false, false) if subject.module.start.is_none() => Some(
            Finding::note("no-start", subject.envoy, "exports neither `_initialize` nor `_start`")
                .why("nothing runs before the first callback: no constructors, no registration of contexts"),
        ),
        _ => None,
    }
}

fn traps(subject: &Subject<'_, '_>, run: &[&'static str]) -> Option<Finding> {
    let traps = |function| certain(subject.module, function).traps;
    let exports =
        run.iter().copied().filter(|name| subject.module.exported(name).is_some_and(traps));
    let section = subject.module.start.filter(|start| traps(*start)).map(|_| "the start section");
    let trapping: Vec<&str> = exports.chain(section).collect();
    (!trapping.is_empty()).then(|| {
        Finding::error("traps-at-start", subject.envoy, "traps whenever it is started")
            .why("it runs into an `unreachable` without any branch before, so Envoy does not load it")
            .remedy("see what panics or aborts there; compilers put `unreachable` where code must not come")
            .all(trapping)
    })
}

/// Host calls that end in a trap when they come from the start.
fn denied(subject: &Subject<'_, '_>, run: &[&str]) -> Option<Finding> {
    let starts = run.iter().filter_map(|name| subject.module.exported(name));
    let called = starts.flat_map(|start| certain(subject.module, start).imports);
    let denied: Vec<&str> = called
        .filter_map(|import| subject.module.import_at(import))
        .filter(|import| import.module == "env" && import.name.starts_with("proxy_"))
        .map(|import| import.name)
        .filter(|name| *name != "proxy_log")
        .collect();
    (!denied.is_empty()).then(|| {
        Finding::error("denied-at-start", subject.envoy, "calls the host before the first callback")
            .why("Envoy allows `proxy_log` and a few WASI functions there; any other ends in a trap, and the module does not load")
            .remedy("call it from `proxy_on_vm_start` or `proxy_on_configure`")
            .all(denied)
    })
}

/// Host calls from the start section, where there is no context yet.
fn too_early(subject: &Subject<'_, '_>) -> Option<Finding> {
    let called = certain(subject.module, subject.module.start?).imports;
    let called: Vec<&str> = called
        .iter()
        .filter_map(|import| subject.module.import_at(*import))
        .filter(|import| import.name.starts_with("proxy_") || NEED_CONTEXT.contains(&import.name))
        .map(|import| import.name)
        .collect();
    (!called.is_empty()).then(|| {
        Finding::error(
            "host-call-in-start-section",
            subject.envoy,
            "calls the host from its start section",
        )
        .why("no context exists yet when a start section runs: Envoy crashes")
        .remedy("export the function as `_initialize`, or call the host from a callback")
        .all(called)
    })
}
