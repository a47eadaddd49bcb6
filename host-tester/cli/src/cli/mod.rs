//! What was typed. What comes of it is in [`command`](crate::command).

#[cfg(not(feature = "run"))]
mod absent;
#[cfg(feature = "run")]
mod calibrate;
mod check;
mod explain;
mod lint;
mod policy;
mod render;
#[cfg(feature = "run")]
mod replay;
#[cfg(feature = "run")]
mod run;

#[cfg(feature = "run")]
pub use calibrate::CalibrateArgs;
pub use check::{CheckArgs, Format};
pub use explain::ExplainArgs;
pub use lint::LintArgs;
pub(crate) use policy::PolicyCommand;
pub use policy::{BuildArgs, NewArgs, PolicyArgs, PolicyCheckArgs};
#[cfg(feature = "run")]
pub use policy::{EvalArgs, TestArgs};
pub use render::{RenderArgs, Target};
#[cfg(feature = "run")]
pub use replay::{Expected, Outcomes, ReplayArgs};
#[cfg(feature = "run")]
pub use run::{RunArgs, RunFormat};
#[cfg(feature = "run")]
pub use serinus_lab::replay::what_if::Slower;

use clap::{Parser, Subcommand};

const EXIT_CODES: &str = "\
Exit codes:
  0  good
  1  the thing that was checked fell short
  2  wrong usage, or input that cannot be read";

/// Canary releases that are judged inside Envoy: checks for the laptop and for CI.
#[derive(Debug, Parser)]
#[command(name = "serinus", version, after_help = EXIT_CODES, disable_help_subcommand = true)]
pub struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The subcommand.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    #[cfg(feature = "run")]
    Calibrate(CalibrateArgs),
    Check(CheckArgs),
    Explain(ExplainArgs),
    Lint(LintArgs),
    Policy(PolicyArgs),
    Render(RenderArgs),
    #[cfg(feature = "run")]
    Replay(ReplayArgs),
    #[cfg(feature = "run")]
    Run(RunArgs),
    /// Prints the JSON Schema of a rollout, for editors and other tools.
    #[command(after_help = check::SCHEMA_HELP)]
    Schema {
        /// That of a scenario in its place.
        #[arg(long)]
        scenario: bool,
    },
    #[cfg(not(feature = "run"))]
    #[command(flatten)]
    Absent(absent::Absent),
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_arguments_are_declared_soundly() {
        Cli::command().debug_assert();
    }
}
