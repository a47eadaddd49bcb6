//! `serinus run` as a user meets it, and the scenarios that ship.
//!
//! After a change of the format: `SERINUS_BLESS=1 cargo test -p serinus-host --test run`.
#![expect(clippy::unwrap_used, reason = "a test says what must hold by unwrapping it")]

mod command;

use std::fs;
use std::path::{Path, PathBuf};

use command::{CommandOutput, command};
use serde_json::Value;
use serinus_cli::command::schema;

/// A filter that lets everything pass.
const PASSES: &str = r#"(module
  (memory (export "memory") 1)
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "proxy_on_memory_allocate") (param i32) (result i32) (i32.const 1024)))"#;

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        fs::write(folder.path("passes.wasm"), wat::parse_str(PASSES).unwrap()).unwrap();
        folder
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    fn run(&self, args: &[&str]) -> CommandOutput {
        command()
            .current_dir(self.0.path())
            .env_remove("SERINUS_FILTER")
            .env("SERINUS_CACHE", self.path("cache"))
            .arg("run")
            .args(args)
            .output()
            .unwrap()
            .into()
    }
}

const GOOD: &str = "scenario: all is well
plugins: [{ wasm: passes.wasm }]
clusters: { upstream: { status: 201, body: hello, latency: { min: 5ms, max: 50ms } } }
traffic: [{ rate: 100, users: 20, for: 2s }]
steps:
  - at: 1s
    request: { path: /a, headers: { x-user-id: u7 }, source: 10.0.0.9 }
    expect: { status: 201, cluster: upstream, sent: { x-user-id: u7 }, body: hello, attempts: 1, flags: [], within: 50ms }
expect:
  - { requests: { status: 201 }, min: 150, max: 250 }
  - { user: u3, cluster: upstream }
  - { failures: 0 }
";

const BAD: &str = "scenario: something is wrong
plugins: [{ wasm: passes.wasm }]
clusters: { upstream: [{ status: 200 }, { from: 1s, connect_fail: true }] }
steps:
  - { at: 2s, request: { path: /a }, expect: { status: 200, flags: [] } }
";

#[test]
fn a_scenario_that_holds_is_one_line() {
    let folder = Folder::new();
    folder.write("good.yaml", GOOD);
    let ran = folder.run(&["good.yaml"]);
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
    let lines: Vec<&str> = ran.out.lines().collect();
    assert!(lines[0].starts_with("passed all is well (10 expectations, "), "{}", ran.out);
    assert_eq!(lines[1..], ["1 passed"]);
}

#[test]
fn what_fails_is_shown_with_what_happened_and_where_it_stands() {
    let folder = Folder::new();
    folder.write("bad.yaml", BAD);
    let ran = folder.run(&["bad.yaml"]);
    assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""));
    for part in [
        "failed something is wrong (2 of 2 expectations",
        "bad.yaml:5:48: GET /a: status\n    expected 200\n    seen     503\n",
        "expected none\n    seen     UF\n",
        "stream 1 began: /a",
        "0 passed, 1 failed",
    ] {
        assert!(ran.err.contains(part), "{part}: {}", ran.err);
    }
}

#[test]
fn the_worst_of_several_counts_and_only_some_can_be_run() {
    let folder = Folder::new();
    folder.write("good.yaml", GOOD);
    folder.write("bad.yaml", BAD);
    folder.write("unsound.yaml", "scenario: x\nplugin: []\n");
    let all = folder.run(&["good.yaml", "bad.yaml", "unsound.yaml", "missing.yaml"]);
    assert_eq!(all.code, Some(2));
    assert!(all.err.contains("unsound.yaml:2:1: error: plugin: unknown key"), "{}", all.err);
    assert!(all.err.contains("1 passed, 1 failed, 2 could not be run"), "{}", all.err);
    assert_eq!(folder.run(&["good.yaml", "bad.yaml", "--only", "well"]).code, Some(0));
    assert_eq!(folder.run(&["good.yaml", "--only", "nothing like it"]).code, Some(2));
}

#[test]
fn a_rollout_in_place_of_a_scenario_is_one_mistake() {
    let folder = Folder::new();
    folder.write("rollout.yaml", "rollout: shop\nunit: [{ header: x-user-id }]\nkill: true\n");
    let ran = folder.run(&["rollout.yaml"]);
    assert_eq!(ran.code, Some(2));
    let errors = ran.err.matches("error: ").count();
    assert_eq!(errors, 1, "{}", ran.err);
    assert!(ran.err.starts_with("rollout.yaml:1:1: error: this is a rollout"), "{}", ran.err);
}

