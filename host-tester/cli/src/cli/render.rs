//! The arguments of `serinus render`.

use clap::{Args, ValueEnum};
use std::path::PathBuf;

const HELP: &str = "\
Examples:
  serinus render rollout.yaml --target envoy > ecds/serinus.yaml
  serinus render rollout.yaml --target envoy --policy target/error-rate.component.wasm --output ecds/serinus.yaml
  serinus render rollout.yaml --target envoy --config        # the plugin configuration alone, as JSON

`policy.file` of the rollout (relative to its file) is replaced by the component's core module, as base64, and its
SHA-256. The filter takes a policy only in the build that can run one: serinus-filter-policies.wasm.

What is written for Envoy is a file for its extension configuration discovery, as in examples/envoy. Envoy reads it
again when another file is renamed over it; --output does that.

Exit codes:
  0  it is written
  1  the rollout is unsound, or its policy is missing or not acceptable
  2  wrong usage, a target that is not there yet, or a file that cannot be read or written";

/// Writes what a proxy is configured with: the rollout, and in it the policy that it names.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub struct RenderArgs {
    /// The rollout, in YAML or JSON; `-` is the standard input.
    #[arg(value_name = "ROLLOUT")]
    pub rollout: String,

    /// For what.
    #[arg(long, value_enum)]
    pub target: Target,

    /// A component in place of the rollout's `policy.file`.
    #[arg(long, value_name = "COMPONENT.wasm")]
    pub policy: Option<PathBuf>,

    /// Where the proxy finds the filter; by default /etc/envoy/serinus-filter.wasm, and with a policy
    /// /etc/envoy/serinus-filter-policies.wasm.
    #[arg(long, value_name = "MODULE")]
    pub filter: Option<String>,

    /// Writes the plugin configuration alone, as JSON.
    #[arg(long)]
    pub config: bool,

    /// Writes there and not to the standard output; the file appears whole or not at all.
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// What is configured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Target {
    /// Envoy, by a file of its extension configuration discovery.
    Envoy,
    /// Istio; not there yet.
    Istio,
    /// The Gateway API; not there yet.
    Gateway,
}
