//! `serinus policy`.

mod build;
mod check;
#[cfg(feature = "run")]
mod decided;
#[cfg(feature = "run")]
mod eval;
mod new;
#[cfg(feature = "run")]
mod test;
mod words;

use crate::cli::{PolicyArgs, PolicyCommand};
use crate::exit::Exit;
use serde::Serialize;
use serinus_lab::policy::Runtime;
use serinus_lab::policy::inspect::{Finding, MAX_MODULE};
use std::fs::File;
use std::io::{self, Read, Write};

/// No component is larger: its core module may have half a megabyte. It keeps `/dev/zero` from filling the memory.
const MAX_BYTES: u64 = 32 * MAX_MODULE as u64;

/// Does what was asked for.
///
/// # Errors
/// If the output cannot be written.
pub fn run(args: &PolicyArgs, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<Exit> {
    if let PolicyCommand::New(args) = &args.command {
        return new::run(args, out, err);
    }
    let runtime = match Runtime::cached() {
        Ok(runtime) => runtime,
        Err(error) => return unusable(&error.to_string(), err),
    };
    match &args.command {
        PolicyCommand::New(_) => Ok(Exit::Good),
        PolicyCommand::Build(args) => build::run(args, &runtime, out, err),
        PolicyCommand::Check(args) => check::run(args, &runtime, out, err),
        #[cfg(feature = "run")]
        PolicyCommand::Test(args) => test::run(args, &runtime, out, err),
        #[cfg(feature = "run")]
        PolicyCommand::Eval(args) => eval::run(args, &runtime, out, err),
        #[cfg(not(feature = "run"))]
        PolicyCommand::Absent(absent) => crate::command::absent::run(absent.name(), err),
    }
}

fn unusable(why: &str, err: &mut dyn Write) -> io::Result<Exit> {
    writeln!(err, "serinus: {}", why.trim_end())?;
    Ok(Exit::Unusable)
}

/// The bytes of a file or of the standard input.
fn read(path: &str) -> io::Result<Vec<u8>> {
    let reader: Box<dyn Read> = match path {
        "-" => Box::new(io::stdin().lock()),
        path => Box::new(File::open(path)?),
    };
    let mut bytes = Vec::new();
    reader.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(io::Error::other("is larger than any policy"));
    }
    Ok(bytes)
}

/// The word for an exit, where nothing could be read.
fn result(exit: Exit, unusable: &'static str) -> &'static str {
    match exit {
        Exit::Good => "good",
        Exit::FellShort => "fell-short",
        Exit::Unusable => unusable,
    }
}

/// One object on one stream, and nothing else.
fn json(report: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, report)?;
    writeln!(out)
}

/// Findings about a file, as `serinus lint` tells its own.
fn tell(file: &str, findings: &[Finding], err: &mut dyn Write) -> io::Result<()> {
    findings.iter().try_for_each(|finding| writeln!(err, "{}", words::Rendered { file, finding }))
}
