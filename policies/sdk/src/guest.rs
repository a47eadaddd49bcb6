//! What [`export!`](crate::export) is made of: the bindings of the contract, and its values to and from the SDK's.
//!
//! Nothing in here is for a policy itself.

/// What `policies/wit/policy.wit` generates.
#[expect(missing_docs, reason = "generated; the contract documents it")]
pub mod bindings {
    wit_bindgen::generate!({
        path: "wit",
        world: "policy",
        pub_export_macro: true,
        generate_all,
    });
}

use crate::{Given, ParamValue, Policy};
use bindings::exports::serinus::policy::promotion as wit;
use serinus_core::policy as core;
pub use std::string::String;
pub use std::vec::Vec;
pub use wit::{About, Decision, Guest, Param, Snapshot};

/// The answer to `describe`.
pub fn describe(policy: &impl Policy) -> About {
    let about = policy.about();
    let param = |param: &&dyn crate::Parameter| wit::ParamAbout {
        name: param.name().into(),
        description: param.description().into(),
        default: param.default().map(shown),
    };
    About {
        name: about.name.into(),
        version: about.version.into(),
        description: about.description.into(),
        params: about.params.iter().map(param).collect(),
    }
}

/// The answer to `validate`.
///
/// # Errors
/// Every mistake.
pub fn validate(policy: &impl Policy, params: Vec<Param>) -> Result<(), Vec<String>> {
    policy.validate(&given(params))
}

/// The answer to `evaluate`.
pub fn evaluate(policy: &impl Policy, snapshot: Snapshot) -> Decision {
    let core::Decision { verdict, reason, evidence, memory } =
        crate::evaluate(policy, &read(snapshot));
    let number =
        |e: core::Evidence| wit::Evidence { name: e.name, value: e.value, threshold: e.threshold };
    Decision {
        verdict: match verdict {
            crate::Verdict::Promote => wit::CohortVerdict::Promote,
            crate::Verdict::Hold => wit::CohortVerdict::Hold,
            crate::Verdict::Rollback => wit::CohortVerdict::Rollback,
        },
        reason,
        evidence: evidence.into_iter().map(number).collect(),
        memory,
    }
}

fn read(snapshot: Snapshot) -> core::Snapshot {
    core::Snapshot {
        rollout: snapshot.rollout,
        generation: snapshot.generation,
        unix_seconds: snapshot.unix_seconds,
        stage: core::StageView {
            index: snapshot.stage.index,
            count: snapshot.stage.count,
            weight: snapshot.stage.weight,
            age_seconds: snapshot.stage.age_seconds,
            min_seconds: snapshot.stage.min_seconds,
            min_requests: snapshot.stage.min_requests,
        },
        windows: snapshot.windows.into_iter().map(window).collect(),
        gates: snapshot.gates.into_iter().map(gate).collect(),
        params: given(snapshot.params),
        memory: snapshot.memory,
    }
}

fn window(window: wit::Window) -> core::Window {
    let wit::Window { seconds, baseline, canary } = window;
    core::Window { seconds, baseline: arm(baseline), canary: arm(canary) }
}

fn arm(arm: wit::Arm) -> core::Arm {
    let event = |event: wit::EventCount| core::EventCount { name: event.name, count: event.count };
    core::Arm {
        requests: arm.requests,
        failures: arm.failures,
        client_gone: arm.client_gone,
        units: arm.units,
        latency: core::LatencyHistogram {
            upper_ms: arm.latency.upper_ms,
            counts: arm.latency.counts,
        },
        events: arm.events.into_iter().map(event).collect(),
    }
}

fn gate(gate: wit::GateResult) -> core::GateResult {
    core::GateResult {
        name: gate.name,
        verdict: match gate.verdict {
            wit::CohortVerdict::Promote => crate::Verdict::Promote,
            wit::CohortVerdict::Hold => crate::Verdict::Hold,
            wit::CohortVerdict::Rollback => crate::Verdict::Rollback,
        },
        severity: match gate.severity {
            wit::GateSeverity::Critical => core::GateSeverity::Critical,
            wit::GateSeverity::Warn => core::GateSeverity::Warn,
            wit::GateSeverity::DryRun => core::GateSeverity::DryRun,
        },
        detail: gate.detail,
    }
}

fn given(params: Vec<Param>) -> Vec<Given> {
    let value = |value| match value {
        wit::ParamValue::Number(n) => ParamValue::Number(n),
        wit::ParamValue::Text(text) => ParamValue::Text(text),
        wit::ParamValue::Flag(flag) => ParamValue::Flag(flag),
    };
    params.into_iter().map(|param| Given { name: param.name, value: value(param.value) }).collect()
}

fn shown(value: ParamValue) -> wit::ParamValue {
    match value {
        ParamValue::Number(n) => wit::ParamValue::Number(n),
        ParamValue::Text(text) => wit::ParamValue::Text(text),
        ParamValue::Flag(flag) => wit::ParamValue::Flag(flag),
    }
}
