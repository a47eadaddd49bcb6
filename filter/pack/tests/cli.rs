//! The command: what it prints, writes and answers to the shell.
#![expect(clippy::unwrap_used, reason = "a test says what must hold by unwrapping it")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const FILTER: &str = r#"
(module
  (memory (export "memory") 1)
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "proxy_on_log"))
  (func (export "proxy_on_done") (result i32) (i32.const 1)))
"#;

/// A folder of this test's own, empty at the start.
fn folder(test: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).unwrap();
    path
}

fn pack(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_serinus-pack"))
        .current_dir(folder)
        .args(args)
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn writes_the_module_and_says_what_went() {
    let folder = folder("writes");
    fs::write(folder.join("in.wasm"), wat::parse_str(FILTER).unwrap()).unwrap();

    let output = pack(&folder, &["in.wasm", "deep/er/out.wasm"]);

    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let report = text(&output.stdout);
    let size = fs::metadata(folder.join("deep/er/out.wasm")).unwrap().len();
    assert!(report.contains("kept 3: memory proxy_abi_version_0_2_1 proxy_on_log"), "{report}");
    assert!(report.contains("dropped 1: proxy_on_done"), "{report}");
    assert!(report.contains(&format!("out.wasm: {size} bytes (0.1 KB)")), "{report}");
    assert_eq!(
        fs::read_dir(folder.join("deep/er")).unwrap().count(),
        1,
        "no temporary file is left"
    );
}

#[test]
fn a_failure_leaves_the_old_output_alone() {
    let folder = folder("failure");
    fs::write(folder.join("in.wasm"), "no module").unwrap();
    fs::write(folder.join("out.wasm"), "old").unwrap();

    let output = pack(&folder, &["in.wasm", "out.wasm"]);

    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).starts_with("serinus-pack: in.wasm: not a WebAssembly module"));
    assert_eq!(fs::read(folder.join("out.wasm")).unwrap(), b"old");
}

#[test]
fn the_exit_code_tells_a_bad_module_from_a_bad_call() {
    let folder = folder("codes");
    fs::write(folder.join("plain.wasm"), wat::parse_str("(module)").unwrap()).unwrap();

    assert_eq!(pack(&folder, &["plain.wasm", "out.wasm"]).status.code(), Some(1));
    assert_eq!(pack(&folder, &["absent.wasm", "out.wasm"]).status.code(), Some(2));
    assert_eq!(pack(&folder, &["plain.wasm"]).status.code(), Some(2));
}

#[test]
fn an_unwritable_output_is_named() {
    let folder = folder("unwritable");
    fs::write(folder.join("in.wasm"), wat::parse_str(FILTER).unwrap()).unwrap();
    fs::create_dir(folder.join("taken")).unwrap();

    let output = pack(&folder, &["in.wasm", "taken"]);

    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("cannot write taken"), "{}", text(&output.stderr));
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 2, "no temporary file is left");
}

#[test]
fn help_shows_an_example() {
    let output = pack(Path::new("."), &["--help"]);
    assert!(text(&output.stdout).contains("Example:\n  serinus-pack target/"));
}
