//! For a machine. Its form is documented in `serinus replay --help`: keys are added, never changed.

use super::{Findings, words};
use serde_json::{Value, json};
use serinus_lab::replay::play::Side;
use std::io::{self, Write};

/// One object on one stream, and nothing else.
pub(super) fn report(findings: &Findings<'_>, out: &mut dyn Write) -> io::Result<()> {
    let (played, counts) = (findings.played, &findings.played.counts);
    let report = json!({
        "version": 1,
        "rollout_file": findings.args.rollout,
        "seed": findings.args.seed,
        "began_ms": played.began_ms,
        "lasted_ms": u64::try_from(played.lasted.as_millis()).unwrap_or(u64::MAX),
        "logs": logs(findings),
        "requests": {
            "sent": counts.sent,
            "without_identity": counts.unknown,
            "without_authority": counts.without_host,
            "canary": side(&counts.canary),
            "baseline": side(&counts.baseline),
        },
        "assumed": {
            "canary": "as-logged",
            "canary_errors": findings.args.canary_errors,
            "canary_latency": words::slower(findings.args.canary_latency),
            "sentences": words::assumed(findings),
        },
        "rollouts": findings.rollouts.iter().map(|rollout| {
            let seen = played.seen.rollouts.iter().find(|seen| seen.name == rollout.name);
            let last = seen.and_then(|seen| seen.samples.last());
            json!({
                "rollout": rollout.name,
                "generation": rollout.generation,
                "state": last.map(|last| last.state.as_str()),
                "weight": last.map(|last| last.weight),
                "decisions": seen.map(|seen| seen.decisions.as_slice()).unwrap_or_default(),
            })
        }).collect::<Vec<_>>(),
        "expected": findings.met.zip(findings.args.expect).map(|(met, verdict)| {
            json!({ "verdict": format!("{verdict:?}").to_lowercase(), "met": met })
        }),
    });
    serde_json::to_writer_pretty(&mut *out, &report)?;
    writeln!(out)
}

fn logs(findings: &Findings<'_>) -> Value {
    let problems = findings.logs.problems.iter().map(|(file, wrong)| {
        json!({
            "file": findings.files.get(*file),
            "line": wrong.place.line,
            "column": wrong.place.column,
            "problem": wrong.problem,
        })
    });
    json!({
        "files": findings.files,
        "entries": findings.logs.entries,
        "wrong": findings.logs.wrong,
        "late": findings.logs.late,
        "problems": problems.collect::<Vec<_>>(),
    })
}

fn side(side: &Side) -> Value {
    json!({ "requests": side.requests, "logged_at_canary": side.logged_at_canary })
}
