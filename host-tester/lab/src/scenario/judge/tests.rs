use super::*;
use crate::rollout_file::Source;
use crate::scenario::expectation::Level;
use crate::scenario::http::Headers;
use crate::scenario::observation::Message;

struct Observed;

impl Snapshot for Observed {
    fn metrics(&self, visit: &mut dyn FnMut(&str, u64)) {
        visit("rollout=.=a;.;serinus_state", 3);
        visit("rollout=.=a;.;cohort=.=canary;.;serinus_requests_total", 7);
    }

    fn shared_data(&self, vm_id: &str, key: &str) -> Option<Vec<u8>> {
        (vm_id.is_empty() && key == "k").then(|| b"v".to_vec())
    }
}

fn scenario(text: &str) -> Scenario {
    let text = format!(
        "scenario: x\nplugins: [{{}}]\nclusters: {{ canary: {{}}, baseline: {{}} }}\nroutes: [{{ cluster: canary }}]\n{text}"
    );
    Scenario::parse(Source::new("x.yaml", text)).map_err(|e| e.to_string()).unwrap()
}

const fn at(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// What becomes of one expectation: whether it holds, and what was seen.
fn judged(expectation: &str, show: impl FnOnce(&mut Judge<'_>)) -> (bool, String) {
    let scenario = scenario(&format!("expect:\n  - {expectation}"));
    let mut judge = Judge::new(&scenario);
    show(&mut judge);
    let mut results = judge.conclude(at(100), &|_, _| Vec::new());
    let ExpectationResult { passed, seen, .. } = results.pop().unwrap();
    assert!(results.is_empty());
    (passed, seen)
}

fn yes(seen: &str) -> (bool, String) {
    (true, seen.to_owned())
}

fn no(seen: &str) -> (bool, String) {
    (false, seen.to_owned())
}

fn requests(judge: &mut Judge<'_>) {
    let canary = Finished { cluster: Some("canary"), ..Finished::default() };
    let failed =
        Finished { status: Some(503), flags: "UF,URX", ended: at(5), began: at(4), ..canary };
    judge.finished(&failed);
    judge.finished(&Finished { user: Some("u1"), worker: Some(0), ..failed });
    judge.finished(&Finished { status: Some(200), ended: at(50), began: at(49), ..canary });
    judge.finished(&Finished { status: None, cluster: None, ..canary });
}

#[test]
fn requests_are_counted_by_everything_that_is_said_of_them() {
    for (filter, count) in [
        ("{ requests: {}, is: 4 }", yes("4")),
        ("{ requests: { cluster: canary, status: 500-599 }, max: 1 }", no("2")),
        ("{ requests: { cluster: canary }, min: 3, max: 3 }", yes("3")),
        ("{ requests: { cluster: null, status: null }, is: 1 }", yes("1")),
        ("{ requests: { flag: URX, user: u1, worker: 0 }, is: 1 }", yes("1")),
        ("{ requests: { flag: UR }, is: 0 }", yes("0")),
        ("{ requests: { since: 4s }, is: 3 }", yes("3")),
        ("{ requests: {}, is: 3, at: 5s }", yes("3")),
    ] {
        assert_eq!(judged(filter, requests), count, "{filter}");
    }
}

fn lines(judge: &mut Judge<'_>) {
    for (seconds, text) in [(10, "a decision"), (20, "another decision"), (30, "no decision")] {
        judge.logged(&LogLine { at: at(seconds), level: Level::Warn, plugin: "filter", text });
    }
}

#[test]
fn lines_callouts_and_deaths_are_counted() {
    for (expectation, result) in [
        ("{ log: { contains: decision }, level: warn, plugin: filter }", yes("3")),
        ("{ log: { contains: decision }, level: info }", no("0")),
        ("{ log: { contains: decision }, is: 1, at: 10s }", yes("1")),
    ] {
        assert_eq!(judged(expectation, lines), result, "{expectation}");
    }
    let calls = |judge: &mut Judge<'_>| {
        judge.called_out(at(1), "canary");
        judge.called_out(at(2), "baseline");
    };
    assert_eq!(judged("{ callouts: { cluster: canary }, is: 1 }", calls), yes("1"));
    assert_eq!(judged("{ callouts: {}, is: 1 }", calls), no("2"));
    let died = |judge: &mut Judge<'_>| judge.died(at(3), "out of fuel");
    assert_eq!(judged("{ failures: 0 }", died), no("1 (at 3s: out of fuel)"));
    assert_eq!(judged("{ failures: { max: 1 } }", died), yes("1 (at 3s: out of fuel)"));
}

#[test]
fn what_is_looked_at_is_as_it_was_then() {
    let inspect = |judge: &mut Judge<'_>| judge.inspect(0, at(5), &Observed);
    for (expectation, result) in [
        ("{ metric: serinus_requests_total, labels: { cohort: canary }, min: 8 }", no("7")),
        ("{ metric: nothing, is: 0 }", yes("no such metric")),
        ("{ shared_data: k, value: { prefix: v } }", yes("\"v\"")),
        ("{ shared_data: l }", no("none")),
    ] {
        assert_eq!(judged(expectation, inspect), result, "{expectation}");
    }
    let never = "the run ended before it was";
    assert_eq!(judged("{ metric: nothing, is: 0 }", |_| {}), no(never));
}

#[test]
fn a_user_is_asked_after_as_the_traffic_asks() {
    let scenario = scenario(
        "traffic: [{ rate: 1, for: 1s, users: 5, user_header: x-u, path: /p, host: h, headers: { a: b, x-u: c } }]
expect: [{ user: u9, cluster: canary, at: 3s }, { metric: x, is: 0, at: 1s }, { failures: 0 }]",
    );
    let mut judge = Judge::new(&scenario);
    let times: Vec<_> = judge.moments().iter().map(|m| (m.at, m.expectation, m.question)).collect();
    assert_eq!(times, [(Some(at(1)), 1, Question::Snapshot), (Some(at(3)), 0, Question::User)]);
    let request = judge.user_request(0).unwrap();
    assert_eq!((request.path.as_str(), request.host.as_str()), ("/p", "h"));
    assert_eq!(request.headers.get("x-u"), ["u9"]);
    judge.user(0, &Exchange { cluster: Some("baseline".into()), ..Exchange::default() });
    let results = judge.conclude(at(9), &|_, _| Vec::new());
    assert_eq!((results[0].passed, results[0].seen.as_str()), (false, "baseline"));
    assert_eq!(
        results.iter().map(|r| r.path.as_str()).collect::<Vec<_>>(),
        ["expect[0]", "expect[1]", "expect[2]"]
    );
}

fn exchange() -> Exchange {
    let headers = |pairs: &[(&str, &str)]| {
        Headers(pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect())
    };
    Exchange {
        began: at(1),
        ended: at(3),
        received: Some(Message {
            status: Some(503),
            headers: headers(&[("x-by", "v1"), ("x-by", "v2")]),
            body: b"gone".to_vec(),
            trailers: headers(&[("x-t", "1")]),
        }),
        sent: Some(Message {
            headers: headers(&[("x-user-id", "a")]),
            body: b"b".to_vec(),
            ..Message::default()
        }),
        cluster: Some("canary".into()),
        route: None,
        flags: vec!["URX".into(), "UF".into()],
        details: Some("via_upstream".into()),
        attempts: 2,
        logs: vec!["hello there".into()],
    }
}

/// The paths and sights of what does not hold.
fn failing(expect: &str, exchange: &Exchange) -> Vec<(String, String)> {
    let scenario = scenario(&format!("steps: [{{ request: {{}}, expect: {expect} }}]"));
    let mut judge = Judge::new(&scenario);
    judge.exchanged(0, exchange);
    let results =
        judge.conclude(at(9), &|_, _| Vec::new()).into_iter().filter(|result| !result.passed);
    results.map(|r| (r.path.replace("steps[0].expect.", ""), r.seen)).collect()
}

#[test]
fn everything_about_a_request_can_hold() {
    let good = "{ status: 503, cluster: canary, route: null, sent: { x-user-id: a, x-secret: null }, sent_body: b,
        headers: { x-by: [v1, v2] }, body: gone, trailers: { x-t: '1' }, flags: [UF, URX], details: via_upstream,
        attempts: 2, within: 2s, logs: [{ contains: hello }] }";
    assert_eq!(failing(good, &exchange()), []);
}

