//! The arguments of `serinus run`.

use clap::{Args, ValueEnum};
use std::path::PathBuf;

const HELP: &str = "\
Examples:
  serinus run scenario.yaml
  serinus run tests/scenarios/*.yaml --format junit --output results.xml
  serinus run auth.yaml --filter target/wasm32-unknown-unknown/release/auth.wasm
  serinus run race.yaml --seed 7 --trace
  serinus run tests/scenarios/*.yaml --report scenarios.html

A scenario, at its smallest (`serinus schema --scenario` says every key):
  scenario: the canary is asked
  rollout: rollout.yaml
  clusters: { baseline: {}, canary: { latency: 20ms } }
  steps:
    - request: { path: /, headers: { x-user-id: alice } }
      expect: { status: 200 }

The same scenario with the same seed gives the same result, and the same JSON byte for byte.

Output of `--format json` (keys are added, never changed):
  { \"version\": 1,
    \"scenarios\": [ { \"file\": \"scenario.yaml\", \"name\": \"...\",
                     \"result\": \"passed\" | \"failed\" | \"unreadable\",
                     \"seed\": 1, \"simulated_ms\": 90000, \"requests\": 180,
                     \"expectations\": [ { \"path\": \"steps[0].expect.status\", \"line\": 6, \"column\": 15,
                                         \"what\": \"...\", \"expected\": \"...\", \"seen\": \"...\",
                                         \"passed\": true, \"from_ms\": 0, \"to_ms\": 21, \"trace\": [] } ],
                     \"problems\": [ { \"file\": \"scenario.yaml\", \"severity\": \"error\", \"code\": \"scenario\",
                                     \"path\": \"werkers\", \"line\": 3, \"column\": 1,
                                     \"problem\": \"...\", \"remedy\": \"...\" } ],
                     \"error\": null } ] }
  `trace` is empty for what holds. `unreadable` has `problems` with the files, or the `error` that kept
  the scenario from running; `seed`, `simulated_ms` and `requests` are null then.

Output of `--format junit`: a suite for each scenario, a case for each expectation.

Exit codes:
  0  every expectation holds
  1  an expectation does not hold, or a filter cannot be loaded or does not start
  2  wrong usage, a scenario that is missing or unsound, or a file that cannot be written";

/// Runs scenarios on the embedded host: any Proxy-Wasm filter, as Envoy would run it, in virtual time.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub struct RunArgs {
    /// Scenarios in YAML or JSON; `-` is the standard input.
    #[arg(required = true, value_name = "SCENARIO")]
    pub files: Vec<String>,

    /// For a person, for a program, or for a CI system.
    #[arg(long, value_enum, default_value_t = RunFormat::Text)]
    pub format: RunFormat,

    /// Writes the results there and not to the standard output.
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,

    /// Also writes an HTML page, self-contained, with a part for each scenario: weight, requests, evidence and
    /// latency over time, and every decision with its reasons.
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,

    /// Draws everything from this number and not from what the scenarios say.
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,

    /// The module for plugins that name none; by default the Serinus filter: $SERINUS_FILTER, else
    /// target/dist/serinus-filter.wasm in a folder around the scenario. With a policy it is
    /// serinus-filter-policies.wasm, and $SERINUS_FILTER_POLICIES goes before both.
    #[arg(long, value_name = "MODULE")]
    pub filter: Option<PathBuf>,

    /// Writes everything that happens to the standard error.
    #[arg(long)]
    pub trace: bool,

    /// Runs only scenarios whose name has this in it.
    #[arg(long, value_name = "NAME")]
    pub only: Option<String>,
}

/// For whom the output is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RunFormat {
    /// What passed on stdout, each on a line; what did not on stderr, with what was expected and seen.
    Text,
    /// One JSON object.
    Json,
    /// JUnit XML.
    Junit,
}
