//! The contract's values to and from the core's. The only place that knows both.

use super::bindings::exports::serinus::policy::promotion as wit;
use serinus_core::policy as core;
use serinus_core::record::Verdict;

pub(super) fn snapshot(snapshot: &core::Snapshot) -> wit::Snapshot {
    let core::StageView { index, count, weight, age_seconds, min_seconds, min_requests } =
        snapshot.stage;
    wit::Snapshot {
        rollout: snapshot.rollout.clone(),
        generation: snapshot.generation,
        unix_seconds: snapshot.unix_seconds,
        stage: wit::Stage { index, count, weight, age_seconds, min_seconds, min_requests },
        windows: snapshot.windows.iter().map(window).collect(),
        gates: snapshot.gates.iter().map(gate).collect(),
        params: params(&snapshot.params),
        memory: snapshot.memory.clone(),
    }
}

fn window(window: &core::Window) -> wit::Window {
    let (baseline, canary) = (arm(&window.baseline), arm(&window.canary));
    wit::Window { seconds: window.seconds, baseline, canary }
}

fn arm(arm: &core::Arm) -> wit::Arm {
    let event =
        |event: &core::EventCount| wit::EventCount { name: event.name.clone(), count: event.count };
    wit::Arm {
        requests: arm.requests,
        failures: arm.failures,
        client_gone: arm.client_gone,
        units: arm.units,
        latency: wit::Histogram {
            upper_ms: arm.latency.upper_ms.clone(),
            counts: arm.latency.counts.clone(),
        },
        events: arm.events.iter().map(event).collect(),
    }
}

fn gate(gate: &core::GateResult) -> wit::GateResult {
    wit::GateResult {
        name: gate.name.clone(),
        verdict: match gate.verdict {
            Verdict::Promote => wit::CohortVerdict::Promote,
            Verdict::Hold => wit::CohortVerdict::Hold,
            Verdict::Rollback => wit::CohortVerdict::Rollback,
        },
        severity: match gate.severity {
            core::GateSeverity::Critical => wit::GateSeverity::Critical,
            core::GateSeverity::Warn => wit::GateSeverity::Warn,
            core::GateSeverity::DryRun => wit::GateSeverity::DryRun,
        },
        detail: gate.detail.clone(),
    }
}

pub(super) fn params(params: &[core::Param]) -> Vec<wit::Param> {
    let value = |value: &core::ParamValue| match value {
        core::ParamValue::Number(n) => wit::ParamValue::Number(*n),
        core::ParamValue::Text(text) => wit::ParamValue::Text(text.clone()),
        core::ParamValue::Flag(flag) => wit::ParamValue::Flag(*flag),
    };
    let param = |p: &core::Param| wit::Param { name: p.name.clone(), value: value(&p.value) };
    params.iter().map(param).collect()
}

pub(super) fn decision(decision: wit::Decision) -> core::Decision {
    let number =
        |e: wit::Evidence| core::Evidence { name: e.name, value: e.value, threshold: e.threshold };
    core::Decision {
        verdict: match decision.verdict {
            wit::CohortVerdict::Promote => Verdict::Promote,
            wit::CohortVerdict::Hold => Verdict::Hold,
            wit::CohortVerdict::Rollback => Verdict::Rollback,
        },
        reason: decision.reason,
        evidence: decision.evidence.into_iter().map(number).collect(),
        memory: decision.memory,
    }
}

pub(super) fn about(about: wit::About) -> core::About {
    let value = |value| match value {
        wit::ParamValue::Number(n) => core::ParamValue::Number(n),
        wit::ParamValue::Text(text) => core::ParamValue::Text(text),
        wit::ParamValue::Flag(flag) => core::ParamValue::Flag(flag),
    };
    let param = |param: wit::ParamAbout| core::ParamAbout {
        name: param.name,
        description: param.description,
        default: param.default.map(value),
    };
    core::About {
        name: about.name,
        version: about.version,
        description: about.description,
        params: about.params.into_iter().map(param).collect(),
    }
}
