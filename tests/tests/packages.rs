//! The crates that are meant for others can be published: `cargo package`, from a clean clone.
//!
//! A clone is a copy of what git knows of, in a folder of its own, so that no file can come from elsewhere. Three crates
//! are packed and then built from their packages as cargo does it. The host's package would have cargo compile wasmtime
//! again, for minutes, because a package's features are not those of the workspace. It is packed without, and its packed
//! sources take the place of its own in the clone, where its tests are compiled against what the workspace has built.
#![expect(clippy::unwrap_used, reason = "a test says what must hold by unwrapping it")]

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

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

    let sources = clone.path().join("host-tester/host/src");
    fs::remove_dir_all(&sources).unwrap();
    let packed = unpacked(&packages, "serinus-host");
    let copied = Command::new("cp").arg("-r").arg(packed.path().join("src")).arg(&sources).status();
    assert!(copied.unwrap().success());
    let compile = ["--test", "host", "--no-run"];
    cargo(clone.path(), &target(), &[&["test"][..], &WORKSPACE, &compile].concat());
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
