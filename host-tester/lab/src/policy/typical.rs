//! A snapshot such as the filter gives: what a policy is asked when only its cost is wanted.

use serinus_core::evidence::{Edges, SPANS_MS};
use serinus_core::policy::{
    About, Arm, EventCount, GateResult, GateSeverity, LatencyHistogram, Param, ParamValue,
    Snapshot, StageView, Window,
};
use serinus_core::record::Verdict;

/// The event that every policy may ask for.
const EVENT: &str = "conversion";

/// A canary at 10 % in its second stage, with some failures, a histogram of the filter's size, and two gates.
/// Parameters that must be given are given a text.
pub fn snapshot(about: &About) -> Snapshot {
    let required = about.params.iter().filter(|param| param.default.is_none());
    let given = |name: &String| Param { name: name.clone(), value: ParamValue::Text(EVENT.into()) };
    let stretch = |seconds| window(seconds, 250, false);
    Snapshot {
        rollout: "checkout-v2".into(),
        generation: 1,
        unix_seconds: 1_791_100_800,
        stage: StageView {
            index: 1,
            count: 4,
            weight: 10_000,
            age_seconds: 3_000,
            min_seconds: 3_600,
            min_requests: 3_000,
        },
        windows: std::iter::once(window(3_000, 250, true))
            .chain(SPANS_MS.map(|ms| stretch((ms / 1000) as u32)))
            .collect(),
        gates: ["errors <= 0.1%", "latency p99 <= 500ms", "guard", "sample ratio"].map(gate).into(),
        params: required.map(|param| given(&param.name)).collect(),
        memory: Vec::new(),
    }
}

fn window(seconds: u32, per_second: u64, whole: bool) -> Window {
    let requests = u64::from(seconds) * per_second;
    Window { seconds, baseline: arm(requests * 9 / 10, whole), canary: arm(requests / 10, whole) }
}

fn arm(requests: u64, whole: bool) -> Arm {
    let failures = requests / 2_000;
    let arm = Arm { requests, failures, client_gone: requests / 500, ..Arm::default() };
    if !whole {
        return arm;
    }
    let events = vec![EventCount { name: EVENT.into(), count: requests / 30 }];
    Arm { units: requests / 20, latency: latency(requests - failures), events, ..arm }
}

/// A bell over the filter's own buckets.
fn latency(total: u64) -> LatencyHistogram {
    let edges = Edges::with_thresholds([500_000]);
    let upper_ms: Vec<f64> = edges.upper().iter().map(|micros| *micros as f64 / 1e3).collect();
    let middle = upper_ms.len() as f64 / 3.0;
    let bell = |place: usize| (-((place as f64 - middle) / 6.0).powi(2)).exp() / 10.6;
    let counts = (0..=upper_ms.len()).map(|place| (total as f64 * bell(place)) as u64).collect();
    LatencyHistogram { upper_ms, counts }
}

fn gate(name: &str) -> GateResult {
    GateResult {
        name: name.into(),
        verdict: Verdict::Promote,
        severity: GateSeverity::Critical,
        detail: "54 of 100,000 = 0.054% [0.041%, 0.07%]".into(),
    }
}
