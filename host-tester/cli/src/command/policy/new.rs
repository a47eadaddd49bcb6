//! `serinus policy new`.

use super::unusable;
use crate::cli::NewArgs;
use crate::exit::Exit;
use serinus_lab::policy::scaffold::{scaffold, sdk};
use std::io::{self, Write};

pub(super) fn run(args: &NewArgs, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<Exit> {
    let files = match scaffold(&args.folder, &args.sdk.clone().unwrap_or_else(sdk)) {
        Ok(files) => files,
        Err(error) => return unusable(&error.to_string(), err),
    };
    for file in files {
        writeln!(out, "{}", file.display())?;
    }
    writeln!(out, "Next: cd {} && serinus policy test", args.folder.display())?;
    Ok(Exit::Good)
}
