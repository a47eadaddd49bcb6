//! Whether Envoy serves what the module imports. One import that it does not serve keeps the module from loading,
//! called or not.

use super::Subject;
use super::missing::Origin;
use crate::abi::AbiVersion;
use crate::abi::envoy::Version;
use crate::abi::table::{self, HostFunction};
use crate::lint::finding::{Finding, shown};
use crate::lint::module::Signature;
use crate::lint::nearest::nearest;
use std::collections::{BTreeMap, BTreeSet};
use wasmparser::{Import, TypeRef};

type Names = BTreeSet<String>;

/// Imports, by what is wrong with them.
#[derive(Default)]
struct ImportFaults {
    missing: BTreeMap<Origin, Names>,
    too_new: BTreeMap<Version, Names>,
    other_abi: BTreeMap<&'static [AbiVersion], Names>,
    signature: BTreeMap<String, (Signature, Signature)>,
    tags: Names,
    tables: Names,
}

/// What is wrong with the imports.
pub(super) fn findings(subject: &Subject<'_, '_>) -> Vec<Finding> {
    let mut wrong = ImportFaults::default();
    for (index, import) in subject.module.imported() {
        match table::host_function(import.module, import.name) {
            Some(function) => wrong.served(subject, index, import, function),
            None => wrong.missing(import),
        }
    }
    for import in &subject.module.imports {
        match import.ty {
            TypeRef::Global(_) => wrong.missing(import),
            TypeRef::Tag(_) => drop(wrong.tags.insert(name(import))),
            TypeRef::Table(_) => drop(wrong.tables.insert(name(import))),
            TypeRef::Memory(_) | TypeRef::Func(_) | TypeRef::FuncExact(_) => {}
        }
    }
    wrong.told(subject)
}

impl ImportFaults {
    fn missing(&mut self, import: &Import<'_>) {
        self.missing.entry(Origin::of(import)).or_default().insert(name(import));
    }

    fn served(
        &mut self,
        subject: &Subject<'_, '_>,
        index: u32,
        import: &Import<'_>,
        function: &HostFunction,
    ) {
        let wants = subject.module.signature(index);
        let serves = Signature::new(function.params, function.results);
        if subject.abi.is_some_and(|abi| !function.abis.contains(&abi)) {
            self.other_abi.entry(function.abis).or_default().insert(name(import));
        } else if let Some(wants) = wants
            && wants != serves
        {
            self.signature.insert(name(import), (wants, serves));
        }
        if subject.envoy.before(function.since).is_some() {
            self.too_new.entry(function.since).or_default().insert(name(import));
        }
    }

    fn told(self, subject: &Subject<'_, '_>) -> Vec<Finding> {
        let envoy = subject.envoy;
        let mut findings: Vec<Finding> =
            self.missing.iter().map(|(origin, names)| missing(subject, *origin, names)).collect();
        findings.extend(
            self.too_new.iter().filter_map(|(since, names)| too_new(subject, *since, names)),
        );
        findings.extend(self.other_abi.iter().map(|(abis, names)| other_abi(subject, abis, names)));
        findings.extend(self.signature.iter().map(|(name, types)| signature(subject, name, types)));
        if !self.tags.is_empty() {
            findings.push(
                Finding::error("imported-tag", envoy, "imports an exception tag")
                    .why("Envoy has none, and aborts on the attempt to look")
                    .remedy("throw and catch within the module only, or build without exceptions")
                    .all(&self.tags),
            );
        }
        if !self.tables.is_empty() {
            findings.push(
                Finding::note("imported-table", envoy, "imports a table")
                    .why("Envoy makes an empty one: what the module does not put into it traps when called")
                    .all(&self.tables),
            );
        }
        findings
    }
}

fn missing(subject: &Subject<'_, '_>, origin: Origin, names: &Names) -> Finding {
    let near = names.iter().next().filter(|_| origin == Origin::ProxyFunction && names.len() == 1);
    let near = near.and_then(|name| {
        let known = table::ENV.iter().map(|function| function.name);
        nearest(name.trim_start_matches("env."), known)
    });
    let remedy =
        near.map_or_else(|| origin.remedy().to_owned(), |near| format!("did you mean `{near}`?"));
    Finding::error("missing-import", subject.envoy, origin.problem())
        .why("Envoy loads no module with an import that it does not serve, whether it is called or not")
        .remedy(remedy)
        .all(names)
}

fn too_new(subject: &Subject<'_, '_>, since: Version, names: &Names) -> Option<Finding> {
    let old = subject.envoy.before(since)?;
    let finding = Finding::error(
        "newer-import",
        old,
        format!("imports WASI functions that Envoy has from {since} on"),
    )
    .why("Envoy loads no module with an import that it does not serve, whether it is called or not")
    .remedy(format!(
        "run Envoy {since} or newer, or leave out what needs them (with Go: an older toolchain)"
    ))
    .all(names);
    Some(finding)
}

fn other_abi(subject: &Subject<'_, '_>, abis: &[AbiVersion], names: &Names) -> Finding {
    let declared = subject.abi.map_or_else(String::new, |abi| abi.to_string());
    let theirs: Vec<String> = abis.iter().map(AbiVersion::to_string).collect();
    let theirs = theirs.join(" and ");
    Finding::error(
        "other-abi-import",
        subject.envoy,
        format!("declares ABI {declared}, and imports functions of {theirs} only"),
    )
    .why("Envoy serves the functions of the declared ABI version only, so the module does not load")
    .remedy("use one version of the SDK throughout; a module linked from two has such leftovers")
    .all(names)
}

fn signature(
    subject: &Subject<'_, '_>,
    name: &str,
    (wants, serves): &(Signature, Signature),
) -> Finding {
    let wasi = name.ends_with(".path_link") || name.ends_with(".path_symlink");
    let remedy = if wasi {
        "Envoy's own declaration lacks an argument of WASI's: leave out what makes links"
    } else {
        "declare it as the ABI does; pointers and lengths are i32, so build for 32 bits"
    };
    Finding::error(
        "import-signature",
        subject.envoy,
        "imports a function by another signature than Envoy's",
    )
    .why(format!(
        "the module wants {}, Envoy serves {serves}; it does not load",
        shown(&wants.to_string())
    ))
    .remedy(remedy)
    .named(name)
}

fn name(import: &Import<'_>) -> String {
    format!("{}.{}", shown(import.module), shown(import.name))
}
