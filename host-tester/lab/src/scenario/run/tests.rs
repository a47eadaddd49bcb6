use super::target::{EventSink, Prepared, Target, Until};
use super::*;
use crate::rollout_file::Source;
use crate::scenario::Scenario;
use crate::scenario::cluster::{Ending, Phase};
use crate::scenario::observation::{Exchange, Finished, Message, Snapshot};
use crate::scenario::request::{Connection, Request};
use std::collections::HashMap;
use std::time::Duration;

/// A proxy that takes 10 ms for everything, and asks the cluster `c`.
#[derive(Default)]
struct Fake {
    now: Duration,
    prepared: Vec<Request>,
    open: Vec<(Duration, u64, bool)>,
    over: Vec<(Duration, u64, bool)>,
    status: u16,
    done: u64,
    users: HashMap<String, u64>,
    /// What was done, and when in milliseconds.
    log: Vec<(u128, String)>,
}

const TOOK: Duration = Duration::from_millis(10);

impl Fake {
    fn note(&mut self, what: impl Into<String>) {
        self.log.push((self.now.as_millis(), what.into()));
    }

    fn go(&mut self, to: Duration) {
        self.now = to;
        let (over, open) =
            std::mem::take(&mut self.open).into_iter().partition(|one| one.0 + TOOK <= to);
        self.open = open;
        self.over.extend::<Vec<_>>(over);
    }
}

impl Snapshot for Fake {
    fn metrics(&self, visit: &mut dyn FnMut(&str, u64)) {
        visit("done", self.done);
    }

    fn shared_data(&self, _: &str, _: &str) -> Option<Vec<u8>> {
        None
    }
}

impl Target for Fake {
    fn prepare(&mut self, request: &Request) -> Prepared {
        self.prepared.push(request.clone());
        Prepared(self.prepared.len() - 1)
    }

    fn begin(&mut self, request: Prepared, user: Option<(&str, &str)>, tag: u64, whole: bool) {
        if whole {
            self.note(self.prepared[request.0].path.clone());
        }
        if let Some((_, user)) = user {
            *self.users.entry(user.to_owned()).or_default() += 1;
        }
        self.open.push((self.now, tag, whole));
    }

    fn connect(&mut self, _: &Connection, _: u64) {}

    fn configure(&mut self, plugin: &str, config: &[u8]) -> Result<(), String> {
        self.note(format!("configure {plugin}"));
        if config.is_empty() { Err("empty".to_owned()) } else { Ok(()) }
    }

    fn behave(&mut self, cluster: &str, phase: &Phase) {
        let Ending::Answer(answer) = &phase.conduct.ending else { panic!() };
        self.status = answer.status;
        self.note(format!("{cluster} {}", answer.status));
    }

    fn advance(&mut self, until: Until) -> Duration {
        match until {
            Until::Time(time) => self.go(time),
            Until::Over(tag, limit) => {
                let open = self.open.iter().find(|one| one.1 == tag);
                self.go(open.map_or(limit, |one| one.0 + TOOK).min(limit));
            }
            Until::Idle(limit) => {
                let last = self.open.iter().map(|one| one.0 + TOOK).max().unwrap_or(self.now);
                self.go(last.min(limit));
            }
        }
        self.now
    }

    fn is_idle(&self) -> bool {
        self.open.is_empty()
    }

    fn tell(&mut self, sink: &mut dyn EventSink) {
        for (began, tag, whole) in std::mem::take(&mut self.over) {
            self.done += 1;
            let (ended, status) = (began + TOOK, Some(self.status));
            let (cluster, received) = (Some("c"), Some(Message { status, ..Message::default() }));
            sink.finished(tag, Finished { began, ended, cluster, status, ..Finished::default() });
            if whole {
                let cluster = cluster.map(str::to_owned);
                sink.exchanged(
                    tag,
                    Exchange { began, ended, cluster, received, ..Exchange::default() },
                );
            }
        }
    }

    fn trace(&self, from: Duration, _: Duration) -> Vec<String> {
        vec![format!("from {from:?}")]
    }
}

fn run(text: &str, seed: u64) -> (Driven, Fake) {
    let text = format!("scenario: x\nplugins: [{{}}]\n{text}");
    let scenario = Scenario::parse(Source::new("x.yaml", text)).map_err(|e| e.to_string()).unwrap();
    let mut target = Fake::default();
    let driven = drive(&scenario, seed, &mut target, &mut (), None);
    (driven, target)
}

