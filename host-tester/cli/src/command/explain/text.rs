//! The report for a person.

use anstyle::{AnsiColor, Style};
use serinus_core::record::{Judgement, Record, Verdict};
use serinus_lab::explain::{Log, Timeline, timelines};
use serinus_lab::snippet::Snippet;
use serinus_lab::story::{lasted, overview, plain, plural, tell, utc, weight};
use std::io::{self, Write};

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();

/// What could not be read, and logs that say nothing.
pub(super) fn problems(logs: &[Log], err: &mut dyn Write) -> io::Result<()> {
    for log in logs {
        for problem in &log.problems {
            // The line itself is not kept, and a record would not fit on the screen.
            write!(err, "{}", Snippet { diagnostic: problem, file: &log.name, text: "" })?;
        }
        nothing(log, err)?;
    }
    Ok(())
}

/// Problems go to `err`, what was decided to `out`.
pub(super) fn report(logs: &[Log], out: &mut dyn Write, err: &mut dyn Write) -> io::Result<()> {
    problems(logs, err)?;
    for log in logs {
        for timeline in timelines(log) {
            tell_timeline(&timeline, logs.len() > 1, out)?;
        }
    }
    let others: usize = logs.iter().map(|log| log.others).sum();
    let decisions: usize = logs.iter().map(|log| log.found.len()).sum();
    if decisions > 0 && others > 0 {
        let others = plural(others as u64, "other line");
        writeln!(out, "{DIM}Beside these: {others} without a decision.{DIM:#}")?;
    }
    Ok(())
}

/// What to look at when a file says nothing.
fn nothing(log: &Log, err: &mut dyn Write) -> io::Result<()> {
    if !log.found.is_empty() || !log.problems.is_empty() {
        return Ok(());
    }
    let lines = plural(log.lines as u64, "line");
    writeln!(
        err,
        "{BOLD}{}{BOLD:#}: no decision in {lines}; Envoy writes them to its log at level `info` for the component `wasm`",
        plain(&log.name)
    )
}

fn tell_timeline(timeline: &Timeline<'_>, name_file: bool, out: &mut dyn Write) -> io::Result<()> {
    let file = if name_file { format!(" in {}", plain(timeline.file)) } else { String::new() };
    writeln!(
        out,
        "{BOLD}{}{BOLD:#}, generation {}{file}\n",
        plain(timeline.rollout),
        timeline.generation
    )?;
    let records: Vec<&Record> = timeline.decisions.iter().map(|found| &found.record).collect();
    for (question, answer) in overview(&records) {
        writeln!(out, "  {BOLD}{question:<15}{BOLD:#}{answer}")?;
    }
    writeln!(out)?;
    for found in &timeline.decisions {
        tell_decision(&found.record, timeline.first_ms(), out)?;
    }
    Ok(())
}

/// One decision, with its time since the first.
pub(in crate::command) fn tell_decision(
    record: &Record,
    first_ms: u64,
    out: &mut dyn Write,
) -> io::Result<()> {
    let told = tell(record);
    let (mark, style) = mark(record.verdict);
    let since = lasted(record.time_ms.saturating_sub(first_ms));
    let (at, stage) = (utc(record.time_ms), record.stage);
    writeln!(
        out,
        "  {at} UTC  {:>8}  stage {stage}, {:<5}  {style}{mark} {}{style:#}",
        format!("+{since}"),
        weight(record.weight),
        told.headline
    )?;
    for sentence in &told.why {
        writeln!(out, "      {sentence}")?;
    }
    for gate in &told.compared {
        let mark = match gate.result {
            Judgement::Passed => "passed",
            Judgement::Open => "open",
            Judgement::Breached => "breached",
            Judgement::Waived => "not judged",
        };
        writeln!(out, "      {} {mark}: {}", gate.gate, gate.verdict)?;
        writeln!(out, "      {DIM}  canary   {}{DIM:#}", gate.canary)?;
        writeln!(out, "      {DIM}  baseline {}{DIM:#}", gate.baseline)?;
    }
    for line in &told.latency {
        writeln!(out, "      {DIM}latency: {line}{DIM:#}")?;
    }
    writeln!(out)
}

/// A sign for those who see no colours, and a colour.
fn mark(verdict: Verdict) -> (&'static str, Style) {
    match verdict {
        Verdict::Promote => ("^", AnsiColor::Green.on_default().bold()),
        Verdict::Hold => ("=", AnsiColor::Yellow.on_default().bold()),
        Verdict::Rollback => ("x", AnsiColor::Red.on_default().bold()),
    }
}
