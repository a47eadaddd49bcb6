//! The same decisions on the same streams: a corpus of event streams, and the records that were made of them.
//!
//! A stream is a scenario without expectations, in `tests/streams`. Beside it stand the records that the filter makes of
//! it: every decision in order, and the metrics at the end. The records of the corpus were made with the filter as it was
//! before one engine played a rollout in the proxy and in every simulation. A filter that decides otherwise gives other
//! records, whose differences have to be looked at before they are blessed with
//! `SERINUS_BLESS=1 cargo test ... --test streams`. `SERINUS_FILTER_POLICIES` names another module.
//!
//! No stream has `races`: these depend on the calls that a filter makes, and the corpus is about what it decides.
#![expect(clippy::unwrap_used, reason = "a test says what must hold by unwrapping it")]

mod differences;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};
use serinus_core::contract::log;
use serinus_lab::rehearsal;
use serinus_lab::scenario::observation::{Finished, LogLine, Snapshot};
use serinus_lab::scenario::run::Observer;
use serinus_lab::scenario::{Options, Runner};
use serinus_rig::workspace_root;

/// What the filter says of a stream.
#[derive(Default)]
struct Recorder {
    decisions: Vec<Value>,
    metrics: BTreeMap<String, u64>,
}

impl Observer for Recorder {
    fn configured(&mut self, _: &str, _: &[u8]) {}

    fn finished(&mut self, _: &Finished<'_>) {}

    fn logged(&mut self, line: &LogLine<'_>) {
        if let Some(record) = line.text.strip_prefix(log::DECISION) {
            self.decisions.push(serde_json::from_str(record).unwrap());
        }
    }

    fn next_at(&self) -> Duration {
        Duration::MAX
    }

    fn sample(&mut self, _: Duration, _: &dyn Snapshot) {}

    fn end(&mut self, _: Duration, snapshot: &dyn Snapshot) {
        snapshot.metrics(&mut |name, value| {
            self.metrics.insert(name.to_owned(), value);
        });
    }
}

/// One JSON value in a line: the decisions, and then the metrics.
fn play(runner: &mut Runner, stream: &Path, filter: &Path) -> Vec<Value> {
    let scenario = rehearsal::read(stream.to_str().unwrap()).map_err(|e| e.to_string()).unwrap();
    let options = Options { filter: Some(filter.to_owned()), ..Options::default() };
    let mut recorder = Recorder::default();
    let outcome = runner.run_observed(&scenario, &options, &mut (), Some(&mut recorder)).unwrap();
    assert!(outcome.results.is_empty() || outcome.passed(), "{:?}", outcome.results);
    let Recorder { mut decisions, metrics } = recorder;
    decisions.push(json!(metrics));
    decisions
}

fn streams() -> Vec<PathBuf> {
    let files = fs::read_dir(workspace_root().join("tests/streams")).unwrap();
    let files = files.map(|file| file.unwrap().path());
    let mut streams: Vec<PathBuf> =
        files.filter(|file| file.extension() == Some("yaml".as_ref())).collect();
    streams.sort();
    streams
}

fn filter() -> PathBuf {
    let dist = || workspace_root().join("target/dist/serinus-filter-policies.wasm");
    std::env::var_os("SERINUS_FILTER_POLICIES").map_or_else(dist, PathBuf::from)
}

/// In what the filter's records of these streams differ from those that were made before.
fn differing(streams: &[PathBuf], filter: &Path) -> Vec<String> {
    let (mut runner, mut found) = (Runner::new().unwrap(), Vec::new());
    for stream in streams {
        let (seen, file) = (play(&mut runner, stream, filter), stream.with_extension("records"));
        if std::env::var_os("SERINUS_BLESS").is_some() {
            let lines: Vec<String> = seen.iter().map(Value::to_string).collect();
            fs::write(&file, lines.join("\n") + "\n").unwrap();
        }
        let before = fs::read_to_string(&file).unwrap();
        let before: Vec<Value> =
            before.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let name = stream.file_stem().unwrap().to_string_lossy();
        let differences = differences::between(&before, &seen);
        found.extend(differences.into_iter().map(|it| format!("{name}: {it}")));
    }
    found
}

#[test]
fn the_same_streams_are_decided_as_before() {
    let (streams, filter) = (streams(), filter());
    assert!(streams.len() >= 30, "{} streams", streams.len());
    let (some, others) = streams.split_at(streams.len() / 2);
    let found = std::thread::scope(|scope| {
        let others = scope.spawn(|| differing(others, &filter));
        let mut found = differing(some, &filter);
        found.extend(others.join().unwrap());
        found
    });
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}
