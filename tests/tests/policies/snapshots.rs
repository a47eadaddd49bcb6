//! Snapshots such as no filter would ever give, and between them such as it does.

use proptest::collection::vec;
use proptest::prelude::*;
use serinus_core::policy::{
    Arm, EventCount, GateResult, GateSeverity, LatencyHistogram, Param, ParamValue, Snapshot,
    StageView, Window,
};
use serinus_core::record::Verdict;

/// Small, large and absurd.
fn count() -> impl Strategy<Value = u64> {
    prop_oneof![4 => 0..100_u64, 4 => 0..10_000_000_u64, 1 => any::<u64>()]
}

fn latency() -> impl Strategy<Value = LatencyHistogram> {
    let edges = vec(prop_oneof![8 => 0.0..5_000.0, 1 => any::<f64>()], 0..40);
    (edges, vec(count(), 0..41), any::<bool>()).prop_map(|(mut upper_ms, mut counts, sound)| {
        if sound {
            upper_ms.retain(|edge: &f64| edge.is_finite());
            upper_ms.sort_by(f64::total_cmp);
            counts.resize(upper_ms.len() + 1, 3);
        }
        LatencyHistogram { upper_ms, counts }
    })
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![3 => Just("conversion".to_owned()), 1 => "\\PC{0,12}"]
}

fn arm() -> impl Strategy<Value = Arm> {
    let event = (name(), count()).prop_map(|(name, count)| EventCount { name, count });
    let counts = (count(), count(), count(), count());
    (counts, latency(), vec(event, 0..3)).prop_map(|(counts, latency, events)| {
        let (requests, failures, client_gone, units) = counts;
        Arm { requests, failures, client_gone, units, latency, events }
    })
}

fn window() -> impl Strategy<Value = Window> {
    let seconds = prop_oneof![Just(300), Just(3_600), Just(21_600), any::<u32>()];
    (seconds, arm(), arm()).prop_map(|(seconds, baseline, canary)| Window {
        seconds,
        baseline,
        canary,
    })
}

fn gate() -> impl Strategy<Value = GateResult> {
    let verdict = prop::sample::select(&Verdict::ALL[..]);
    let severity = prop::sample::select(vec![
        GateSeverity::Critical,
        GateSeverity::Warn,
        GateSeverity::DryRun,
    ]);
    (name(), verdict, severity, "\\PC{0,20}").prop_map(|(name, verdict, severity, detail)| {
        GateResult { name, verdict, severity, detail }
    })
}

/// Parameters of which most are such as the policy asks for.
fn params(known: Vec<Param>) -> impl Strategy<Value = Vec<Param>> {
    let value = prop_oneof![
        any::<f64>().prop_map(ParamValue::Number),
        (0.0..1.0).prop_map(ParamValue::Number),
        "\\PC{0,10}".prop_map(ParamValue::Text),
        any::<bool>().prop_map(ParamValue::Flag),
    ];
    let kept = (
        prop::sample::subsequence(known.clone(), 0..=known.len()),
        Just(known),
        prop::bool::weighted(0.7),
    );
    let kept = kept.prop_map(|(some, all, whole)| if whole { all } else { some });
    let changed = prop::option::weighted(0.2, (any::<prop::sample::Index>(), value));
    (kept, changed).prop_map(|(mut params, changed)| {
        if let Some((place, value)) = changed.filter(|_| !params.is_empty()) {
            let place = place.index(params.len());
            params[place].value = value;
        }
        params
    })
}

/// A snapshot, for a policy that takes these parameters.
pub fn snapshot(known: Vec<Param>) -> impl Strategy<Value = Snapshot> {
    let stage = (0..5_u32, 0..5_u32, 0..=100_000_u32, count(), count(), count());
    let stage = stage.prop_map(|(index, count, weight, age_seconds, min_seconds, min_requests)| {
        StageView { index, count, weight, age_seconds, min_seconds, min_requests }
    });
    let head = (name(), count(), count(), stage);
    let tail = (params(known), vec(any::<u8>(), 0..64));
    (head, vec(window(), 0..5), vec(gate(), 0..4), tail).prop_map(|(head, windows, gates, tail)| {
        let (rollout, generation, unix_seconds, stage) = head;
        let (params, memory) = tail;
        Snapshot { rollout, generation, unix_seconds, stage, windows, gates, params, memory }
    })
}
