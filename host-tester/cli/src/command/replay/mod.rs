//! `serinus replay`.

mod json;
mod page;
mod text;
mod words;

use crate::cli::{Expected, Format, ReplayArgs};
use crate::command::progress::ProgressLine;
use crate::command::unreadable;
use crate::exit::Exit;
use serinus_core::config::Rollout;
use serinus_core::record::Verdict;
use serinus_host::engine::{Engine, EngineOptions};
use serinus_host::filter::Filter;
use serinus_lab::filter_module::{self, Build};
use serinus_lab::policy::delivery;
use serinus_lab::replay::merge::Merged;
use serinus_lab::replay::play::ReplayError;
use serinus_lab::replay::read::{Headers, Log};
use serinus_lab::replay::what_if::Canary;
use serinus_lab::replay::{Options, Played, play};
use serinus_lab::report::Rollout as RolloutReport;
use serinus_lab::rollout_file::{Document, Source};
use serinus_lab::snippet::Snippet;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

/// What is findings.
pub(super) struct Findings<'a> {
    args: &'a ReplayArgs,
    rollouts: &'a [Rollout],
    files: Vec<String>,
    logs: &'a serinus_lab::replay::merge::LogSummary,
    played: &'a Played,
    met: Option<bool>,
}

/// Replays, and tells.
///
/// # Errors
/// If what is told cannot be written.
pub fn run(args: &ReplayArgs, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<Exit> {
    match replay(args, out, err)? {
        Ok(exit) => Ok(exit),
        Err(CommandError { exit, why }) => {
            writeln!(err, "serinus: {}", why.trim_end())?;
            Ok(exit)
        }
    }
}

/// Why nothing was replayed.
struct CommandError {
    exit: Exit,
    why: String,
}

impl CommandError {
    fn unusable(why: impl ToString) -> Self {
        Self { exit: Exit::Unusable, why: why.to_string() }
    }

    fn fell_short(why: impl ToString) -> Self {
        Self { exit: Exit::FellShort, why: why.to_string() }
    }
}

fn replay(
    args: &ReplayArgs,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> io::Result<Result<Exit, CommandError>> {
    // Before anything is run: an hour later it would be too late to say so.
    let report = match args.report.as_ref().map(|path| (path, File::create(path))) {
        Some((path, Err(error))) => {
            let why = format!("{} cannot be written: {error}", path.display());
            return Ok(Err(CommandError::unusable(why)));
        }
        Some((_, Ok(file))) => Some(file),
        None => None,
    };
    let ready = match prepare(args) {
        Ok(ready) => ready,
        Err(failed) => return Ok(Err(failed)),
    };
    let Ready { config, rollouts, filter, mut logs } = ready;
    let options = options(args);
    let mut shown = ProgressLine::new("replay", false);
    let played = play(&filter, &config, &rollouts, &mut logs, &options, &mut shown);
    drop(shown);
    let played = match played {
        Ok(played) => played,
        Err(error @ ReplayError::Start(_)) => return Ok(Err(CommandError::fell_short(error))),
        Err(error) => {
            text::problems(&logs.summary, &logs.names(), err)?;
            return Ok(Err(CommandError::unusable(error)));
        }
    };
    let met = args.expect.map(|expected| is_met(expected, &rollouts, &played.seen.rollouts));
    let (files, rollouts) = (logs.names(), &rollouts);
    let findings = Findings { args, rollouts, files, logs: &logs.summary, played: &played, met };
    match args.format {
        Format::Text => text::report(&findings, out, err)?,
        Format::Json => json::report(&findings, out)?,
    }
    if let Some(mut report) = report {
        report.write_all(serinus_lab::report::render(&page::report(&findings)).as_bytes())?;
    }
    Ok(Ok(if met == Some(false) { Exit::FellShort } else { Exit::Good }))
}

fn options(args: &ReplayArgs) -> Options {
    let canary = Canary { errors: args.canary_errors, latency: args.canary_latency };
    Options { canary, canary_cluster: args.canary_cluster.clone(), seed: args.seed }
}

struct Ready {
    config: Vec<u8>,
    rollouts: Vec<Rollout>,
    filter: Filter,
    logs: Merged,
}

fn prepare(args: &ReplayArgs) -> Result<Ready, CommandError> {
    let (config, rollouts) = rollouts(&args.rollout)?;
    let build = Build::of(&rollouts);
    let file = filter_module::found("serinus", args.filter.clone(), build, &args.rollout);
    let file = file.map_err(CommandError::unusable)?;
    let engine = Engine::new(&EngineOptions::cached()).map_err(CommandError::unusable)?;
    let filter = Filter::load(&engine, &file);
    let broken = |error| CommandError::fell_short(format!("{}: {error}", file.display()));
    let headers: &Headers = &args.header;
    let open = |(number, name): (usize, &String)| {
        Log::open(name, number, headers)
            .map_err(|why| CommandError::unusable(format!("{name}: {why}")))
    };
    let logs: Vec<Log> = args.logs.iter().enumerate().map(open).collect::<Result<_, _>>()?;
    Ok(Ready { config, rollouts, filter: filter.map_err(broken)?, logs: Merged::new(logs) })
}

/// The rollouts of a file, and as a configuration that carries their policies.
fn rollouts(file: &str) -> Result<(Vec<u8>, Vec<Rollout>), CommandError> {
    let source =
        Source::read(file).map_err(|why| CommandError::unusable(format!("{file}: {why}")))?;
    let unsound = |problems: &[serinus_core::diagnostic::Diagnostic]| {
        let snippet =
            |problem| Snippet { diagnostic: problem, file: &source.name, text: &source.text };
        let all = problems.iter().map(|problem| snippet(problem).to_string());
        CommandError::unusable(format!("the rollout is unsound\n{}", all.collect::<String>()))
    };
    let document = Document::read(&source);
    let mut document = document.map_err(|why| CommandError::unusable(unreadable(&source, &why)))?;
    let rollouts = document.rollouts().map_err(|problems| unsound(&problems))?;
    let carried = delivery::carry(&mut document, &rollouts, &delivery::folder(file));
    carried.map_err(|problems| unsound(&problems))?;
    Ok((document.value.to_string().into_bytes(), rollouts))
}

fn is_met(expected: Expected, rollouts: &[Rollout], seen: &[RolloutReport]) -> bool {
    rollouts.iter().all(|rollout| {
        let seen = seen.iter().find(|seen| seen.name == rollout.name);
        let decisions = seen.map(|seen| seen.decisions.as_slice()).unwrap_or_default();
        let any = |verdict| decisions.iter().any(|record| record.verdict == verdict);
        match expected {
            Expected::Promote => any(Verdict::Promote) && !any(Verdict::Rollback),
            Expected::Rollback => any(Verdict::Rollback),
        }
    })
}

/// The name of a file without its folders.
fn short(file: &str) -> &str {
    Path::new(file).file_name().and_then(|name| name.to_str()).unwrap_or(file)
}
