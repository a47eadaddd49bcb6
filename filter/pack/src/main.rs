//! `serinus-pack IN.wasm OUT.wasm`: the module that Envoy loads, without what Envoy would call for nothing.
//!
//! Exit codes: 0 packed, 1 the module is no proxy-wasm filter or broke, 2 wrong usage or an unreadable file.

mod error;
mod pack;

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{self, ExitCode};

use clap::Parser;
use error::Error;
use pack::Packed;

/// Keep the exports of a proxy-wasm filter that do something, and collect the rest as garbage.
///
/// Envoy calls every exported callback for every stream, whether it does anything or not, and the SDK exports them all.
#[derive(Parser)]
#[command(
    version,
    after_help = "Example:\n  serinus-pack target/wasm32-unknown-unknown/wasm/serinus_filter.wasm target/dist/serinus-filter.wasm"
)]
struct Args {
    /// The module that the compiler built
    input: PathBuf,
    /// Where the packed module goes; missing folders are made
    output: PathBuf,
    /// Keep this export too, e.g. proxy_on_done (repeatable)
    #[arg(long, value_name = "NAME")]
    keep: Vec<String>,
}

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(report) => {
            // A reader that has gone away is no reason to fail: the file is written.
            let _ = writeln!(io::stdout(), "{report}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            let _ = writeln!(io::stderr(), "serinus-pack: {error}");
            ExitCode::from(error.exit_code())
        }
    }
}

fn run(args: &Args) -> Result<String, Error> {
    let input =
        fs::read(&args.input).map_err(|source| Error::Read { path: args.input.clone(), source })?;
    let packed = pack::pack(&input, &args.keep)
        .map_err(|reason| Error::Pack { path: args.input.clone(), reason })?;
    write_atomically(&args.output, &packed.module)
        .map_err(|source| Error::Write { path: args.output.clone(), source })?;
    Ok(report(&args.output, input.len(), &packed))
}

/// A running Envoy may be watching the file: it sees the old module or the new one, never half of one.
fn write_atomically(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let name = path.file_name().ok_or_else(|| io::Error::other("the path names no file"))?;
    let folder = path.parent().unwrap_or(Path::new(""));
    fs::create_dir_all(folder)?;
    let temporary = folder.join(format!(".{}.{}", name.display(), process::id()));
    let written = fs::write(&temporary, bytes).and_then(|()| fs::rename(&temporary, path));
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written
}

fn report(path: &Path, before: usize, packed: &Packed) -> String {
    let after = packed.module.len();
    let kilobytes = after as f64 / 1000.0;
    format!(
        "kept {}: {}; dropped {}: {}\n{}: {after} bytes ({kilobytes:.1} KB), was {before}",
        packed.kept.len(),
        packed.kept.join(" "),
        packed.dropped.len(),
        packed.dropped.join(" "),
        path.display(),
    )
}
