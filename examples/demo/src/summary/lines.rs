//! The summary's lines.

use crate::acts::{Killed, Outcome, Promoted, Stopped};
use crate::measure::{Crowd, Late};
use crate::view::{Line, Span, wrap};
use crate::words::{Tone, count, requests};

use super::Summary;

/// Where the values begin.
const LABEL: usize = 46;

/// What must not be taken for a measurement of Envoy.
pub fn not_envoy(width: usize) -> Vec<Line> {
    let text = "On the embedded host, without Envoy: the filter is the one that Envoy loads; users, servers and the time between \
                them are simulated. Nothing below was measured on Envoy.";
    let parts = wrap(text, width.saturating_sub(2)).into_iter();
    parts.map(|part| vec![Span::toned(Tone::Waiting, part)]).collect()
}

/// What one act came to.
pub fn act(outcome: &Outcome) -> Vec<Line> {
    match outcome {
        Outcome::Stopped(act) => stopped(act),
        Outcome::Promoted(act) => promoted(act),
        Outcome::Killed(act) => killed(act),
    }
}

fn stopped(act: &Stopped) -> Vec<Line> {
    let mut lines = vec![title(match act.stop {
        Some(_) => "Act 1: v2 was stopped",
        None => "Act 1: v2 was not stopped",
    })];
    let (all, failed) = (act.canary_requests_from_first_failure, act.canary_failures);
    let cost = format!("{}, {} failed", count(all), count(failed));
    lines.push(row("canary requests from the first failure on", &cost));
    if let Some(stop) = &act.stop {
        let waited = format!("{:.2} s", stop.first_failure_to_decision_ms / 1e3);
        lines.push(row("from the first failure to the decision", &waited));
        let last = stop.decision_to_last_canary_request_ms;
        lines.push(row("from the deciding answer to v2's last request", &after(last)));
        lines.push(row("new requests to v2 after the decision", &late(&stop.begun_after_decision)));
    }
    lines.extend(users(&act.crowd, "v1"));
    lines
}

fn promoted(act: &Promoted) -> Vec<Line> {
    let mut lines = vec![title(match (act.promoted, act.stopped) {
        (true, _) => "Act 2: v3 was promoted",
        (false, true) => "Act 2: v3 was stopped",
        (false, false) => "Act 2: v3 was not promoted",
    })];
    for step in &act.steps {
        let label = step.to_percent.map_or_else(
            || "promoted, after a watch at 100%".to_owned(),
            |percent| format!("step to {percent}%"),
        );
        let proof = format!("after {:.1} s, on {}", step.at_s, requests(step.canary_requests));
        lines.push(row(&label, &proof));
    }
    lines.extend(users(&act.crowd, "v1"));
    lines
}

fn killed(act: &Killed) -> Vec<Line> {
    let mut lines = vec![title(if act.killed {
        "Act 3: v4 was called back"
    } else {
        "Act 3: v4 was not called back"
    })];
    if let Some(taken) = act.edit_to_taken_ms {
        lines.push(row("from the edit to the last worker that has it", &format!("{taken:.0} ms")));
    }
    let last = act.edit_to_last_canary_request_ms;
    lines.push(row("from the edit to v4's last request", &after(last)));
    lines.push(row("new requests to v4 after every worker had it", &late(&act.begun_after_taken)));
    lines.extend(users(&act.crowd, "v3"));
    lines
}

/// What is said of the users of every act.
fn users(crowd: &Crowd, baseline: &str) -> Vec<Line> {
    let hit = format!("{} of {} who asked", count(crowd.users_hit), count(crowd.users));
    let failed =
        format!("{} of {}", count(crowd.baseline_failures), count(crowd.baseline_requests));
    vec![
        row("users who saw an error", &hit),
        row(&format!("failed requests at {baseline}"), &failed),
        row("users sent back and forth", &count(crowd.stickiness_violations)),
    ]
}

/// What is said of the whole.
pub fn whole(summary: &Summary) -> Vec<Line> {
    let took = format!("{} in {:.0} s", count(summary.requests), summary.seconds);
    vec![
        title("All acts"),
        row("requests", &took),
        row("requests that no version answered", &count(summary.unanswered)),
    ]
}

/// What one interval of a controller that reads metrics would cost, by arithmetic.
pub fn for_scale(outcome: &Outcome, width: usize) -> Vec<Line> {
    let Outcome::Stopped(act) = outcome else { return Vec::new() };
    let per_second = act.canary_requests_per_second * f64::from(act.failing_percent) / 100.0;
    let cost = |seconds: f64| count((per_second * seconds).round() as u64);
    let text = format!(
        "For scale, arithmetic and not a measurement: v2 got {:.0} requests/s, {}% of them failing. A controller that reads \
         metrics waits for at least one interval. In Flagger that is 60 s by default ({} failed requests) and 10 s at the \
         shortest ({}). Argo Rollouts' documented example, 5 min with failureLimit 3, takes 15 min ({}).",
        act.canary_requests_per_second,
        act.failing_percent,
        cost(60.0),
        cost(10.0),
        cost(900.0),
    );
    let mut lines = vec![Line::new()];
    lines
        .extend(wrap(&text, width.saturating_sub(2)).into_iter().map(|part| vec![Span::dim(part)]));
    lines
}

/// Milliseconds after a moment, of which the upper bound counts.
fn after(ms: f64) -> String {
    if ms > -0.5 {
        format!("{:.0} ms", ms.max(0.0))
    } else {
        format!("0 ms; it came {:.0} ms before", -ms)
    }
}

fn late(late: &Late) -> String {
    match late.requests {
        0 => "0".to_owned(),
        n => format!("{}, the last {:.1} ms after", count(n), late.last_ms),
    }
}

fn title(text: &str) -> Line {
    vec![Span::bold(text)]
}

fn row(label: &str, value: &str) -> Line {
    vec![Span::dim(format!("  {label:LABEL$}  ")), Span::plain(value)]
}
