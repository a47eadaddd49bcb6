//! `serinus replay` as a user meets it.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test says what must hold by unwrapping it"
)]

mod command;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use command::{CommandOutput, command};
use serde_json::{Value, json};

const ROLLOUT: &str = "rollout: checkout-v2
unit: [{ header: x-user-id }]
stages: [{ weight: 20%, min_time: 1m }, { weight: 50%, min_time: 1m }, { weight: 100%, watch: 1m }]
gates: [{ metric: errors, max: 5% }]
";

/// Seconds since 1970, of a Monday morning.
const START: f64 = 1_767_603_600.0;

struct Folder(tempfile::TempDir, String);

impl Folder {
    /// Nothing if no filter is built.
    fn new() -> Option<Self> {
        let filter = std::env::var_os("SERINUS_FILTER").map(PathBuf::from);
        let built =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/dist/serinus-filter.wasm");
        let Some(filter) = filter.or_else(|| built.is_file().then_some(built)) else {
            eprintln!("skipped: no filter is built (make wasm)");
            return None;
        };
        let folder = Self(tempfile::tempdir().unwrap(), filter.display().to_string());
        folder.write("rollout.yaml", ROLLOUT);
        Some(folder)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.0.path().join(name), text).unwrap();
    }

    fn run(&self, args: &[&str]) -> CommandOutput {
        command()
            .current_dir(self.0.path())
            .env("SERINUS_CACHE", self.0.path().join("cache"))
            .args(["replay", "--filter", &self.1])
            .args(args)
            .output()
            .unwrap()
            .into()
    }

    fn json(&self, args: &[&str]) -> Value {
        let ran = self.run(&[args, &["--format", "json"]].concat());
        serde_json::from_str(&ran.out)
            .unwrap_or_else(|error| panic!("{error}: {}{}", ran.out, ran.err))
    }
}

/// A log of four minutes at 50 requests/s, as the rig of this project has Envoy write it, in the order in which the
/// requests ended. Every tenth request has no user; the canary's fail as often as `canary` says.
fn log(canary: f64) -> String {
    let mut random = fastrand::Rng::with_seed(7);
    let mut lines: Vec<(f64, String)> = (0..12_000)
        .map(|i| {
            let (at, took) = (START + f64::from(i) / 50.0, random.u32(5..60));
            let at_canary = random.f64() < 0.2;
            let failed = at_canary && random.f64() < canary;
            let line = json!({
                "started": format!("{at:.6}"),
                "user": (i % 10 > 0).then(|| format!("u{}", random.u32(..2000))),
                "cohort": if at_canary { "canary" } else { "baseline" },
                "request": "GET /cart",
                "code": if failed { 503 } else { 200 },
                "flags": if failed { "UF,URX" } else { "-" },
                "details": "via_upstream",
                "cluster": if at_canary { "canary" } else { "baseline" },
                "upstream": "127.0.0.1:9",
                "attempts": 1,
                "duration": took,
            });
            (at + f64::from(took) / 1e3, line.to_string())
        })
        .collect();
    lines.sort_by(|a, b| a.0.total_cmp(&b.0));
    lines.into_iter().fold(String::new(), |mut all, (_, line)| {
        let _ = writeln!(all, "{line}");
        all
    })
}

const USER: [&str; 2] = ["--header", "x-user-id=user"];

#[test]
fn a_good_day_is_promoted_and_what_the_log_does_not_know_is_said() {
    let Some(folder) = Folder::new() else { return };
    folder.write("access.log", &log(0.0));
    let args = ["rollout.yaml", "access.log", "--expect", "promote", USER[0], USER[1]];
    let ran = folder.run(&[&args[..], &["--report", "out.html"]].concat());
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{}", ran.out);
    for part in [
        "12,000 requests over 4m",
        "from 2026-01-05 09:00:00 UTC",
        "Promoted from 20% to 50%",
        "Promoted for good",
        "At the end: promoted at 100%.",
        "had been with the canary in the log; for the other",
        "1,200 of 12,000 requests (10%) had nothing that the rollout knows its users by",
        "as expected: promote",
    ] {
        assert!(ran.out.contains(part), "{part}: {}", ran.out);
    }
    let page = fs::read_to_string(folder.0.path().join("out.html")).unwrap();
    assert!(page.contains("Promoted for good") && page.contains("<h4>Weight and state"));
    let told = folder.json(&args);
    assert_eq!(told, folder.json(&args), "the same seed");
    let requests = &told["requests"];
    assert_eq!((&requests["sent"], &requests["without_identity"]), (&json!(12_000), &json!(1_200)));
    let canary = requests["canary"]["requests"].as_u64().unwrap();
    assert!((5_000..8_500).contains(&canary), "{canary}");
    assert_eq!(canary + requests["baseline"]["requests"].as_u64().unwrap(), 12_000);
    let own = requests["canary"]["logged_at_canary"].as_u64().unwrap() as f64 / canary as f64;
    assert!((0.17..0.23).contains(&own), "{own}");
}

