//! The demo as a user runs it, on a real Envoy: its first act, and its end by a signal.

use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

/// The demo with a folder of its own for what is temporary.
struct Demo {
    command: Command,
    tmp: tempfile::TempDir,
}

impl Demo {
    fn new(args: &[&str]) -> Result<Self> {
        let tmp = tempfile::tempdir()?;
        let mut command = Command::new(env!("CARGO_BIN_EXE_serinus-demo"));
        command.args(args).env("TMPDIR", tmp.path()).env_remove("SERINUS_KEEP");
        command.env("SERINUS_FILTER", serinus_rig::filter_path()?);
        command.env("ENVOY", serinus_rig::envoy_binary()?);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Ok(Self { command, tmp })
    }

    /// What it left in its folder, and which Envoys still use it.
    fn leftovers(&self) -> Result<Vec<PathBuf>> {
        let mut left: Vec<PathBuf> =
            self.tmp.path().read_dir()?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
        let ours = self.tmp.path().as_os_str().as_encoded_bytes().to_vec();
        for process in PathBuf::from("/proc").read_dir()? {
            let process = process?.path();
            // A process may be gone by now.
            let line = std::fs::read(process.join("cmdline")).unwrap_or_default();
            if line.windows(ours.len()).any(|part| part == ours) {
                left.push(process);
            }
        }
        Ok(left)
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn the_first_act_holds_and_says_so_for_a_program() -> Result<()> {
    let mut demo =
        Demo::new(&["--act", "1", "--failing", "100", "--plain", "--json", "--workers", "2"])?;
    let Output { status, stdout, stderr } = demo.command.output()?;
    let (json, story) = (text(&stdout), text(&stderr));
    ensure!(status.success(), "{status}\n{story}\n{json}");
    let summary: Value = serde_json::from_str(&json)?;
    assert_eq!(summary["held"], true, "{summary:#}");
    let act = &summary["acts"][0];
    assert_eq!(act["act"], "stopped");
    assert_eq!(act["crowd"]["stickiness_violations"], 0);
    assert!(act["canary_requests_from_first_failure"].as_u64().is_some_and(|n| n >= 5));
    assert!(story.contains("Serinus stops v2"), "{story}");
    assert!(!story.contains('\u{1b}') && !json.contains('\u{1b}'), "escape codes in a pipe");
    assert_eq!(demo.leftovers()?, Vec::<PathBuf>::new());
    Ok(())
}

#[test]
fn a_signal_ends_it_and_nothing_is_left() -> Result<()> {
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143), (Signal::HUP, 129)] {
        let mut demo = Demo::new(&["--act", "1", "--workers", "2"])?;
        let mut child = demo.command.stdout(Stdio::null()).spawn()?;
        let serving =
            || demo.leftovers().is_ok_and(|left| left.iter().any(|p| p.starts_with("/proc")));
        wait(serving).context("no Envoy came up")?;
        kill_process(Pid::from_child(&child), signal)?;
        let status = ended(&mut child)?;
        assert_eq!(status.code(), Some(code));
        assert_eq!(demo.leftovers()?, Vec::<PathBuf>::new(), "after {signal:?}");
    }
    Ok(())
}

#[test]
fn a_missing_part_is_one_line_and_code_2() -> Result<()> {
    let remedies = ["make wasm", "setup/envoy", "--features embedded"];
    for (variable, remedy) in ["SERINUS_FILTER", "ENVOY", "ENVOY"].into_iter().zip(remedies) {
        let mut demo = Demo::new(&[])?;
        let Output { status, stdout, stderr } = demo.command.env(variable, "/nowhere").output()?;
        let complaint = text(&stderr);
        assert_eq!((status.code(), stdout.as_slice()), (Some(2), &b""[..]));
        assert!(complaint.lines().count() == 1 && complaint.contains(remedy), "{complaint}");
    }
    Ok(())
}

#[cfg(not(feature = "embedded"))]
#[test]
fn a_build_without_the_embedded_host_says_how_to_have_it() -> Result<()> {
    let Output { status, stderr, .. } = Demo::new(&["--embedded"])?.command.output()?;
    let complaint = text(&stderr);
    assert_eq!(status.code(), Some(2));
    assert!(complaint.lines().count() == 1 && complaint.contains("--features embedded"));
    Ok(())
}

fn ended(child: &mut Child) -> Result<ExitStatus> {
    wait(|| child.try_wait().is_ok_and(|status| status.is_some())).context("it did not end")?;
    Ok(child.wait()?)
}

fn wait(mut until: impl FnMut() -> bool) -> Result<()> {
    let start = Instant::now();
    while !until() {
        ensure!(start.elapsed() < Duration::from_secs(60), "waited for a minute");
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}
