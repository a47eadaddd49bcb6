//! The same source gives the same filter, byte for byte, wherever it is built: who builds a release anew can hold its
//! digest against the published one.
//!
//! The filter under test is one build. The other is made here, of a copy of the workspace in another folder, with a
//! target folder of its own and the registry's crates under another path.
#![expect(clippy::unwrap_used, reason = "a test says what must hold by unwrapping it")]

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use serinus_rig::{filter_path, workspace_root};

#[test]
fn another_folder_gives_the_same_filter() {
    let temporary = tempfile::tempdir().unwrap();
    let copy = temporary.path().join("a/much/deeper/folder/than/the/workspace/is/in/anywhere");
    let cargo_home = temporary.path().join("cargo");
    copy_workspace(&copy);
    symlink(real_cargo_home(), &cargo_home).unwrap();

    let built = Command::new("make")
        .args(["--silent", "filter"])
        .current_dir(&copy)
        .env_remove("CARGO_TARGET_DIR")
        .env_remove("MAKEFLAGS")
        .env("CARGO_HOME", &cargo_home)
        .output()
        .unwrap();
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));

    let here = fs::read(filter_path().unwrap()).unwrap();
    let there = fs::read(copy.join("target/dist/serinus-filter.wasm")).unwrap();
    if let Some(difference) = difference(&here, &there) {
        panic!("the filter depends on the folder that it is built in: {difference}");
    }
    for path in [&workspace_root(), &copy, &cargo_home, &real_cargo_home(), &sysroot()] {
        assert!(!contains(&here, path.as_os_str()), "the filter names {}", path.display());
    }
}

/// What git knows of the workspace, as it is now, and what `setup/` has fetched.
fn copy_workspace(to: &Path) {
    let listed = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(workspace_root())
        .output()
        .unwrap();
    assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
    for name in listed.stdout.split(|byte| *byte == 0).filter(|name| !name.is_empty()) {
        let name = Path::new(OsStr::from_bytes(name));
        let from = workspace_root().join(name);
        // Deleted, and not committed yet.
        if !from.is_file() {
            continue;
        }
        fs::create_dir_all(to.join(name).parent().unwrap()).unwrap();
        fs::copy(from, to.join(name)).unwrap();
    }
    fs::create_dir(to.join("target")).unwrap();
    symlink(workspace_root().join("target/setup"), to.join("target/setup")).unwrap();
}

fn real_cargo_home() -> PathBuf {
    let home = || PathBuf::from(env::var_os("HOME").unwrap()).join(".cargo");
    env::var_os("CARGO_HOME").map_or_else(home, PathBuf::from)
}

fn sysroot() -> PathBuf {
    let printed = Command::new("rustc").args(["--print", "sysroot"]).output().unwrap();
    PathBuf::from(String::from_utf8(printed.stdout).unwrap().trim())
}

fn contains(module: &[u8], path: &OsStr) -> bool {
    module.windows(path.len()).any(|window| window == path.as_bytes())
}

/// How many bytes differ, and what is at the first of them in each.
fn difference(here: &[u8], there: &[u8]) -> Option<String> {
    if here == there {
        return None;
    }
    let differing = here.iter().zip(there).filter(|(one, other)| one != other).count();
    let shorter = here.len().min(there.len());
    let first = here.iter().zip(there).position(|(one, other)| one != other).unwrap_or(shorter);
    let around = |module: &[u8]| {
        let end = module.len().min(first + 80);
        module[first.saturating_sub(40)..end].escape_ascii().to_string()
    };
    Some(format!(
        "{} and {} bytes, {differing} of the first {shorter} differ, first byte {first}:\nhere:  {}\nthere: {}",
        here.len(),
        there.len(),
        around(here),
        around(there)
    ))
}
