//! The arguments of `serinus check`.

use clap::{Args, ValueEnum};

pub(super) const SCHEMA_HELP: &str = "\
Examples:
  serinus schema > rollout.schema.json
  # then, as the first line of a rollout, for editors that run yaml-language-server:
  # yaml-language-server: $schema=rollout.schema.json";

const HELP: &str = "\
Examples:
  serinus check rollout.yaml
  serinus check rollouts/*.yaml --rps 200
  serinus check rollout.yaml --rps 200 --strict     # a warning fails, for CI
  render-it | serinus check - --format json

What is warned of (the codes of `--format json`):
  short-stage          with --rps: a stage is over before its gates can have seen enough
  impossible-gate      no amount of traffic passes the gate
  expires              `max_age` ends the canary before its stages can be over
  forgeable-force      a client can make a `force` rule hold by what it sends
  cookie-never-issued  `source_address` names everyone, so nobody is given the cookie
  no-gates             stages are promoted by time alone

Output of `--format json`, on stdout (keys are added, never changed):
  { \"version\": 1,
    \"files\": [ { \"file\": \"rollout.yaml\",
                 \"result\": \"good\" | \"fell-short\" | \"unreadable\",
                 \"rollouts\": [\"checkout-v2\"],
                 \"problems\": [ { \"severity\": \"error\" | \"warning\", \"code\": \"short-stage\",
                                 \"path\": \"stages[0]\", \"line\": 12, \"column\": 5,
                                 \"problem\": \"...\", \"remedy\": \"...\" } ] } ] }
  `path` is empty for the whole document; `line` and `column` (from 1, in characters) are null where
  there is no place; `remedy` is null where there is none. Codes of errors: `config` (the document
  does not say a sound rollout), `duplicate-key`, `value` (a value that JSON cannot hold), `policy` (the
  policy is missing, not acceptable, or does not take its parameters), and `unreadable` (no document could
  be read at all).

Exit codes:
  0  every file is good; there may be warnings
  1  an error, or with --strict a warning
  2  wrong usage, or a file that is missing, not YAML or JSON, empty, or several documents";

/// Checks rollouts: every error at once, with its line; and warns of what would surprise.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub struct CheckArgs {
    /// Rollouts in YAML or JSON; `-` is the standard input.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<String>,

    /// Requests per second that take part in a rollout, both cohorts together; with it, stages too
    /// short for their gates are found.
    #[arg(long, value_name = "N", value_parser = rate)]
    pub rps: Option<f64>,

    /// A warning is a failure.
    #[arg(long)]
    pub strict: bool,

    /// For a person, or for a machine.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

/// For whom the output is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Problems on stderr, each with its source line; what is good on stdout.
    Text,
    /// One JSON object on stdout.
    Json,
}

pub(super) fn rate(text: &str) -> Result<f64, String> {
    // More than any proxy has; a simulation of it would never end.
    const MOST: f64 = 1e7;
    let rate = text.parse::<f64>().ok().filter(|n| *n > 0.0 && *n <= MOST);
    rate.ok_or_else(|| "expected a number above 0 and up to 10000000, such as 200".to_owned())
}
