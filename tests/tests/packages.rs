//! The crates that are meant for others can be published: `cargo package`, from a clean clone.
//!
//! A clone is a copy of what git knows of, in a folder of its own, so that no file can come from elsewhere. Three crates
//! are packed and then built from their packages as cargo does it. The host's package would have cargo compile wasmtime
//! again, for minutes, because a package's features are not those of the workspace. It is packed without, and its packed
//! sources are compiled against the dependencies that the workspace has compiled.
#![expect(clippy::unwrap_used, reason = "a test says what must hold by unwrapping it")]

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use serinus_rig::workspace_root;
use tempfile::TempDir;

/// The crates that others use, and where they are.
const PUBLISHED: [(&str, &str); 4] = [
    ("serinus-core", "filter/core"),
    ("serinus-interpreter", "filter/interpreter"),
    ("serinus-policy", "policies/sdk"),
    ("serinus-host", "host-tester/host"),
];

/// As the Makefile selects the workspace, so that what it has built serves here, too.
const WORKSPACE: [&str; 6] = [
    "--locked",
    "--workspace",
    "--exclude",
    "serinus-filter",
    "--features",
    "serinus-demo/embedded",
];

/// What git knows of, in a folder of its own.
fn clone() -> TempDir {
    let folder = TempDir::new().unwrap();
    let mut list = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard", "--deduplicate", "-z"])
        .current_dir(workspace_root())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut pack = Command::new("tar")
        .args(["--null", "--files-from=-", "--ignore-failed-read", "--create"])
        .current_dir(workspace_root())
        .stdin(list.stdout.take().unwrap())
        .stderr(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let unpack = Command::new("tar")
        .args([OsStr::new("--extract"), OsStr::new("-C"), folder.path().as_os_str()])
        .stdin(pack.stdout.take().unwrap())
        .status();
    assert!(unpack.unwrap().success());
    assert!(list.wait().unwrap().success());
    // Files that are deleted and not yet committed are no failure.
    pack.wait().unwrap();
    folder
}

/// Runs cargo in a clone; what it says is part of the failure.
fn cargo(clone: &Path, target: &Path, arguments: &[&str]) {
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .current_dir(clone)
        .env("CARGO_TARGET_DIR", target)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo {}\n{said}", arguments.join(" "));
}

/// The workspace's target folder.
fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| workspace_root().join("target"), PathBuf::from)
}

/// The packed files of a crate, unpacked.
fn unpacked(packages: &Path, name: &str) -> TempDir {
    let folder = TempDir::new().unwrap();
    let file = packages.join("package").join(format!("{name}-0.1.0.crate"));
    let mut tar = Command::new("tar");
    tar.args(["--extract", "--gzip", "--strip-components=1", "-C"]).arg(folder.path());
    assert!(tar.arg("--file").arg(file).status().unwrap().success());
    folder
}

#[test]
fn what_is_meant_for_others_can_be_packed_from_a_clean_clone() {
    let clone = clone();
    let packages = target().join("packages");
    let built = ["-p", "serinus-core", "-p", "serinus-interpreter", "-p", "serinus-policy"];
    let package = ["package", "--locked"];
    cargo(clone.path(), &packages, &[&package[..], &built].concat());
    let host = ["--no-verify", "-p", "serinus-host"];
    cargo(clone.path(), &packages, &[&package[..], &host].concat());

    for (name, folder) in PUBLISHED {
        let packed = unpacked(&packages, name);
        let manifest = fs::read_to_string(packed.path().join("Cargo.toml")).unwrap();
        for key in ["description", "license", "readme", "keywords", "categories", "rust-version"] {
            assert!(manifest.contains(&format!("\n{key} = ")), "{name} does not say its {key}");
        }
        assert!(!manifest.contains("\npath = \"..") && !manifest.contains("publish = false"));
        for file in ["README.md", "LICENSE"] {
            let text = fs::read_to_string(packed.path().join(file)).unwrap();
            assert!(text.len() > 100, "{name} has no {file}");
        }
        reads_nothing_of_others(&packed.path().join("src"), folder);
    }
    let sdk = unpacked(&packages, "serinus-policy");
    let contract = fs::read(sdk.path().join("wit/policy.wit")).unwrap();
    assert_eq!(contract, fs::read(workspace_root().join("policies/wit/policy.wit")).unwrap());

    compiles(&unpacked(&packages, "serinus-host"));
}

