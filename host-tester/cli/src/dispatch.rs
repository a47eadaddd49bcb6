//! From what was typed to what comes of it: the whole command.

use crate::cli::{Cli, Command};
use crate::command;
use crate::exit::Exit;
use clap::Parser;
use std::io::{self, ErrorKind, Write};
use std::panic;
use std::process::ExitCode;

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
