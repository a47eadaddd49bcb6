use crate::rollout_file::Source;
use crate::scenario::Scenario;
use crate::scenario::expectation::Level;
use crate::scenario::judge::{ExpectationResult, Judge};
use crate::scenario::observation::{LogLine, Snapshot};
use std::time::Duration;

struct Observed;

impl Snapshot for Observed {
    fn metrics(&self, visit: &mut dyn FnMut(&str, u64)) {
        visit("rollout=.=a;.;serinus_state", 3);
    }

    fn shared_data(&self, _: &str, _: &str) -> Option<Vec<u8>> {
        None
    }
}

const fn at(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// What becomes of one expectation: whether it holds, and what was seen.
fn judged(expectation: &str, show: impl FnOnce(&mut Judge<'_>)) -> (bool, String) {
    let text = format!("scenario: x\nplugins: [{{}}]\nexpect:\n  - {expectation}");
    let scenario: Scenario =
        crate::rehearsal::parse(Source::new("x.yaml", text)).map_err(|e| e.to_string()).unwrap();
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

fn record(verdict: &str, rollout: &str, reasons: &str) -> String {
    format!(
        "serinus.decision {{\"time_ms\":1,\"rollout\":\"{rollout}\",\"generation\":1,\"stage\":0,\"weight\":5,\
         \"stage_age_ms\":1,\"verdict\":\"{verdict}\",\"reasons\":[{reasons}],\"comparisons\":[]}}"
    )
}

fn decisions(judge: &mut Judge<'_>) {
    let mut say = |seconds, text: &str| {
        let line = LogLine { at: at(seconds), level: Level::Warn, plugin: "filter", text };
        judge.logged(&line);
    };
    say(10, &record("hold", "a", "{\"code\":\"frozen\"}"));
    say(20, &record("rollback", "a", "{\"code\":\"gate_breached\",\"gate\":\"errors\"}"));
    say(30, "serinus.decision not a record");
}

#[test]
fn a_verdict_is_found_among_the_decisions() {
    let rollback = "rollback on a at 20s (gate_breached: errors)";
    for (expectation, result) in [
        ("{ verdict: rollback }", yes(rollback)),
        ("{ verdict: rollback, rollout: a, by: 20s, reason: gate_breached }", yes(rollback)),
        ("{ verdict: rollback, reason: 'gate_breached: errors' }", yes(rollback)),
        ("{ verdict: rollback, by: 19s }", no(rollback)),
        ("{ verdict: rollback, never: true }", no(rollback)),
        ("{ verdict: rollback, never: true, by: 15s }", yes(rollback)),
        (
            "{ verdict: promote, never: true }",
            yes(&format!("only hold on a at 10s (frozen); {rollback}")),
        ),
        (
            "{ verdict: hold, rollout: b }",
            no(&format!("only hold on a at 10s (frozen); {rollback}")),
        ),
        (
            "{ verdict: hold, reason: guard }",
            no(&format!("only hold on a at 10s (frozen); {rollback}")),
        ),
    ] {
        assert_eq!(judged(expectation, decisions), result, "{expectation}");
    }
    assert_eq!(judged("{ verdict: hold }", |_| {}), no("no decision"));
}

#[test]
fn a_state_is_as_it_was_when_it_was_looked_at() {
    let inspect = |judge: &mut Judge<'_>| judge.inspect(0, at(5), &Observed);
    for (expectation, result) in [
        ("{ state: rolled_back }", yes("rolled_back")),
        ("{ state: promoted, rollout: a }", no("rolled_back")),
        ("{ state: promoted, rollout: b }", no("no such rollout, or several")),
    ] {
        assert_eq!(judged(expectation, inspect), result, "{expectation}");
    }
    let never = "the run ended before it was";
    assert_eq!(judged("{ state: promoted }", |_| {}), no(never));
}
