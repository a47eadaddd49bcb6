//! How the policies of these tests are made.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use serinus_lab::policy::build::{Built, Cargo, build, encode};
use serinus_lab::policy::engines::Engines;
use serinus_lab::policy::inspect::acceptable;
use serinus_lab::policy::{Limits, Runtime};
use serinus_rig::workspace_root;
use wit_bindgen_core::wit_parser::{Resolve, WorldId};
use wit_component::{StringEncoding, embed_component_metadata};

pub static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::cached().unwrap());

/// The policies that ship, by the names of their folders.
pub const SHIPPED: [&str; 6] = [
    "business-kpi",
    "error-budget",
    "freeze-window",
    "latency-quantiles",
    "manual-approval",
    "score",
];

/// Enough for whatever random snapshots ask of a policy that ships.
pub const AMPLE: Limits =
    Limits { fuel: 50_000_000, memory: 1 << 20, deadline: std::time::Duration::from_secs(20) };

/// A policy that ships, built as `make wasm` builds it.
pub fn shipped(name: &str) -> Built {
    let cargo = Cargo::script(workspace_root().join("setup/cargo-wasm"));
    build(&workspace_root().join("policies").join(name), &cargo, &RUNTIME).unwrap()
}

/// A component on both engines, if `check` finds nothing in it.
pub fn engines(component: &[u8], limits: Limits) -> Engines {
    let sound = acceptable(component, &RUNTIME).unwrap();
    Engines::load(component, &sound, limits, &RUNTIME).unwrap()
}

/// The contract, for tools that read WIT.
pub fn contract() -> (Resolve, WorldId) {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_path(workspace_root().join("policies/wit")).unwrap();
    let world = resolve.select_world(&[package], Some("policy")).unwrap();
    (resolve, world)
}

/// A component of a module that knows nothing of components.
pub fn component(mut module: Vec<u8>) -> Vec<u8> {
    let (resolve, world) = contract();
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    encode(&module).unwrap()
}

/// `tests/policies`.
pub fn folder() -> PathBuf {
    workspace_root().join("tests/policies")
}

pub fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}