fn failed(driven: &Driven) -> Vec<(&str, &str)> {
    let failed = driven.results.iter().filter(|result| !result.passed);
    failed.map(|result| (result.path.as_str(), result.seen.as_str())).collect()
}

#[test]
fn steps_begin_at_their_time_or_once_the_one_before_is_over() {
    let (driven, target) = run(
        "clusters: { c: {} }
steps:
  - { request: { path: /0 }, expect: { status: 200 } }
  - { request: { path: /1 } }
  - { at: 1s, request: { path: /2 } }
  - { at: 1s, configure: { config: x } }
  - { cluster: { name: c, status: 500 } }
  - { request: { path: /3 }, expect: { status: 200, cluster: c } }",
        1,
    );
    let log: Vec<(u128, &str)> = target.log.iter().map(|(at, what)| (*at, what.as_str())).collect();
    assert_eq!(
        log,
        [
            (0, "c 200"),
            (0, "/0"),
            (10, "/1"),
            (1000, "/2"),
            (1000, "configure filter"),
            (1000, "c 500"),
            (1000, "/3")
        ]
    );
    assert_eq!(failed(&driven), [("steps[5].expect.status", "500")]);
    assert_eq!((driven.lasted, driven.requests), (Duration::from_millis(1010), 4));
    let failure = driven.results.iter().find(|result| !result.passed).unwrap();
    assert_eq!(failure.trace, ["from 900ms"]);
}

#[test]
fn a_cluster_follows_its_plan_until_a_step_takes_it_over() {
    let clusters = "clusters: { c: [{ status: 200 }, { from: 1s, status: 201 }, { from: 3s, status: 202 }] }\nfor: 5s";
    let (_, target) = run(clusters, 1);
    assert_eq!(target.log.len(), 3);
    let (_, target) =
        run(&format!("{clusters}\nsteps: [{{ at: 2s, cluster: {{ name: c, status: 500 }} }}]"), 1);
    assert_eq!(target.log.last().unwrap(), &(2000, "c 500".to_owned()));
}

#[test]
fn traffic_comes_at_its_rate_from_its_users_and_the_same_by_the_same_seed() {
    let text = "traffic: [{ rate: 100, for: 100s, users: 10 }, { from: 50s, rate: 10, for: 10s, arrivals: even }]";
    let (driven, target) = run(text, 1);
    assert!((9_700..10_500).contains(&driven.requests), "{}", driven.requests);
    assert_eq!(target.users.len(), 10);
    assert!(target.users.values().all(|count| (850..1_150).contains(count)), "{:?}", target.users);
    let (again, same) = run(text, 1);
    assert_eq!((again.requests, &same.users), (driven.requests, &target.users));
    let (_, other) = run(text, 2);
    assert_ne!(other.users, target.users);
}

#[test]
fn even_traffic_is_exact_and_its_mix_is_drawn() {
    let text = "traffic: [{ rate: 100, for: 10s, arrivals: even, mix: [{ share: 20%, path: /a }] }]
expect: [{ requests: { cluster: c }, is: 999 }, { requests: { user: u1 }, is: 0 }]\nclusters: { c: {} }";
    let (driven, target) = run(text, 1);
    assert_eq!(failed(&driven), []);
    assert_eq!(target.prepared.iter().map(|r| r.path.as_str()).collect::<Vec<_>>(), ["/", "/a"]);
}

#[test]
fn what_is_looked_at_is_looked_at_in_time() {
    let (driven, _) = run(
        "clusters: { c: {} }
traffic: [{ rate: 1, arrivals: even }]
for: 10s
expect:
  - { metric: done, is: 4, at: 5s }
  - { metric: done, is: 9 }
  - { metric: done, is: 8 }
  - { user: u1, cluster: c }
  - { user: u1, cluster: c, at: 10s }
  - { requests: { user: u1 }, is: 2 }",
        1,
    );
    assert_eq!(failed(&driven), [("expect[2]", "9")]);
}

#[test]
fn a_refused_configuration_is_seen() {
    let (driven, _) = run(
        "steps: [{ configure: { config: '' } }, { configure: { config: '', accepted: false } }]",
        1,
    );
    assert_eq!(failed(&driven), [("steps[0].configure.accepted", "refused: empty")]);
}
