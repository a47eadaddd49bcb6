//! What no compiler checks: which crate may import which, what may end up in the filter, and under which licences.
//!
//! The tables are at the top. A failure names the crate, what it did, and the table to change if it was meant.
#![expect(clippy::unwrap_used, reason = "a test says what must hold by unwrapping it")]

use std::collections::{BTreeMap, BTreeSet};
use std::iter::Peekable;
use std::process::Command;

use serde_json::Value;

/// Which workspace crates a crate may import, for its tests too. Imports run one way, so that the logic knows nothing
/// of the proxy, and the host reads the filter only as a file.
const IMPORTS: &[(&str, Imports)] = &[
    ("serinus-core", Imports::Only(&[])),
    ("serinus-filter", Imports::Only(&["serinus-core", "serinus-interpreter"])),
    ("serinus-host", Imports::Only(&[])),
    ("serinus-lab", Imports::Only(&["serinus-core", "serinus-host", "serinus-interpreter"])),
    ("serinus-cli", Imports::Only(&["serinus-core", "serinus-host", "serinus-lab"])),
    ("serinus-policy", Imports::Only(&["serinus-core"])),
    ("business-kpi", A_POLICY),
    ("error-budget", A_POLICY),
    ("freeze-window", A_POLICY),
    ("latency-quantiles", A_POLICY),
    ("manual-approval", A_POLICY),
    ("score", A_POLICY),
    ("serinus-interpreter", Imports::Only(&["serinus-core"])),
    ("serinus-numbers", Imports::Only(&["serinus-core"])),
    ("serinus-rig", Imports::Only(&[])),
    ("serinus-tests", Imports::Any),
    ("serinus-demo", Imports::Any),
    ("token-check", Imports::Only(&["serinus-host"])),
];

/// A policy is written as its author elsewhere would write it.
const A_POLICY: Imports = Imports::Only(&["serinus-policy"]);

enum Imports {
    Only(&'static [&'static str]),
    Any,
}

/// What may be linked into the filter: every byte of it is loaded by every worker of every proxy.
const IN_THE_FILTER: &[&str] = &[
    "base64ct",
    "block-buffer",
    "cfg-if",
    "crypto-common",
    "digest",
    "generic-array",
    "hashbrown",
    "hmac",
    "itoa",
    "libm",
    "memchr",
    "regex-lite",
    "serde",
    "serde_core",
    "serde_json",
    "serinus-core",
    "serinus-filter",
    "sha1",
    "sha2",
    "subtle",
    "typenum",
    "zmij",
];

/// What is linked besides into the filter that runs policies, and into no other.
const IN_THE_POLICIES_FILTER: &[&str] = &[
    "bitflags",
    "equivalent",
    "foldhash",
    "indexmap",
    "serinus-interpreter",
    "spin",
    "string-interner",
    "wasmi",
    "wasmi_collections",
    "wasmi_core",
    "wasmi_ir",
    "wasmparser",
];

/// Licences that ask for no more than their notice.
const LICENCES: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "ISC",
    "MIT",
    "MIT-0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

