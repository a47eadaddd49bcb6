//! The `serinus` command. All of it is in the library, so that tests call it without a process.

use std::process::ExitCode;

fn main() -> ExitCode {
    serinus_host::cli::main()
}
