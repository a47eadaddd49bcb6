//! The `serinus` command: the binary of the library beside it.

use std::process::ExitCode;

fn main() -> ExitCode {
    serinus_cli::dispatch::main()
}
