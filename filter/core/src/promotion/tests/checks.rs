//! What holds a stage whatever its gates say: arms that are not alike, a budget that burns.

use super::*;
use crate::arm::PerArm;
use crate::evidence::Outcomes;
use crate::policy::GateSeverity;

/// Units `0..n`, of which every `nth` was served by the canary.
fn units(n: u32, nth: u32) -> Units {
    let mut units = Units::default();
    for i in 0..n {
        let arm = if i % nth == 0 { Arm::Canary } else { Arm::Baseline };
        units.see(&i.to_le_bytes(), arm);
    }
    units
}

fn step_with(r: &Rollout, seen: &Arms, units: &Units) -> Step {
    let mut ledger = Ledger { stage: seen.clone(), ..Ledger::new(1, &Layout::default()) };
    ledger.windows.add(11 * MINUTE, &seen.map(|tally| tally.outcomes));
    super::super::step(
        r,
        &begin(0),
        &input(11 * MINUTE, &ledger, units, &SlowRequestTests::default()),
    )
}

#[test]
fn arms_that_are_not_alike_are_never_promoted() {
    let r = rollout(json!({}));
    let healthy = arms(&r, (2000, 0), (20_000, 0));
    let fair = step_with(&r, &healthy, &units(4000, 20));
    assert_eq!(fair.record.unwrap().verdict, Verdict::Promote);
    // A canary that loses half of its users before they are served.
    let lost = step_with(&r, &healthy, &units(40_000, 40));
    assert_eq!(codes(&lost), ["sample_ratio"]);
    let Some(Reason::SampleRatio { units, share, e_value, threshold }) =
        lost.record.as_ref().map(|record| record.reasons[0].clone())
    else {
        panic!("{lost:?}")
    };
    assert!(units.canary * 30 < units.baseline && e_value > threshold, "{units:?} {e_value}");
    assert_eq!((share, threshold), (0.05, 1000.0));
}

#[test]
fn a_canary_that_burns_its_budget_is_held_and_an_outage_of_both_is_not_its_fault() {
    let gates = json!([{ "metric": "errors", "max": "5%" }]);
    let slo = json!({ "availability": "99.9%", "max_burn": 2 });
    let r = rollout(json!({ "slo": slo, "gates": gates, "guard": { "tolerate": "10000%" } }));
    let nobody = Units::default();
    let burning = step_with(&r, &arms(&r, (2000, 20), (20_000, 20)), &nobody);
    assert_eq!(codes(&burning), ["burning"]);
    let Some(Reason::Burning { burn, max_burn, long_ms, short_ms }) =
        burning.record.as_ref().map(|record| record.reasons[0].clone())
    else {
        panic!("{burning:?}")
    };
    assert!((burn.canary - 10.0).abs() < 1e-9 && (burn.baseline - 1.0).abs() < 1e-9, "{burn:?}");
    // The hour and the five minutes, shrunk as six hours are to the stage's ten minutes.
    assert_eq!((max_burn, long_ms, short_ms), (2.0, 100_000, 10_000));

    let shared = step_with(&r, &arms(&r, (2000, 20), (20_000, 200)), &nobody);
    assert_eq!(shared.record.unwrap().verdict, Verdict::Promote);
    let few = step_with(&r, &arms(&r, (2000, 4), (20_000, 0)), &nobody);
    assert_eq!(few.record.unwrap().verdict, Verdict::Promote, "under the floor");
    let without = rollout(json!({ "gates": gates, "guard": { "tolerate": "10000%" } }));
    let unasked = step_with(&without, &arms(&r, (2000, 20), (20_000, 20)), &nobody);
    assert_eq!(unasked.record.unwrap().verdict, Verdict::Promote);
}

/// What no gate of the rollout's says: that the arms are not alike, and that the budget burns.
#[test]
fn a_policy_is_told_what_every_rollout_is_held_to() {
    let r = rollout(json!({ "slo": { "availability": "99%", "max_burn": 2 } }));
    let (state, slow) = (begin(0), SlowRequestTests::default());
    let told = |failing: u64, units: &Units| {
        let mut ledger = Ledger::new(state.entry, &r.layout);
        let mut seen = PerArm::<Outcomes>::default();
        seen.canary.add(Outcome::Failure, failing);
        seen.canary.add(Outcome::Success, 100);
        seen.baseline.add(Outcome::Success, 1000);
        ledger.windows.add(MINUTE, &seen);
        let input = &input(MINUTE, &ledger, units, &slow);
        let evaluation = Evaluation { rollout: &r, state: &state, input };
        let verdicts = Verdicts::judge(evaluation);
        let gates = snapshot(evaluation, &verdicts, Vec::new(), Vec::new()).gates;
        let own = gates.into_iter().skip(r.gates.len());
        own.map(|gate| (gate.name, gate.verdict, gate.severity)).collect::<Vec<_>>()
    };
    let mut lost = Units::default();
    (0..2000_u32).for_each(|user| lost.see(&user.to_le_bytes(), Arm::Canary));
    for (failing, units, objects) in [(0, &Units::default(), false), (50, &lost, true)] {
        let verdict = if objects { Verdict::Rollback } else { Verdict::Promote };
        let expected = [
            ("guard".to_owned(), Verdict::Promote, GateSeverity::Critical),
            ("sample ratio".to_owned(), verdict, GateSeverity::Warn),
            ("burn rate".to_owned(), verdict, GateSeverity::Warn),
        ];
        assert_eq!(told(failing, units), expected);
    }
}