#[test]
fn everything_about_a_request_can_fail_and_says_what_was_seen() {
    let bad = "{ status: 500, cluster: baseline, sent: { x-user-id: b, x-secret: c }, sent_body: c,
        headers: { x-by: v1 }, body: null, trailers: { x-t: null }, flags: [UF], details: { prefix: x },
        attempts: 1, within: 1s, logs: [hello] }";
    let found = failing(bad, &exchange());
    insta::assert_snapshot!(
        found.iter().map(|(path, seen)| format!("{path}: {seen}")).collect::<Vec<_>>().join("\n")
    );
    let unanswered = Exchange { received: None, cluster: None, ..exchange() };
    let found = failing("{ status: 503, cluster: canary }", &unanswered);
    assert_eq!(found[0].1, "no answer");
    assert_eq!(found[1].1, "none");
    assert_eq!(failing("{ status: null, cluster: null }", &unanswered), []);
}

#[test]
fn a_configuration_is_accepted_or_refused_as_expected() {
    let scenario = scenario(
        "steps: [{ configure: { config: x, accepted: false } }, { configure: { config: x } }]",
    );
    let mut judge = Judge::new(&scenario);
    judge.configured(0, at(1), &Err("no root".to_owned()));
    judge.configured(1, at(1), &Err("no root".to_owned()));
    let results = judge.conclude(at(2), &|_, _| Vec::new());
    assert_eq!((results[0].passed, results[1].passed), (true, false));
    assert_eq!(
        (results[1].expected.as_str(), results[1].seen.as_str()),
        ("accepted", "refused: no root")
    );
}

#[test]
fn a_step_that_is_not_over_at_the_end_fails() {
    let scenario = scenario("steps: [{ request: {} }, { cluster: { name: canary } }]");
    let results = Judge::new(&scenario).conclude(at(2), &|_, _| Vec::new());
    assert_eq!(results.len(), 1);
    assert_eq!((results[0].path.as_str(), results[0].passed), ("steps[0]", false));
}
