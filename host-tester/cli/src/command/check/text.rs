//! The report for a person.

use super::Checked;
use crate::cli::CheckArgs;
use crate::exit::Exit;
use serinus_core::diagnostic::Severity;
use serinus_lab::snippet::Snippet;
use std::io::{self, Write};

/// Problems and their count go to `err`, what is good to `out`.
pub(super) fn report(
    files: &[Checked],
    args: &CheckArgs,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> io::Result<()> {
    for checked in files {
        for problem in &checked.problems {
            writeln!(
                err,
                "{}",
                Snippet { diagnostic: problem, file: &checked.file, text: &checked.text }
            )?;
        }
    }
    for checked in files.iter().filter(|checked| checked.exit == Exit::Good) {
        writeln!(out, "{}: good ({})", checked.file, checked.rollouts.join(", "))?;
    }
    if args.rps.is_none() && files.iter().any(|checked| checked.exit == Exit::Good) {
        writeln!(
            out,
            "With --rps N it is also checked whether the stages last long enough for their gates."
        )?;
    }
    match summary(files) {
        Some(summary) => writeln!(err, "{summary}"),
        None => Ok(()),
    }
}

/// `2 errors and 1 warning in 3 files`.
fn summary(files: &[Checked]) -> Option<String> {
    let count = |severity| {
        let all = files.iter().flat_map(|checked| &checked.problems);
        all.filter(|problem| problem.severity == severity).count()
    };
    let counts = [(count(Severity::Error), "error"), (count(Severity::Warning), "warning")];
    let counts: Vec<String> =
        counts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| plural(*n, what)).collect();
    let files = plural(files.len(), "file");
    (!counts.is_empty()).then(|| format!("{} in {files}", counts.join(" and ")))
}

fn plural(count: usize, what: &str) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{count} {what}{s}")
}
