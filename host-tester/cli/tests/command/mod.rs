//! The `serinus` command as a process: what it was given, and what came of it.
#![allow(dead_code, reason = "each test uses what it needs")]

use std::io::Write;
use std::process::{Command, Output, Stdio};

/// How a run of the command ended, and what it said.
pub struct CommandOutput {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl From<Output> for CommandOutput {
    fn from(Output { status, stdout, stderr }: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: status.code(), out: text(stdout), err: text(stderr) }
    }
}

/// The command, to be given its arguments.
pub fn command() -> Command {
    Command::new(env!("CARGO_BIN_EXE_serinus"))
}

/// Runs it with these arguments and this on its standard input.
pub fn serinus(args: &[&str], input: impl AsRef<[u8]>) -> CommandOutput {
    let mut command = command();
    command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A command that fails on its arguments reads nothing.
    let _ = child.stdin.take().unwrap().write_all(input.as_ref());
    child.wait_with_output().unwrap().into()
}
