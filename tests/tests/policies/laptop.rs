//! A rollout that names its policy by path, in `serinus run` and `serinus replay`: it goes to the filter as `serinus
//! render` would deliver it.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use crate::make::shipped;
use serinus_cli::cli::{Format, Outcomes, ReplayArgs, Slower};
use serinus_cli::command::replay;
use serinus_cli::exit::Exit;
use serinus_lab::rehearsal;
use serinus_lab::scenario::{Options, Outcome, RunError, Runner, Scenario, ScenarioError};
use serinus_rig::{filter_path, policies_filter_path};
use tempfile::TempDir;

const ROLLOUT: &str = "rollout: checkout
unit: [{ header: x-user-id }]
stages: [{ weight: 50%, min_time: 2s }, { weight: 100%, watch: 1h }]
gates: []
policy: { file: policies/approval.wasm, params: { stages: 1, by: ana } }
";

const SCENARIO: &str = "scenario: it was approved
clusters: { baseline: { status: 200 }, canary: { status: 200 } }
traffic: [{ rate: 20, users: 50, for: 6s }]
expect:
  - { verdict: promote, rollout: checkout, by: 5s }
  - { failures: 0 }
";

/// A scenario beside the folder of its rollout, which is beside that of its policy.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| {
        let file = folder.path().join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, bytes).unwrap();
    };
    write("live/rollout.yaml", ROLLOUT.as_bytes());
    write("live/policies/approval.wasm", &shipped("manual-approval").component);
    write("named.yaml", format!("{SCENARIO}rollout: live/rollout.yaml\n").as_bytes());
    let rollout = ROLLOUT.replace("policies/", "live/policies/").replace('\n', "\n  ");
    write("whole.yaml", format!("{SCENARIO}rollout:\n  {}\n", rollout.trim_end()).as_bytes());
    folder
}

fn read(file: &Path) -> Result<Scenario, ScenarioError> {
    rehearsal::read(&file.display().to_string())
}

fn run(scenario: &Scenario, filter: PathBuf) -> Result<Outcome, RunError> {
    let options = Options { filter: Some(filter), ..Options::default() };
    Runner::new().unwrap().run(scenario, &options, &mut ())
}

fn replayed(folder: &Path, filter: PathBuf) -> (Exit, String, String) {
    let log = (0..60).fold(String::new(), |mut log, i| {
        let second = 1_767_603_600.0 + f64::from(i) / 10.0;
        let _ = writeln!(log, r#"{{"started":"{second}","user":"u{i}","request":"GET /","code":200,"flags":"-","duration":5}}"#);
        log
    });
    fs::write(folder.join("access.log"), log).unwrap();
    let name = |file: &str| folder.join(file).display().to_string();
    let args = ReplayArgs {
        rollout: name("live/rollout.yaml"),
        logs: vec![name("access.log")],
        format: Format::Text,
        report: None,
        seed: 1,
        canary: Outcomes::AsLogged,
        canary_errors: 0.0,
        canary_latency: Slower::Same,
        canary_cluster: "canary".to_owned(),
        header: vec![("x-user-id".to_owned(), "user".to_owned())],
        filter: Some(filter),
        expect: None,
    };
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let exit = replay::run(&args, &mut out, &mut err).unwrap();
    (exit, String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
}

#[test]
fn a_rollout_that_names_its_policy_is_played_with_it() {
    let folder = folder();
    for name in ["named.yaml", "whole.yaml"] {
        let scenario = read(&folder.path().join(name)).unwrap();
        let outcome = run(&scenario, policies_filter_path().unwrap()).unwrap();
        assert!(outcome.passed(), "{name}: {:#?}", outcome.results);
    }
    let (exit, out, err) = replayed(folder.path(), policies_filter_path().unwrap());
    assert_eq!((exit, err.as_str()), (Exit::Good, ""), "{out}");
    assert!(out.contains("Promoted from 50% to 100%"), "{out}");
}

#[test]
fn the_lean_filter_names_the_build_to_use() {
    let folder = folder();
    let named = "this filter has no policy interpreter; use serinus-filter-policies.wasm";
    let scenario = read(&folder.path().join("named.yaml")).unwrap();
    let error = run(&scenario, filter_path().unwrap()).unwrap_err();
    assert!(error.to_string().contains(named), "{error}");
    let (exit, _, err) = replayed(folder.path(), filter_path().unwrap());
    assert_eq!(exit, Exit::Unusable);
    assert!(err.contains(named), "{err}");
}

#[test]
fn a_policy_that_is_missing_or_refuses_its_parameters_is_told_on_its_line() {
    let folder = folder();
    let said = |from: &str, to: &str| {
        for file in ["live/rollout.yaml", "whole.yaml"] {
            let file = folder.path().join(file);
            fs::write(&file, fs::read_to_string(&file).unwrap().replace(from, to)).unwrap();
        }
        let run = |name: &str| read(&folder.path().join(name)).unwrap_err().to_string();
        let (exit, _, replayed) = replayed(folder.path(), policies_filter_path().unwrap());
        assert_eq!(exit, Exit::Unusable);
        [run("named.yaml"), run("whole.yaml"), replayed]
    };
    for (text, line) in said("stages: 1", "stages: many").into_iter().zip([5, 12, 5]) {
        assert!(text.contains(&format!(".yaml:{line}:")) && text.contains("stages"), "{text}");
    }
    for (text, line) in said("approval.wasm", "none.wasm").into_iter().zip([5, 12, 5]) {
        let missing = text.contains("policy.file:") && text.contains("none.wasm: No such file");
        assert!(missing && text.contains(&format!(".yaml:{line}:")), "{text}");
    }
}
