//! `examples/custom-policy`: its commands, one after the other, print what its README says.
#![expect(clippy::unwrap_used, reason = "a test says what must hold by unwrapping it")]

use std::path::Path;
use std::process::Command;

/// The `sh` blocks of the README, each with what is shown after it.
fn steps(readme: &str) -> Vec<(String, String)> {
    let mut steps: Vec<(String, String)> = Vec::new();
    for block in readme.split("```").skip(1).step_by(2) {
        match block.split_once('\n') {
            Some(("sh", script)) => steps.push((script.into(), String::new())),
            Some(("text", shown)) => steps.last_mut().unwrap().1 = shown.into(),
            _ => assert_eq!(block, "", "a block that is neither sh nor text"),
        }
    }
    steps
}

/// Bytes, fuel and hashes are those of one compiler.
fn without_numbers(text: &str) -> String {
    let words = text.split_inclusive([' ', '\n']).map(|word| {
        let trimmed = word.trim_end().trim_end_matches([',', ')']);
        let hash = trimmed.len() == 64 && trimmed.bytes().all(|b| b.is_ascii_hexdigit());
        let number =
            trimmed.contains(',') && trimmed.bytes().all(|b| b.is_ascii_digit() || b == b',');
        if hash || number { word.replace(trimmed, "N") } else { word.to_owned() }
    });
    words.collect()
}

/// `serinus` first on PATH, and the cargo that this machine has for wasm32.
fn run(script: &str, folder: &Path) -> String {
    let serinus = Path::new(env!("CARGO_BIN_EXE_serinus")).parent().unwrap();
    let path = format!("{}:{}", serinus.display(), std::env::var("PATH").unwrap());
    let cargo = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../setup/cargo-wasm");
    let mut bash = Command::new("bash");
    bash.args(["-euo", "pipefail", "-c", script]).current_dir(folder);
    bash.env("PATH", path).env("SERINUS_WASM_CARGO", cargo);
    let output = bash.output().unwrap();
    assert!(output.status.success(), "{script}\n{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_readme_of_the_custom_policy_is_true() {
    let readme =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/custom-policy/README.md");
    let steps = steps(&std::fs::read_to_string(readme).unwrap());
    assert_eq!(steps.len(), 7);
    let folder = tempfile::tempdir().unwrap();
    // A target folder of the crate's own, as an author has it.
    let mut inside = folder.path().to_owned();
    for (script, shown) in steps {
        let printed = run(&script, &inside);
        assert_eq!(without_numbers(&printed), without_numbers(&shown), "{script}");
        if script.contains("\ncd ") {
            inside.push("median-wait");
        }
    }
}