#[test]
fn what_if_the_canary_were_worse() {
    let Some(folder) = Folder::new() else { return };
    folder.write("access.log", &log(0.0));
    let args = ["rollout.yaml", "access.log", USER[0], USER[1]];
    let errors = |share| [&args[..], &["--canary-errors", share, "--expect", "rollback"]].concat();
    let ran = folder.run(&errors("5%"));
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(ran.out.contains("The guard stopped it") && ran.out.contains("What if: 5% of"));
    let ran = folder.run(&errors("0%"));
    assert_eq!(ran.code, Some(1));
    assert!(ran.out.contains("not as expected: rollback"), "{}", ran.out);
    let gate = "{ metric: latency, quantile: p50, max: 40ms }";
    folder.write("slow.yaml", &ROLLOUT.replace("max: 5% }", &format!("max: 5% }}, {gate}")));
    let state = |latency| {
        folder.json(&["slow.yaml", "access.log", "--canary-latency", latency, USER[0], USER[1]])
            ["rollouts"][0]["state"]
            .clone()
    };
    assert_eq!(state("x1"), "promoted");
    assert_ne!(state("x3"), "promoted");
    assert_ne!(state("+60ms"), "promoted");
}

#[test]
fn failures_come_about_as_they_were_logged() {
    let Some(folder) = Folder::new() else { return };
    folder.write("access.log", &log(0.5));
    let told = folder.json(&["rollout.yaml", "access.log", USER[0], USER[1]]);
    // One request in ten failed, at whichever cluster: more than the gate allows.
    assert_ne!(told["rollouts"][0]["state"], "promoted");
    let record = &told["rollouts"][0]["decisions"][0]["comparisons"][0];
    let rate = |arm: &str| {
        record[arm]["hits"].as_f64().unwrap() / record[arm]["requests"].as_f64().unwrap()
    };
    assert!((0.06..0.14).contains(&rate("baseline")), "{record}");
}

#[test]
fn what_cannot_be_read_is_said_with_its_line_and_the_rest_is_replayed() {
    let Some(folder) = Folder::new() else { return };
    let good = r#"{"start_time":"2026-01-05T09:00:00Z","response_code":200,"x-user-id":"u1"}"#;
    folder.write("access.log", &format!("{good}\noops\n{good}\n{{\"status\":200}}\n"));
    let ran = folder.run(&["rollout.yaml", "access.log"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(
        ran.err.contains("access.log:2:1: error: left out: is not a JSON object"),
        "{}",
        ran.err
    );
    assert!(ran.err.contains("access.log:4:1: error: left out: says no time"), "{}", ran.err);
    assert!(ran.out.contains("2 requests over"), "{}", ran.out);
    folder.write("none.log", "oops\n");
    let ran = folder.run(&["rollout.yaml", "none.log"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.err.contains("no log has an entry that can be read"), "{}", ran.err);
    folder.write("jump.log", &format!("{good}\n{}\n", good.replace("2026", "2036")));
    let ran = folder.run(&["rollout.yaml", "jump.log"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.err.contains("jump.log:2: begins 3652 days after"), "{}", ran.err);
    folder.write("unsound.yaml", "rollout: x\nunti: []\n");
    let ran = folder.run(&["unsound.yaml", "access.log"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.err.contains("unsound.yaml:2:1: error: unti"), "{}", ran.err);
    folder.write("broken.yaml", "rollout: x\nunit: [\n");
    let ran = folder.run(&["broken.yaml", "access.log"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.err.contains("broken.yaml:3:1: error: not valid YAML"), "{}", ran.err);
    assert_eq!(folder.run(&["rollout.yaml", "missing.log"]).code, Some(2));
    assert_eq!(
        folder.run(&["rollout.yaml", "access.log", "--report", "no/such.html"]).code,
        Some(2)
    );
}

#[test]
fn a_har_file_is_replayed() {
    let Some(folder) = Folder::new() else { return };
    let entry = |second: u32, user: &str| {
        json!({
            "startedDateTime": format!("2026-01-05T10:00:{second:02}.000+01:00"),
            "time": 12.5,
            "request": { "method": "GET", "url": "https://shop.example/cart", "headers": [{ "name": "X-User-Id", "value": user }] },
            "response": { "status": 200 },
        })
    };
    let entries = [entry(30, "u2"), entry(0, "u1")];
    folder.write("session.har", &json!({ "log": { "entries": entries } }).to_string());
    let told = folder.json(&["rollout.yaml", "session.har"]);
    assert_eq!(
        (&told["requests"]["sent"], &told["requests"]["without_identity"]),
        (&json!(2), &json!(0))
    );
    assert_eq!(told["began_ms"], json!(1_767_603_600_000_u64));
    folder.write("broken.har", "{");
    let ran = folder.run(&["rollout.yaml", "broken.har"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.err.contains("broken.har: is not a HAR file"), "{}", ran.err);
}
