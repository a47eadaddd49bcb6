//! The arguments of `serinus explain`.

use super::Format;
use clap::Args;
use std::path::PathBuf;

const HELP: &str = "\
Examples:
  serinus explain envoy.log
  kubectl logs deploy/gateway | serinus explain -
  cat envoy.log.1 envoy.log | serinus explain -      # a log that was rotated
  serinus explain envoy.log --report decisions.html
  serinus explain --figures logs/*.log               # how releases go, for a dashboard

How to read it:
  2 of 410 failed = 0.488% [0.041%, 2.1%]
                                      a share with its interval, which holds at every look at once
  e-value 2,076, where 100 is enough  how strongly the failures speak against \"no worse than tolerated\":
                                      a canary for which that is true ever gets to N in at most 1 of N rollouts

Decisions are what follows `serinus.decision ` anywhere in a line, also inside the strings of a log that is
JSON, and lines that are a record by themselves. Other lines are only counted. Each file is read as the log
of one Envoy: every Envoy decides for itself, so files are never mixed.

Output of `--format json`, on stdout (keys are added, never changed; times in milliseconds, weights in 1/100000):
  { \"version\": 1,
    \"files\": [ { \"file\": \"envoy.log\", \"result\": \"good\" | \"fell-short\" | \"unreadable\",
                 \"lines\": 120, \"other_lines\": 118, \"decisions\": 1,
                 \"problems\": [ as of `serinus check`; the code is `record` or `unreadable` ] } ],
    \"rollouts\": [ { \"file\": \"envoy.log\", \"rollout\": \"checkout-v2\", \"generation\": 1,
                    \"outcome\": \"progressing\" | \"holding\" | \"promoted\" | \"rolled-back\",
                    \"weight\": 0, \"began_ms\": 1795227225379, \"last_ms\": 1795227230457,
                    \"requests\": 10, \"failures\": 5, \"complete\": true, \"from_start\": true,
                    \"summary\": \"...\",
                    \"decisions\": [ { \"line\": 7, \"headline\": \"...\", \"why\": [\"...\"], \"record\": {...} } ] } ] }
  `began_ms`: when the stage of the first decision was entered. `requests`, `failures`: of the canary, in
  the stages on record. `complete`: false if a stage's requests are not on record. `from_start`: whether that
  stage is the first. `record`: as in the log.

Output of `--figures`, on stdout (keys are added, never changed; times in milliseconds). A release is a rollout's name and
generation, in whatever files; it was rolled back if any Envoy did so, at the moment at which the first did:
  { \"version\": 1, \"files\": [\"envoy.log\"], \"from_ms\": 1795227225379, \"to_ms\": 1795227230457,
    \"releases\": 12, \"promoted\": 9, \"rolled_back\": 2, \"unfinished\": 1,
    \"change_failure_rate\": 0.18,              rolled back, of those that have ended
    \"progressive_share\": 0.92,                began with less than all traffic, and moved by evidence alone
    \"time_to_stop_ms\": { \"median\": 61000, \"p95\": 900000, \"of\": 2 },      from the release's beginning
    \"time_to_promote_ms\": { \"median\": 18900000, \"p95\": 20000000, \"of\": 9 },
    \"canary_requests_to_stop\": 149, \"canary_failures_to_stop\": 10,
    \"stopped_by\": [ { \"what\": \"guard\", \"releases\": 2 } ], \"holds\": 4 }
  Rates and times are null where there is nothing to take them of.

Exit codes:
  0  every decision could be read
  1  a line says that it is a decision and cannot be read; the others are explained
  2  wrong usage, a file that cannot be read, no decision in any file, or a report that cannot be written";

/// Tells what was decided and why, from decision records or Envoy's log.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub struct ExplainArgs {
    /// Records, one JSON object per line, or logs of Envoy; `-` is the standard input.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<String>,

    /// For a person, or for a machine.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,

    /// Deployment figures in JSON in place of the decisions: change failure rate, time to stop, share of progressive releases.
    #[arg(long)]
    pub figures: bool,

    /// Also writes an HTML page, self-contained.
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
}