#[test]
fn a_module_that_is_missing_or_none_says_so() {
    let folder = Folder::new();
    folder.write("s.yaml", "scenario: x\nplugins: [{ name: a }]\n");
    folder.write("none.wasm", "text");
    let ran = folder.run(&["s.yaml", "--filter", "nowhere.wasm"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.err.contains("plugin `a`: there is no file nowhere.wasm"), "{}", ran.err);
    let ran = folder.run(&["s.yaml", "--filter", "none.wasm"]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.err.contains("none.wasm: not a valid WebAssembly module"), "{}", ran.err);
    assert_eq!(folder.run(&["s.yaml", "--filter", "passes.wasm"]).code, Some(0));
}

/// One that refuses every configuration.
const REFUSES: &str = r#"(module
  (memory (export "memory") 1)
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "proxy_on_memory_allocate") (param i32) (result i32) (i32.const 1024))
  (func (export "proxy_on_configure") (param i32 i32) (result i32) (i32.const 0)))"#;

#[test]
fn a_plugin_may_be_expected_to_refuse_its_configuration() {
    let folder = Folder::new();
    fs::write(folder.path("refuses.wasm"), wat::parse_str(REFUSES).unwrap()).unwrap();
    let scenario = |wasm: &str, expected: &str| {
        let plugins = format!("plugins: [{{ name: guest, wasm: {wasm} }}]");
        folder.write("s.yaml", &format!("scenario: a start\n{plugins}\n{expected}\n"));
        folder.run(&["s.yaml"])
    };
    let ran = scenario("refuses.wasm", "refused: guest");
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{}", ran.out);
    let ran = scenario("passes.wasm", "refused: guest");
    assert_eq!(ran.code, Some(1));
    assert!(ran.err.contains("every plugin started"), "{}{}", ran.out, ran.err);
    assert_eq!(scenario("refuses.wasm", "").code, Some(1));
    let ran = scenario("refuses.wasm", "refused: guest\nsteps: [{ request: {} }]");
    assert_eq!(ran.code, Some(2));
    assert!(ran.err.contains("nothing runs when a plugin refuses"), "{}", ran.err);
}

#[test]
fn the_same_seed_gives_the_same_json_and_another_seed_another() {
    let folder = Folder::new();
    folder.write("good.yaml", GOOD);
    let json = |seed| folder.run(&["good.yaml", "--format", "json", "--seed", seed]).out;
    assert_eq!(json("1"), json("1"));
    assert_ne!(json("1"), json("2"));
    let report: Value = serde_json::from_str(&json("3")).unwrap();
    let scenario = &report["scenarios"][0];
    assert_eq!((&report["version"], &scenario["seed"]), (&Value::from(1), &Value::from(3)));
    assert_eq!(scenario["result"], "passed");
}

#[test]
fn junit_goes_to_a_file() {
    let folder = Folder::new();
    folder.write("good.yaml", GOOD);
    folder.write("bad.yaml", BAD);
    let ran = folder.run(&["good.yaml", "bad.yaml", "--format", "junit", "--output", "r.xml"]);
    assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (Some(1), "", ""));
    let xml = fs::read_to_string(folder.path("r.xml")).unwrap();
    assert!(
        xml.starts_with("<?xml") && xml.contains("tests=\"12\"") && xml.contains("failures=\"2\""),
        "{xml}"
    );
}

#[test]
fn trace_tells_everything() {
    let folder = Folder::new();
    folder.write("bad.yaml", BAD);
    let ran = folder.run(&["bad.yaml", "--trace"]);
    assert!(ran.err.starts_with("1s upstream behaves otherwise\n"), "{}", ran.err);
    assert!(
        ran.err.contains("1s upstream behaves otherwise\n2s stream 1 began: /a\n"),
        "{}",
        ran.err
    );
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap()
}

#[test]
fn the_published_schema_is_current() {
    let file = root().join("examples/scenario.schema.json");
    if std::env::var_os("SERINUS_BLESS").is_some_and(|bless| bless == "1") {
        fs::write(&file, schema::scenario()).unwrap();
    }
    let same = fs::read_to_string(&file).unwrap() == schema::scenario();
    assert!(same, "{}: SERINUS_BLESS=1 cargo test -p serinus-host --test run", file.display());
}

