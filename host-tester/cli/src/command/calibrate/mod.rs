//! `serinus calibrate`.

mod json;
mod page;
mod progress;
mod text;

use crate::cli::{CalibrateArgs, Format};
use crate::command::{check, unreadable};
use crate::exit::Exit;
use serde_json::Value;
use serinus_core::config::{Pace, Rollout};
use serinus_core::diagnostic::Diagnostic;
use serinus_host::engine::{Engine, EngineOptions};
use serinus_host::filter::Filter;
use serinus_lab::calibrate::adviser::Adviser;
use serinus_lab::calibrate::alternatives::{Watched, compare};
use serinus_lab::calibrate::batch::Size;
use serinus_lab::calibrate::calibration::{Calibration, Options, calibrate};
use serinus_lab::calibrate::crowd::Crowd;
use serinus_lab::calibrate::exact::{Agreement, Exact, PlayError, REQUESTS, exact};
use serinus_lab::calibrate::latency::Latency;
use serinus_lab::calibrate::traffic::Traffic;
use serinus_lab::filter_module::{self, Build};
use serinus_lab::policy::delivery;
use serinus_lab::rollout_file::{Document, Source};
use serinus_lab::snippet::Snippet;
use std::fs::File;
use std::io::{self, Write};
use std::thread;

/// An event happens so often if nobody says.
const EVENTS: f64 = 0.05;

/// What is calibrated.
struct Calibrated<'a> {
    args: &'a CalibrateArgs,
    source: &'a Source,
    rollouts: Vec<One>,
}

/// One rollout of the file.
struct One {
    calibration: Calibration,
    problems: Vec<Diagnostic>,
    exact: Option<Vec<Agreement>>,
    alternatives: Option<Vec<Watched>>,
}

impl One {
    /// Whether the filter decides as the simulation does, as far as that was asked.
    fn agrees(&self) -> bool {
        self.exact.iter().flatten().all(|scenario| scenario.alike && scenario.differ == 0)
    }
}

/// Simulates, and tells.
///
/// # Errors
/// If what is told cannot be written.
pub fn run(args: &CalibrateArgs, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<Exit> {
    let source = match Source::read(&args.rollout) {
        Ok(source) => source,
        Err(error) => return unusable(&format!("{}: {error}", args.rollout), err),
    };
    let Rollouts { document, carried, rollouts } = match rollouts(args, &source) {
        Ok(sound) => sound,
        Err(why) => return unusable(&why, err),
    };
    if let Some(why) = rollouts.iter().find_map(|rollout| no_subject(args, rollout)) {
        return unusable(&why, err);
    }
    let options: Result<Vec<Options>, String> =
        rollouts.iter().map(|rollout| options(args, rollout)).collect();
    let options = match options {
        Ok(options) => options,
        Err(why) => return unusable(&why, err),
    };
    // Before anything is simulated: minutes later it would be too late to say so.
    let page = match args.report.as_ref().map(|path| (path, File::create(path))) {
        Some((path, Err(error))) => {
            return unusable(&format!("{} cannot be written: {error}", path.display()), err);
        }
        Some((_, Ok(file))) => Some(file),
        None => None,
    };
    let numbered = rollouts.iter().enumerate();
    let filter = match args.exact.map(|_| filter(args, &rollouts)).transpose() {
        Ok(filter) => filter,
        Err(why) => return unusable(&why, err),
    };
    let (document, carried, filter) = (&document, &carried, filter.as_ref());
    let place = |i| Subject { args, document, carried, place: i, filter };
    let each = numbered.zip(&options).map(|((i, r), options)| one(&place(i), r, options));
    let rollouts: Vec<One> = match each.collect() {
        Ok(rollouts) => rollouts,
        Err(why) => {
            writeln!(err, "serinus: {why}")?;
            return Ok(Exit::FellShort);
        }
    };
    let calibrated = Calibrated { args, source: &source, rollouts };
    match args.format {
        Format::Text => text::report(&calibrated, out)?,
        Format::Json => json::report(&calibrated, out)?,
    }
    if let Some(mut page) = page {
        page.write_all(page::page(&calibrated).as_bytes())?;
    }
    let found = calibrated.rollouts.iter().any(|one| !one.problems.is_empty());
    let agree = calibrated.rollouts.iter().all(One::agrees);
    Ok(if (args.strict && found) || !agree { Exit::FellShort } else { Exit::Good })
}

/// The filter's module.
fn filter(args: &CalibrateArgs, rollouts: &[Rollout]) -> Result<Filter, String> {
    let build = Build::of(rollouts);
    let file = filter_module::found("serinus", args.filter.clone(), build, &args.rollout);
    let file = file.map_err(|why| why.to_string())?;
    let engine = Engine::new(&EngineOptions::cached()).map_err(|why| why.to_string())?;
    Filter::load(&engine, &file).map_err(|why| format!("{}: {why}", file.display()))
}

fn unusable(why: &str, err: &mut dyn Write) -> io::Result<Exit> {
    writeln!(err, "serinus: {}", why.trim_end())?;
    Ok(Exit::Unusable)
}

/// What is in the file, with the policy that was asked for.
struct Rollouts {
    document: Document,
    /// The document as a filter gets it: its policies are in it.
    carried: Value,
    rollouts: Vec<Rollout>,
}

/// Reads the file; a policy that the filter would not take is told here.
fn rollouts(args: &CalibrateArgs, source: &Source) -> Result<Rollouts, String> {
    let unsound = |problems: Vec<Diagnostic>| {
        let snippet = |problem| {
            Snippet { diagnostic: problem, file: &source.name, text: &source.text }.to_string()
        };
        let all: String = problems.iter().map(snippet).collect();
        format!("the rollout is unsound\n{all}")
    };
    let mut document = Document::read(source).map_err(|why| unreadable(source, &why))?;
    if let Some(component) = &args.policy {
        delivery::name_component(&mut document, component);
    }
    let rollouts = document.rollouts().map_err(unsound)?;
    let folder = delivery::folder(&args.rollout);
    let mut carried = document.clone();
    delivery::carry(&mut carried, &rollouts, &folder).map_err(unsound)?;
    Ok(Rollouts { document, carried: carried.value, rollouts })
}

/// Why there is nothing to simulate, if there is not.
fn no_subject(args: &CalibrateArgs, rollout: &Rollout) -> Option<String> {
    let known = |name: &String| rollout.events.iter().any(|event| event.name == *name);
    let unknown = args.event.iter().find(|(name, _)| !known(name));
    if let Some((name, _)) = unknown {
        return Some(format!("--event {name}: the rollout `{}` has no such event", rollout.name));
    }
    let still = rollout.kill || rollout.pace != Pace::Autonomous;
    still.then(|| {
        format!("the rollout `{}` does not promote itself: `kill` or `mode: follow`", rollout.name)
    })
}

/// What is known of one rollout beside itself.
struct Subject<'a> {
    args: &'a CalibrateArgs,
    document: &'a Document,
    /// As a filter gets it.
    carried: &'a Value,
    /// The rollout's place in it.
    place: usize,
    filter: Option<&'a Filter>,
}

