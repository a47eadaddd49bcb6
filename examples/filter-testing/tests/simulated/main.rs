//! The filter on a simulated Envoy: the module that is shipped, with workers, time and chance under control.
#![allow(clippy::unwrap_used, reason = "a test says what must hold by unwrapping it")]

mod check;
mod races;

use serinus_host::engine::{Engine, EngineOptions};
use serinus_host::filter::Filter;
use serinus_host::proxy::{Builder, Plugin, Proxy, Request};
use serinus_host::upstream::{Behaviour, Cluster, Route};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// Builds the module as it is shipped.
fn module() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    // Serinus has a script that finds a compiler with the target. Elsewhere cargo does.
    let script = folder.join("../../setup/cargo-wasm");
    let (mut build, target) = if script.exists() {
        let said = Command::new(&script).arg("target-dir").output().unwrap();
        (Command::new(script), PathBuf::from(String::from_utf8(said.stdout).unwrap().trim()))
    } else {
        let mut cargo = Command::new("cargo");
        cargo.env("CARGO_BUILD_TARGET", "wasm32-unknown-unknown");
        (cargo, folder.join("target/wasm32-unknown-unknown"))
    };
    let built = build.args(["build", "--quiet", "--release", "--lib"]).current_dir(folder).status();
    assert!(built.unwrap().success(), "the filter does not compile");
    target.join("release/token_check.wasm")
}

/// The module, compiled once for all tests of the process.
fn filter() -> &'static Filter {
    static FILTER: OnceLock<Filter> = OnceLock::new();
    FILTER.get_or_init(|| {
        let engine = Engine::new(&EngineOptions::cached()).unwrap();
        Filter::load(&engine, module()).unwrap()
    })
}

/// A proxy with the filter in front of `shop`, and an authorisation cluster that knows every token.
fn proxy(config: &str) -> Builder {
    Proxy::builder()
        .plugin(Plugin::new(filter()).name("token-check").config(config.to_owned()))
        .route(Route::to("shop"))
        .cluster("shop", Cluster::new(Behaviour::body("welcome")))
        .cluster("authz", Cluster::new(Behaviour::status(200)))
}

/// A request of somebody with a token.
fn with_token(token: &str) -> Request {
    Request::get("/").header("authorization", token)
}
