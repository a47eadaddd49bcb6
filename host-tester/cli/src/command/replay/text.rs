//! For a person.

use super::{Findings, words};
use crate::command::explain::tell_decision;
use anstyle::{AnsiColor, Style};
use serinus_core::diagnostic::Diagnostic;
use serinus_lab::replay::merge;
use serinus_lab::report::Rollout as RolloutReport;
use serinus_lab::snippet::Snippet;
use serinus_lab::story::{self, lasted, plain, plural, summarize, utc};
use std::io::{self, Write};

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const GOOD: Style = AnsiColor::Green.on_default().bold();
const BAD: Style = AnsiColor::Red.on_default().bold();

/// Problems go to `err`, what would have been to `out`.
pub(super) fn report(
    findings: &Findings<'_>,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> io::Result<()> {
    problems(findings.logs, &findings.files, err)?;
    let played = findings.played;
    let millis = u64::try_from(played.lasted.as_millis()).unwrap_or(u64::MAX);
    writeln!(
        out,
        "{BOLD}{}{BOLD:#} over {} from {} UTC\n",
        plural(played.counts.sent, "request"),
        lasted(millis),
        utc(played.began_ms)
    )?;
    for rollout in findings.rollouts {
        let seen = played.seen.rollouts.iter().find(|seen| seen.name == rollout.name);
        tell(&rollout.name, rollout.generation, seen, played.began_ms, out)?;
    }
    writeln!(out, "{BOLD}What this rests on{BOLD:#}")?;
    for sentence in words::assumed(findings) {
        writeln!(out, "  {sentence}")?;
    }
    expected(findings, out)
}

/// Lines that are no entries.
pub(super) fn problems(
    summary: &merge::LogSummary,
    files: &[String],
    err: &mut dyn Write,
) -> io::Result<()> {
    for (file, wrong) in &summary.problems {
        let file = files.get(*file).map_or("", String::as_str);
        let text = format!("left out: {}", wrong.problem);
        let problem = Diagnostic::error("entry", "", text).at(Some(wrong.place));
        // The line itself is not kept, and an entry would not fit on the screen.
        write!(err, "{}", Snippet { diagnostic: &problem, file, text: "" })?;
    }
    let more = summary.wrong - summary.problems.len() as u64;
    if more > 0 {
        writeln!(err, "{} more left out", plural(more, "line"))?;
    }
    if summary.late > 0 {
        let late = plural(summary.late, "entry").replace("entrys", "entries");
        writeln!(err, "{late} came too late to be put in order, and were sent at once")?;
    }
    Ok(())
}

fn tell(
    name: &str,
    generation: u64,
    seen: Option<&RolloutReport>,
    began_ms: u64,
    out: &mut dyn Write,
) -> io::Result<()> {
    writeln!(out, "{BOLD}{}{BOLD:#}, generation {generation}\n", plain(name))?;
    let decisions = seen.map(|seen| seen.decisions.as_slice()).unwrap_or_default();
    for record in decisions {
        tell_decision(record, began_ms, out)?;
    }
    let last = seen.and_then(|seen| seen.samples.last());
    let ended = last.map_or_else(String::new, |last| {
        format!(
            "At the end: {} at {}.",
            last.state.as_str().replace('_', " "),
            story::weight(last.weight)
        )
    });
    let summary = summarize(&decisions.iter().collect::<Vec<_>>());
    let summary = summary.map_or_else(|| "Nothing was decided.".to_owned(), |all| all.sentence());
    writeln!(out, "  {summary} {DIM}{ended}{DIM:#}\n")
}

fn expected(findings: &Findings<'_>, out: &mut dyn Write) -> io::Result<()> {
    let Some((met, verdict)) = findings.met.zip(findings.args.expect) else { return Ok(()) };
    let verdict = format!("{verdict:?}").to_lowercase();
    match met {
        true => writeln!(out, "\n{GOOD}as expected{GOOD:#}: {verdict}"),
        false => writeln!(out, "\n{BAD}not as expected{BAD:#}: {verdict}"),
    }
}