/// The scenarios that ship, in the order of their names.
fn shipped() -> Vec<PathBuf> {
    let folder = fs::read_dir(root().join("tests/scenarios")).unwrap();
    let mut files: Vec<PathBuf> = folder.map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|end| end == "yaml"));
    files.sort();
    files
}

#[test]
fn the_scenarios_that_ship_are_sound_and_as_the_schema_says() {
    let schema: Value = serde_json::from_str(&schema::scenario()).unwrap();
    jsonschema::draft202012::meta::validate(&schema).map_err(|error| error.to_string()).unwrap();
    let schema = jsonschema::draft202012::new(&schema).unwrap();
    for file in shipped() {
        let name = file.display().to_string();
        let scenario =
            serinus_lab::rehearsal::read(&name).map_err(|error| error.to_string()).unwrap();
        let tree = serinus_lab::rollout_file::Document::read(&scenario.source).unwrap().value;
        let wrong: Vec<String> = schema.iter_errors(&tree).map(|error| error.to_string()).collect();
        assert!(wrong.is_empty(), "{name}: {wrong:?}");
    }
}

/// The Serinus filter, if it is built.
fn filter() -> Option<String> {
    let filter = std::env::var_os("SERINUS_FILTER").map(PathBuf::from);
    let built = root().join("target/dist/serinus-filter.wasm");
    let filter = filter.or_else(|| built.is_file().then_some(built));
    if filter.is_none() {
        eprintln!("skipped: no filter is built (make wasm)");
    }
    filter.map(|filter| filter.display().to_string())
}

/// Takes a day, which nobody has.
const DAY: &str = "a-day.yaml";

#[test]
fn the_scenarios_that_ship_hold_and_a_report_changes_nothing() {
    let Some(filter) = filter() else { return };
    let folder = Folder::new();
    let files = shipped().into_iter().filter(|file| !file.ends_with(DAY));
    let files: Vec<String> = files.map(|file| file.display().to_string()).collect();
    let mut args: Vec<&str> = files.iter().map(String::as_str).collect();
    args.extend(["--filter", &filter, "--format", "json"]);
    let ran = folder.run(&args);
    assert_eq!(ran.code, Some(0), "{}", ran.out);
    args.extend(["--report", "out.html"]);
    assert_eq!(folder.run(&args).out, ran.out);
    let page = fs::read_to_string(folder.path("out.html")).unwrap();
    assert_eq!(page.matches("<article").count(), files.len());
    assert!(page.contains("The guard stopped it") && page.contains("Promoted for good"));
    for title in ["Weight and state", "Failure rates", "Evidence against", "Latency"] {
        assert!(page.contains(&format!("<h4>{title}")), "{title}");
    }
    let ids: Vec<&str> =
        page.split(" id=").skip(1).filter_map(|rest| rest.split(['>', ' ']).next()).collect();
    let different: std::collections::BTreeSet<&&str> = ids.iter().collect();
    assert_eq!(different.len(), ids.len(), "{ids:?}");
}

/// The day with minutes in the place of its hours.
#[test]
fn a_day_holds_in_minutes() {
    let Some(filter) = filter() else { return };
    let folder = Folder::new();
    let day = fs::read_to_string(root().join("tests/scenarios").join(DAY)).unwrap();
    let mut short = day;
    for hours in ["24h", "23h", "6h", "4h", "3h"] {
        short = short.replace(hours, &hours.replace('h', "m"));
    }
    folder.write("day.yaml", &short);
    let ran = folder.run(&["day.yaml", "--filter", &filter]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
}

#[test]
fn a_report_of_what_cannot_run_says_so_and_one_that_cannot_be_written_is_no_run() {
    let folder = Folder::new();
    folder.write("bad.yaml", BAD);
    folder.write("unsound.yaml", "scenario: x\nplugin: []\n");
    let ran = folder.run(&["bad.yaml", "unsound.yaml", "--report", "out.html"]);
    assert_eq!(ran.code, Some(2));
    let page = fs::read_to_string(folder.path("out.html")).unwrap();
    assert!(page.contains("Failed: 2 of 2") && page.contains("unknown key"), "{page}");
    let ran = folder.run(&["bad.yaml", "--report", "no/such/folder.html"]);
    assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""));
    assert!(ran.err.contains("no/such/folder.html cannot be written"), "{}", ran.err);
}