#[test]
fn imports_run_one_way() {
    let metadata = metadata();
    let members = members(&metadata);
    let names: BTreeSet<&str> = members.iter().map(|package| text(package, "name")).collect();

    let wrong: Vec<String> =
        members.iter().flat_map(|package| wrong_imports(package, &names)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn wrong_imports(package: &Value, members: &BTreeSet<&str>) -> Vec<String> {
    let name = text(package, "name");
    let Some((_, allowed)) = IMPORTS.iter().find(|(known, _)| *known == name) else {
        return vec![format!("{name} is new: say in IMPORTS ({}) what it may import", file!())];
    };
    let Imports::Only(allowed) = allowed else {
        return Vec::new();
    };
    let imports = list(package, "dependencies").iter().map(|dependency| text(dependency, "name"));
    imports
        .filter(|import| members.contains(import) && !allowed.contains(import))
        .map(|import| {
            format!(
                "{name} imports {import}, but may import only {allowed:?} (IMPORTS, {})",
                file!()
            )
        })
        .collect()
}

#[test]
fn the_filter_links_only_what_was_weighed() {
    links_only("lean", &[], IN_THE_FILTER);
    let both = [IN_THE_FILTER, IN_THE_POLICIES_FILTER].concat();
    links_only("policies", &["--features=policies"], &both);
}

fn links_only(build: &str, features: &[&str], allowed: &[&str]) {
    // Not from the metadata: there the features of the whole workspace are united, and those pull in more.
    let tree = [
        "tree",
        "--locked",
        "--package=serinus-filter",
        "--target=wasm32-unknown-unknown",
        "--edges=normal,no-proc-macro",
        "--prefix=none",
        "--format={p}",
    ];
    let tree = cargo(&[&tree[..], features].concat());
    let linked =
        tree.lines().filter_map(|line| line.split(' ').next()).filter(|name| !name.is_empty());

    let unknown: BTreeSet<&str> = linked.filter(|name| !allowed.contains(name)).collect();
    assert!(
        unknown.is_empty(),
        "new in the {build} filter: {unknown:?}; see who imports them with `cargo tree -p serinus-filter --target \
         wasm32-unknown-unknown -i CRATE`, weigh what `make wasm` says, then drop them or add them to its table ({})",
        file!()
    );
}

#[test]
fn a_command_without_its_feature_run_compiles_no_webassembly_compiler() {
    let lean =
        ["tree", "--locked", "--package=serinus-cli", "--edges=normal,build", "--prefix=none"];
    let compiler = |tree: &str| {
        tree.lines()
            .filter(|line| line.starts_with("wasmtime") || line.starts_with("cranelift"))
            .count()
    };
    assert_ne!(compiler(&cargo(&lean)), 0);
    assert_eq!(compiler(&cargo(&[&lean[..], &["--no-default-features"]].concat())), 0);
}

#[test]
fn every_dependency_is_permissively_licensed() {
    let metadata = metadata();
    let mut wrong = BTreeMap::new();
    for package in list(&metadata, "packages") {
        let licence = package.get("license").and_then(Value::as_str).unwrap_or("no licence");
        if !permits(licence) {
            wrong
                .insert(format!("{} {}", text(package, "name"), text(package, "version")), licence);
        }
    }
    assert!(wrong.is_empty(), "not known to be permissive (LICENCES, {}): {wrong:#?}", file!());
}

#[test]
fn a_licence_expression_is_read_as_cargo_means_it() {
    for good in [
        "MIT",
        "MIT-0",
        "MIT/Apache-2.0",
        "GPL-3.0 OR MIT",
        "(MIT OR GPL-3.0) AND Unicode-3.0",
        "Apache-2.0 WITH LLVM-exception OR GPL-2.0",
        "GPL-2.0 AND MIT OR ISC",
    ] {
        assert!(permits(good), "{good}");
    }
    for bad in [
        "",
        "no licence",
        "GPL-3.0",
        "MIT AND GPL-3.0",
        "(MIT OR ISC) AND GPL-3.0",
        "MIT AND (GPL-2.0 OR GPL-3.0)",
    ] {
        assert!(!permits(bad), "{bad}");
    }
}

/// Whether an SPDX expression leaves a choice that needs only `LICENCES`. The older `/` means OR.
fn permits(expression: &str) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    any_of(&mut spaced.split_whitespace().peekable())
}

fn any_of<'a>(tokens: &mut Peekable<impl Iterator<Item = &'a str>>) -> bool {
    let mut permitted = all_of(tokens);
    while tokens.next_if_eq(&"OR").is_some() {
        permitted |= all_of(tokens);
    }
    permitted
}

fn all_of<'a>(tokens: &mut Peekable<impl Iterator<Item = &'a str>>) -> bool {
    let mut permitted = one(tokens);
    while tokens.next_if_eq(&"AND").is_some() {
        permitted &= one(tokens);
    }
    permitted
}

fn one<'a>(tokens: &mut Peekable<impl Iterator<Item = &'a str>>) -> bool {
    if tokens.next_if_eq(&"(").is_some() {
        let permitted = any_of(tokens);
        tokens.next();
        return permitted;
    }
    let permitted = tokens.next().is_some_and(|licence| LICENCES.contains(&licence));
    // An exception only ever takes conditions away.
    if tokens.next_if_eq(&"WITH").is_some() {
        tokens.next();
    }
    permitted
}

fn metadata() -> Value {
    serde_json::from_str(&cargo(&["metadata", "--format-version=1", "--locked"])).unwrap()
}

fn cargo(args: &[&str]) -> String {
    let output = Command::new(env!("CARGO"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(args)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "cargo {}: {}",
        args.join(" "),
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

fn members(metadata: &Value) -> Vec<&Value> {
    let ids = list(metadata, "workspace_members");
    list(metadata, "packages").iter().filter(|package| ids.contains(&package["id"])).collect()
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().unwrap()
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap()
}
