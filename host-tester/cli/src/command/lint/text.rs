//! The report for a person.
//!
//! ```text
//! filter.wasm: error: imports JavaScript through wasm-bindgen [missing-import]
//!   | __wbindgen_placeholder__.__wbindgen_throw
//!   = why: Envoy loads no module with an import that it does not serve, whether it is called or not
//!   = help: find the crate that asks for it
//! ```
//!
//! A line `= envoy: 1.32..1.38` follows where it does not hold for every version that was asked for.

use super::Linted;
use crate::exit::Exit;
use anstyle::{AnsiColor, Style};
use serinus_host::lint::Versions;
use serinus_host::lint::{Facts, Finding, Severity};
use std::fmt;
use std::io::{self, Write};

const BOLD: Style = Style::new().bold();
const FRAME: Style = AnsiColor::Blue.on_default().bold();

/// Findings and their count go to `err`, what is good to `out`.
pub(super) fn report(
    files: &[Linted],
    asked: Versions,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> io::Result<()> {
    for linted in files {
        match &linted.report {
            Ok(report) => report.findings.iter().try_for_each(|finding| {
                writeln!(err, "{}", Rendered { file: &linted.file, finding, asked })
            })?,
            Err(error) => {
                let (file, red) = (&linted.file, AnsiColor::Red.on_default().bold());
                writeln!(err, "{BOLD}{file}: {BOLD:#}{red}error{red:#}{BOLD}: {error}{BOLD:#}\n")?;
            }
        }
    }
    for linted in files.iter().filter(|linted| linted.exit == Exit::Good) {
        let facts = linted.report.as_ref().ok().and_then(|report| report.facts.as_ref());
        writeln!(out, "{}: good{}", linted.file, facts.map(summary).unwrap_or_default())?;
    }
    match count(files) {
        Some(count) => writeln!(err, "{count}"),
        None => Ok(()),
    }
}

/// A finding about a file.
struct Rendered<'a> {
    file: &'a str,
    finding: &'a Finding,
    asked: Versions,
}

impl fmt::Display for Rendered<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let finding = self.finding;
        let (word, colour) = match finding.severity {
            Severity::Error => ("error", AnsiColor::Red),
            Severity::Warning => ("warning", AnsiColor::Yellow),
            Severity::Note => ("note", AnsiColor::Cyan),
        };
        let colour = colour.on_default().bold();
        let (file, problem, code) = (self.file, &finding.problem, finding.code);
        writeln!(
            f,
            "{BOLD}{file}: {BOLD:#}{colour}{word}{colour:#}{BOLD}: {problem}{BOLD:#} [{code}]"
        )?;
        for name in &finding.names {
            writeln!(f, "  {FRAME}|{FRAME:#} {name}")?;
        }
        let more = finding.count.saturating_sub(finding.names.len());
        if more > 0 {
            writeln!(f, "  {FRAME}|{FRAME:#} and {more} more")?;
        }
        writeln!(f, "  {FRAME}={FRAME:#} why: {}", finding.why)?;
        if let Some(remedy) = &finding.remedy {
            writeln!(f, "  {FRAME}={FRAME:#} help: {remedy}")?;
        }
        if finding.envoy != self.asked {
            writeln!(f, "  {FRAME}={FRAME:#} envoy: {}", finding.envoy)?;
        }
        Ok(())
    }
}

/// ` (ABI 0.2.1, 168 KiB: code 120 KiB, data 30 KiB, names 9 KiB; memory at the start 1088 KiB)`.
fn summary(facts: &Facts) -> String {
    let kib = |bytes: usize| format!("{} KiB", bytes.div_ceil(1024));
    format!(
        " (ABI {}, {}: code {}, data {}, names {}; memory at the start {} KiB)",
        facts.abi.as_deref().unwrap_or("unknown"),
        kib(facts.bytes),
        kib(facts.code_bytes),
        kib(facts.data_bytes),
        kib(facts.name_bytes),
        facts.memory_bytes.div_ceil(1024),
    )
}

/// `2 errors, 1 warning and 1 note in 3 files`.
fn count(files: &[Linted]) -> Option<String> {
    let findings =
        || files.iter().filter_map(|linted| linted.report.as_ref().ok()).flat_map(|r| &r.findings);
    let words =
        [(Severity::Error, "error"), (Severity::Warning, "warning"), (Severity::Note, "note")];
    let unreadable = files.iter().filter(|linted| linted.report.is_err()).count();
    let counts = words.map(|(severity, word)| {
        let found = findings().filter(|f| f.severity == severity).count();
        (if severity == Severity::Error { found + unreadable } else { found }, word)
    });
    let counts: Vec<String> = counts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| plural(*count, word))
        .collect();
    let (last, others) = counts.split_last()?;
    let files = plural(files.len(), "file");
    Some(match others {
        [] => format!("{last} in {files}"),
        others => format!("{} and {last} in {files}", others.join(", ")),
    })
}

fn plural(count: usize, what: &str) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{count} {what}{s}")
}
