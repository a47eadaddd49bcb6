//! For a person: a line for each scenario that passed, everything about each expectation that did not hold.

use crate::scenario::judge::{Clock, ExpectationResult};
use crate::scenario::outcome::{Outcome, RunResult};
use crate::words::plural;
use anstyle::{AnsiColor, Style};
use std::io::{self, Write};

const GOOD: Style = AnsiColor::Green.on_default().bold();
const BAD: Style = AnsiColor::Red.on_default().bold();
const FAINT: Style = Style::new().dimmed();

/// One scenario.
///
/// # Errors
/// If it cannot be written.
pub fn one(ran: &RunResult, out: &mut dyn Write) -> io::Result<()> {
    match ran {
        RunResult::Completed(_, outcome) if outcome.passed() => passed(outcome, out),
        RunResult::Completed(_, outcome) => failed(outcome, out),
        RunResult::Invalid(_, unsound) => write!(out, "{unsound}"),
        RunResult::NotRun { file, name, why, .. } => {
            let mut lines = why.lines().map(plain);
            let first = lines.next().unwrap_or_default();
            writeln!(out, "{BAD}error{BAD:#}  {}: {first}", plain(name))?;
            for line in lines {
                writeln!(out, "    {}", line.trim_start())?;
            }
            writeln!(out, "  {FAINT}{}{FAINT:#}", plain(file))
        }
    }
}

/// How it all ended.
///
/// # Errors
/// If it cannot be written.
pub fn summary(ran: &[RunResult], out: &mut dyn Write) -> io::Result<()> {
    let count = |fits: fn(&RunResult) -> bool| ran.iter().filter(|ran| fits(ran)).count();
    let good = count(|ran| matches!(ran, RunResult::Completed(_, outcome) if outcome.passed()));
    let bad = count(|ran| matches!(ran, RunResult::Completed(_, outcome) if !outcome.passed()));
    let mut counts = vec![format!("{good} passed")];
    let not_run = ran.len() - good - bad;
    counts.extend((bad > 0).then(|| format!("{bad} failed")));
    counts.extend((not_run > 0).then(|| format!("{not_run} could not be run")));
    writeln!(out, "{}", counts.join(", "))
}

fn passed(outcome: &Outcome, out: &mut dyn Write) -> io::Result<()> {
    let Outcome { name, results, .. } = outcome;
    let count = plural(results.len() as u64, "expectation");
    let how = how_long(outcome);
    writeln!(out, "{GOOD}passed{GOOD:#} {} {FAINT}({count}, {how}){FAINT:#}", plain(name))
}

fn how_long(outcome: &Outcome) -> String {
    let Outcome { simulated, wall, requests, .. } = outcome;
    let wall = wall.as_secs_f64();
    format!("{} in {} took {wall:.2}s", plural(*requests, "request"), Clock(*simulated))
}

fn failed(outcome: &Outcome, err: &mut dyn Write) -> io::Result<()> {
    let Outcome { name, file, results, .. } = outcome;
    let (bad, all) = (outcome.failures(), results.len());
    writeln!(
        err,
        "{BAD}failed{BAD:#} {} {FAINT}({bad} of {all} expectations, {}){FAINT:#}",
        plain(name),
        how_long(outcome)
    )?;
    for result in results.iter().filter(|result| !result.passed) {
        failure(file, result, err)?;
    }
    writeln!(err, "  {FAINT}again, the same way: {}{FAINT:#}", again(outcome))
}

/// The command that does it again.
fn again(outcome: &Outcome) -> String {
    let Outcome { file, seed, filter, .. } = outcome;
    let filter = filter.as_ref().map(|filter| filter.display().to_string());
    let filter = filter.map(|filter| format!(" --filter {}", word(&filter))).unwrap_or_default();
    format!("serinus run {}{filter} --seed {seed}", word(file))
}

/// As a word of a shell's.
fn word(text: &str) -> String {
    let text = plain(text);
    let safe = |c: char| c.is_alphanumeric() || "/._-+:@,=".contains(c);
    match !text.is_empty() && text.chars().all(safe) {
        true => text,
        false => format!("'{}'", text.replace('\'', r"'\''")),
    }
}

fn failure(file: &str, result: &ExpectationResult, err: &mut dyn Write) -> io::Result<()> {
    let place =
        result.place.map(|place| format!(":{}:{}", place.line, place.column)).unwrap_or_default();
    writeln!(err, "\n  {}{place}: {}", plain(file), plain(&result.what))?;
    writeln!(err, "    expected {}", plain(&result.expected))?;
    writeln!(err, "    seen     {BAD}{}{BAD:#}", plain(&result.seen))?;
    if result.trace.is_empty() {
        return Ok(());
    }
    let (from, to) = result.window;
    let when = if from == to {
        Clock(to).to_string()
    } else {
        format!("{} to {}", Clock(from), Clock(to))
    };
    writeln!(err, "    {FAINT}around {when}:{FAINT:#}")?;
    result.trace.iter().try_for_each(|line| writeln!(err, "      {FAINT}{}{FAINT:#}", plain(line)))
}

/// Text of a guest's or a file's without what a terminal would obey.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}
