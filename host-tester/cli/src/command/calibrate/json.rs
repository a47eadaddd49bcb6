//! The report for a machine. Its form is documented in `serinus calibrate --help`: keys are added, never changed.

use super::Calibrated;
use serde::Serialize;
use serinus_core::diagnostic::Diagnostic;
use serinus_lab::calibrate::alternatives::Watched;
use serinus_lab::calibrate::exact::Agreement;
use serinus_lab::calibrate::summary::ScenarioOutcome;
use std::io::{self, Write};

#[derive(Serialize)]
struct Report<'a> {
    version: u32,
    rollout_file: &'a str,
    seed: u64,
    runs: u32,
    traffic: Traffic,
    rollouts: Vec<Rollout<'a>>,
}

#[derive(Serialize)]
struct Traffic {
    rps: f64,
    errors: f64,
    p50_ms: u128,
    p99_ms: u128,
    users: u32,
    heavy_tailed: bool,
}

#[derive(Serialize)]
struct Rollout<'a> {
    rollout: &'a str,
    horizon_ms: u64,
    scenarios: &'a [ScenarioOutcome],
    problems: &'a [Diagnostic],
    exact: Option<&'a [Agreement]>,
    alternatives: Option<&'a [Watched]>,
}

/// One object on one stream, and nothing else.
pub(super) fn report(calibrated: &Calibrated<'_>, out: &mut dyn Write) -> io::Result<()> {
    let args = calibrated.args;
    let report = Report {
        version: 1,
        rollout_file: &args.rollout,
        seed: args.seed,
        runs: args.runs,
        traffic: Traffic {
            rps: args.rps,
            errors: args.baseline_errors,
            p50_ms: args.latency.0.as_millis(),
            p99_ms: args.latency.1.as_millis(),
            users: args.users,
            heavy_tailed: args.heavy_tailed,
        },
        rollouts: calibrated
            .rollouts
            .iter()
            .map(|one| Rollout {
                rollout: &one.calibration.rollout,
                horizon_ms: one.calibration.horizon_ms,
                scenarios: &one.calibration.scenarios,
                problems: &one.problems,
                exact: one.exact.as_deref(),
                alternatives: one.alternatives.as_deref(),
            })
            .collect(),
    };
    serde_json::to_writer_pretty(&mut *out, &report)?;
    writeln!(out)
}