fn one(at: &Subject<'_>, rollout: &Rollout, options: &Options) -> Result<One, PlayError> {
    let Subject { args, document, carried, place, filter } = *at;
    let shown = |what: &str| progress::ProgressLine::new(what, args.seed);
    let mut bar = shown(&rollout.name);
    let calibration = calibrate(rollout, options, &mut |done, all| bar.at(done, all));
    drop(bar);
    let prefix = document.prefix(place);
    let warn = |advice| check::warning(advice, &prefix, document);
    let problems = calibration.findings.iter().cloned().map(warn).collect();
    let alternatives = args.alternatives.then(|| {
        let mut bar = shown("alternatives");
        compare(rollout, options, &mut |done, all| bar.at(done, all))
    });
    let runs = args.exact.unwrap_or(0) as usize;
    let exact = filter.map(|filter| {
        let mut bar = shown("the filter");
        let with = Exact { filter, document: carried, place, runs, requests: REQUESTS };
        exact(rollout, options, &with, &mut |done, all| bar.at(done, all))
    });
    Ok(One { calibration, problems, exact: exact.transpose()?, alternatives })
}

fn options(args: &CalibrateArgs, rollout: &Rollout) -> Result<Options, String> {
    let (p50, p99) = args.latency;
    let given =
        |name: &str| args.event.iter().rev().find(|(n, _)| n == name).map(|(_, rate)| *rate);
    let events = rollout.events.iter().map(|event| given(&event.name).unwrap_or(EVENTS));
    let crowd = if args.heavy_tailed { Crowd::heavy_tailed } else { Crowd::equal };
    let folder = delivery::folder(&args.rollout);
    let adviser = rollout.policy.as_ref().map(|plan| Adviser::new(plan, &folder));
    Ok(Options {
        adviser: adviser.transpose()?,
        traffic: Traffic {
            rps: args.rps,
            errors: args.baseline_errors,
            // The arguments are a latency already; what is left is what a fixed one would be.
            latency: Latency::new(p50, p99).unwrap_or_default(),
            events: events.collect(),
        },
        crowd: crowd(args.users),
        size: Size {
            runs: args.runs as usize,
            seed: args.seed,
            threads: thread::available_parallelism().map_or(1, usize::from),
        },
        horizon_ms: args.horizon,
    })
}