/// The packed host compiles. Its dependencies are those that cargo has compiled for this workspace, because a cargo of
/// its own would compile wasmtime again, for minutes; nothing is written into the workspace's target folder.
fn compiles(host: &TempDir) {
    let externs = dependencies_of("serinus-host");
    let folder = externs[0].1.parent().unwrap();
    let mut rustc = Command::new("rustc");
    rustc.args(["--crate-name=serinus_host", "--crate-type=lib", "--edition=2024"]);
    rustc.args(["--emit=metadata", "--cfg=feature=\"runtime\"", "--cap-lints=allow"]);
    rustc.arg("--out-dir").arg(host.path()).arg("-L").arg(folder);
    for (name, file) in &externs {
        rustc.arg("--extern").arg(format!("{name}={}", file.display()));
    }
    let output = rustc.arg(host.path().join("src/lib.rs")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// What a crate of the workspace names in its code, and the file that cargo has compiled for it.
fn dependencies_of(name: &str) -> Vec<(String, PathBuf)> {
    let metadata = printed(&["metadata", "--locked", "--format-version=1"]);
    let metadata: Value = serde_json::from_str(&metadata).unwrap();
    let build = ["--test", "packages", "--no-run", "--message-format=json"];
    let built = printed(&[&["test"][..], &WORKSPACE, &build].concat());
    let built: Vec<Value> =
        built.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let file = |package: &Value| {
        let its = built.iter().filter(|message| message["package_id"] == *package);
        let files = its.filter_map(|message| message["filenames"].as_array()).flatten();
        let mut files = files.filter_map(Value::as_str);
        files.find(|file| file.ends_with(".rlib") || file.ends_with(".so")).map(PathBuf::from)
    };
    let nodes = metadata["resolve"]["nodes"].as_array().unwrap();
    let its =
        |node: &&Value| node["id"].as_str().is_some_and(|id| id.contains(&format!("#{name}@")));
    let node = nodes.iter().find(its).unwrap();
    let normal = |dependency: &&Value| {
        dependency["dep_kinds"].as_array().unwrap().iter().any(|kind| kind["kind"].is_null())
    };
    let dependencies = node["deps"].as_array().unwrap().iter().filter(normal);
    let named = |dependency: &Value| {
        let name = dependency["name"].as_str().unwrap().to_owned();
        let file = file(&dependency["pkg"]);
        assert!(file.is_some(), "cargo has compiled nothing for {name}");
        (name, file.unwrap())
    };
    dependencies.map(named).collect()
}

/// What cargo prints in this workspace.
fn printed(arguments: &[&str]) -> String {
    let output =
        Command::new(env!("CARGO")).args(arguments).current_dir(workspace_root()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// No source reads a file outside of its own package while it is compiled.
fn reads_nothing_of_others(sources: &Path, folder: &str) {
    for entry in fs::read_dir(sources).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            reads_nothing_of_others(&path, folder);
            continue;
        }
        let Ok(text) = fs::read_to_string(&path) else { continue };
        let reads = ["include_str!(", "include_bytes!(", "include!(", "path: \"", "#[path"];
        let outside = |line: &&str| {
            let line = line.trim_start();
            let code =
                !line.starts_with("//") || line.starts_with("///") || line.starts_with("//!");
            let up = format!("{}../", "../".repeat(depth(&path)));
            code && reads.iter().any(|read| line.contains(read)) && line.contains(&up)
        };
        let found: Vec<&str> = text.lines().filter(outside).collect();
        assert!(found.is_empty(), "{folder}: {}: {found:?}", path.display());
    }
}

/// How many folders a file is below its package.
fn depth(path: &Path) -> usize {
    let below = path.components().rev().skip(1).take_while(|part| part.as_os_str() != "src");
    below.count() + 1
}
