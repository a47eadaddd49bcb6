//! A rollout in four answers: what happened, why, compared with what, how sure.

use super::{Outcome, count, evidence, percent, plural, summarize, tell};
use serinus_core::cohort::bucket::Weight;
use serinus_core::contract::Severity;
use serinus_core::record::{Basis, Judgement, Reason, Record};

/// What one asks first, with the answers; what is not on record has none.
pub fn overview(records: &[&Record]) -> Vec<(&'static str, String)> {
    let (Some(summary), Some(last)) = (summarize(records), records.last()) else {
        return Vec::new();
    };
    let why = (summary.outcome != Outcome::Progressing).then(|| tell(last).why.join(" "));
    let answers = [
        ("What happened", Some(summary.sentence())),
        ("Why", why),
        ("Compared with", against(last)),
        ("How sure", sure(last)),
    ];
    answers.into_iter().filter_map(|(question, answer)| Some((question, answer?))).collect()
}

/// What the canary was held against in this decision.
fn against(record: &Record) -> Option<String> {
    let guard = record.reasons.iter().find_map(|reason| match reason {
        Reason::Guard(found) => Some(found),
        _ => None,
    });
    if let Some(found) = guard {
        return Some(match record.weight >= Weight::MAX.get() {
            true => "The failure rate of the baseline in the stages before: at full weight there is no other.".into(),
            false => same_moment(found.seen.assigned.baseline),
        });
    }
    if let Some(Reason::ForcedBreached { .. }) = record.reasons.first() {
        return Some(ON_ITS_OWN.into());
    }
    let judged = record.comparisons.iter().filter(|c| c.result != Judgement::Waived);
    let most = judged.max_by_key(|comparison| comparison.baseline.requests)?;
    Some(match most.basis {
        Basis::Randomised => same_moment(most.baseline.requests),
        Basis::Remembered => format!(
            "The limits of the gates, and what the baseline did in the stages before: {}.",
            plural(most.baseline.requests, "request")
        ),
        Basis::Absolute => "The limits of the gates alone: there was no baseline.".into(),
        Basis::Forced => ON_ITS_OWN.into(),
        Basis::Nothing => return None,
    })
}

/// What requests are compared with that a rule sent to the canary.
const ON_ITS_OWN: &str = "The limits of the gates alone: a rule sent these requests to the canary, so no baseline is their like.";

fn same_moment(requests: u64) -> String {
    format!(
        "The baseline of the same moments: {} of users who were assigned by the same draw. What a rule sent to the canary is \
         in neither, and held against the limits of the gates alone.",
        plural(requests, "request")
    )
}

/// How often a decision like this one is wrong.
fn sure(record: &Record) -> Option<String> {
    let levels = &record.levels;
    match record.reasons.first()? {
        Reason::Guard(found) => Some(format!(
            "The guard ever stops a canary that is no worse than tolerated in at most 1 of {} rollouts, however often one \
             looks.",
            evidence(found.threshold)
        )),
        Reason::GateBreached { .. } | Reason::ForcedBreached { .. } if levels.rollback > 0.0 => {
            Some(format!(
                "Without reason, one gate rolls back in one stage with a chance of at most {}; guard and gates together in at \
             most {} of rollouts.",
                percent(levels.rollback),
                percent(in_all(record))
            ))
        }
        Reason::GatesPassed { .. } | Reason::WatchOver if levels.promote > 0.0 => Some(format!(
            "A canary that is worse than a gate allows passes that gate with a chance of at most {}, however often one looks.",
            percent(levels.promote)
        )),
        Reason::GateOpen { .. } => Some(waits(record)),
        _ => None,
    }
}

/// The budget of false rollbacks as far as a record shows it: the guard's, and each critical gate's in this stage.
fn in_all(record: &Record) -> f64 {
    let critical = record.comparisons.iter().filter(|c| c.severity == Severity::Critical).count();
    record.levels.guard + record.levels.rollback * critical as f64 * (record.stage as f64 + 1.0)
}

/// Too little is known to go on; nothing says that it is bad.
fn waits(record: &Record) -> String {
    let gates = || record.comparisons.iter().filter(|c| c.basis != Basis::Forced);
    let open = gates().filter(|c| c.result == Judgement::Open).count() as u64;
    format!(
        "Not yet: {} of {} neither shown to hold nor to be breached. It goes on by itself once there is enough to see.",
        count(open),
        plural(gates().count() as u64, "gate")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn record(verdict: &str, weight: u32, reason: serde_json::Value) -> Record {
        let rate = json!({ "requests": 9_000, "hits": 3, "low": 0.0, "high": 0.01 });
        serde_json::from_value(json!({ "time_ms": 1_767_603_600_000_u64, "rollout": "r", "generation": 1,
            "stage": 0, "weight": weight, "stage_age_ms": 60_000, "verdict": verdict, "reasons": [reason],
            "levels": { "guard": 0.008, "rollback": 0.001, "promote": 0.05 },
            "comparisons": [{ "gate": "errors <= 1%", "severity": "critical", "metric": "errors",
                "basis": "randomised", "alpha": 0.05, "canary": rate, "baseline": rate, "limit": 0.01,
                "result": "open" }] }))
        .unwrap()
    }

    fn answer(record: &Record, question: &str) -> Option<String> {
        let told = overview(&[record]);
        told.into_iter().find(|(asked, _)| *asked == question).map(|(_, answer)| answer)
    }

    #[test]
    fn each_decision_says_what_it_was_compared_with_and_how_often_it_is_wrong() {
        let promoted =
            record("promote", 5_000, json!({ "code": "gates_passed", "to_weight": 50_000 }));
        assert!(answer(&promoted, "Compared with").unwrap().contains("9,000 requests"));
        assert!(answer(&promoted, "How sure").unwrap().contains("at most 5%"));
        assert_eq!(answer(&promoted, "Why"), None, "it goes on: the decisions tell");
        let breached =
            record("rollback", 5_000, json!({ "code": "gate_breached", "gate": "errors <= 1%" }));
        assert!(
            answer(&breached, "How sure")
                .unwrap()
                .contains("at most 0.1%; guard and gates together")
        );
        let held = record("hold", 5_000, json!({ "code": "gate_open", "gate": "errors <= 1%" }));
        assert!(answer(&held, "How sure").unwrap().starts_with("Not yet: 1 of 1 gate neither"));
        let frozen = record("hold", 5_000, json!({ "code": "frozen" }));
        assert_eq!(answer(&frozen, "How sure"), None);
    }

    #[test]
    fn at_full_weight_the_guard_compares_with_a_memory() {
        let finding = json!({ "code": "guard", "e_value": 900.0, "threshold": 125.0, "canary_share": 1.0,
            "requests": { "baseline": 0, "canary": 50 }, "failures": { "baseline": 0, "canary": 5 } });
        let stopped = record("rollback", 100_000, finding);
        assert!(answer(&stopped, "Compared with").unwrap().contains("in the stages before"));
        assert!(answer(&stopped, "How sure").unwrap().contains("1 of 125 rollouts"));
    }

    #[test]
    fn nothing_on_record_is_nothing_to_answer() {
        assert_eq!(overview(&[]), []);
    }
}
