//! What was typed. The work is in [`command`](crate::command).

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

use crate::command;
use crate::exit::Exit;
use clap::{Parser, Subcommand};
use std::io::{self, ErrorKind, Write};
use std::panic;
use std::process::ExitCode;

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
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
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

impl Cli {
    /// Does what was asked for.
    ///
    /// # Errors
    /// If the output cannot be written.
    pub fn run(&self, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<Exit> {
        match &self.command {
            #[cfg(feature = "run")]
            Command::Calibrate(args) => command::calibrate::run(args, out, err),
            Command::Check(args) => command::check::run(args, out, err),
            Command::Explain(args) => command::explain::run(args, out, err),
            Command::Lint(args) => command::lint::run(args, out, err),
            Command::Policy(args) => command::policy::run(args, out, err),
            Command::Render(args) => command::render::run(args, out, err),
            #[cfg(feature = "run")]
            Command::Replay(args) => command::replay::run(args, out, err),
            #[cfg(feature = "run")]
            Command::Run(args) => command::run::run(args, out, err),
            Command::Schema { scenario } => command::schema::run(*scenario, out),
            #[cfg(not(feature = "run"))]
            Command::Absent(absent) => command::absent::run(absent.name(), err),
        }
    }
}

/// The whole command: the arguments of this process in, its output and its exit code out.
pub fn main() -> ExitCode {
    // A bug of ours must not look like a verdict on the user's file, nor spill a stack.
    panic::set_hook(Box::new(|bug| {
        let _ = writeln!(io::stderr(), "serinus: a bug in serinus, please report it: {bug}");
    }));
    let run = || {
        let cli = Cli::parse();
        let (mut out, mut err) = (anstream::stdout().lock(), anstream::stderr().lock());
        let ended = cli.run(&mut out, &mut err).and_then(|exit| out.flush().map(|()| exit));
        ended.unwrap_or_else(|error| unwritten(&error, &mut err))
    };
    panic::catch_unwind(run).unwrap_or(Exit::Unusable).into()
}

/// What a failure to write comes to. A reader that has seen enough (`serinus schema | head`) is none.
fn unwritten(error: &io::Error, err: &mut dyn Write) -> Exit {
    if error.kind() == ErrorKind::BrokenPipe {
        return Exit::Good;
    }
    let _ = writeln!(err, "serinus: the output cannot be written: {error}");
    Exit::Unusable
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
