//! A subcommand that this build lacks.

use crate::exit::Exit;
use std::io::{self, Write};

/// Says that the subcommand is not in this build, and which build has it.
///
/// # Errors
/// If that cannot be written.
pub(crate) fn run(name: &str, err: &mut dyn Write) -> io::Result<Exit> {
    writeln!(
        err,
        "serinus: `serinus {name}` is not in this build, which lacks the feature `run`: in Serinus's source, `cargo install \
         --locked --path host-tester/cli` builds the whole command"
    )?;
    Ok(Exit::Unusable)
}
