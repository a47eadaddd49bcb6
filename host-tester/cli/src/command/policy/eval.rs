//! `serinus policy eval`.

use super::decided::Decided;
use super::words::thousands;
use super::{json, read, tell, unusable};
use crate::cli::{EvalArgs, Format};
use crate::exit::Exit;
use serde::Serialize;
use serinus_core::policy::{Decision, Failure, Param, ParamValue, Snapshot, table};
use serinus_lab::policy::engines::{BothEvaluations, Engines};
use serinus_lab::policy::{Evaluation, Limits, Runtime, inspect};
use std::io::{self, Write};

#[derive(Serialize)]
struct Report<'a> {
    version: u32,
    agree: bool,
    wasmtime: Answer<'a>,
    interpreter: Answer<'a>,
}

#[derive(Serialize)]
struct Answer<'a> {
    decision: Option<&'a Decision>,
    failure: Option<Failure>,
    fuel: u64,
}

impl<'a> From<&'a Evaluation> for Answer<'a> {
    fn from(Evaluation { outcome, fuel_used }: &'a Evaluation) -> Self {
        let (decision, failure) = (outcome.as_ref().ok(), outcome.as_ref().err().copied());
        Self { decision, failure, fuel: *fuel_used }
    }
}

pub(super) fn run(
    args: &EvalArgs,
    runtime: &Runtime,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> io::Result<Exit> {
    let bytes = match read(&args.policy) {
        Ok(bytes) => bytes,
        Err(error) => return unusable(&format!("{}: {error}", args.policy), err),
    };
    let snapshot = match snapshot(args) {
        Ok(snapshot) => snapshot,
        Err(error) => return unusable(&format!("{}: {error}", args.snapshot), err),
    };
    let sound = match inspect::acceptable(&bytes, runtime) {
        Ok(sound) => sound,
        Err(findings) => {
            tell(&args.policy, &findings, err)?;
            return Ok(Exit::Unusable);
        }
    };
    let limits = Limits { fuel: args.fuel, ..Limits::default() };
    let engines = match Engines::load(&bytes, &sound, limits, runtime) {
        Ok(engines) => engines,
        Err(error) => return unusable(&error.to_string(), err),
    };
    told(&engines.evaluate(&snapshot), args, out, err)
}

fn snapshot(args: &EvalArgs) -> Result<Snapshot, Box<dyn std::error::Error>> {
    let text = String::from_utf8(read(&args.snapshot)?)?;
    let mut snapshot = table::read_snapshot(&text)?;
    for (name, value) in &args.param {
        snapshot.params.retain(|param| param.name != *name);
        snapshot.params.push(Param { name: name.clone(), value: typed(value) });
    }
    Ok(snapshot)
}

/// As YAML would read it.
fn typed(text: &str) -> ParamValue {
    match text {
        "true" => ParamValue::Flag(true),
        "false" => ParamValue::Flag(false),
        text => text.parse().map_or_else(|_| ParamValue::Text(text.into()), ParamValue::Number),
    }
}

fn told(
    answers: &BothEvaluations,
    args: &EvalArgs,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> io::Result<Exit> {
    let BothEvaluations { wasmtime, interpreter } = answers;
    let agreed = answers.agreed();
    match args.format {
        Format::Json => {
            let (wasmtime, interpreter) = (wasmtime.into(), interpreter.into());
            json(&Report { version: 1, agree: agreed.is_some(), wasmtime, interpreter }, out)?;
        }
        Format::Text => text(answers, args.fuel, out, err)?,
    }
    Ok(if agreed.is_some_and(Result::is_ok) { Exit::Good } else { Exit::FellShort })
}

fn text(
    answers: &BothEvaluations,
    fuel: u64,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> io::Result<()> {
    let BothEvaluations { wasmtime, interpreter } = answers;
    match answers.agreed() {
        Some(Ok(decision)) => write!(out, "{}", Decided(decision))?,
        Some(Err(failure)) => {
            writeln!(err, "serinus: the policy failed by {}: that is hold", failure.as_str())?
        }
        None => {
            let said = |outcome: &Result<Decision, Failure>| match outcome {
                Ok(decision) => Decided(decision).to_string(),
                Err(failure) => format!("failed by {}\n", failure.as_str()),
            };
            write!(
                err,
                "serinus: the engines do not agree\non wasmtime: {}",
                said(&wasmtime.outcome)
            )?;
            write!(err, "in the filter: {}", said(&interpreter.outcome))?;
        }
    }
    let used = [interpreter.fuel_used, wasmtime.fuel_used, fuel].map(thousands);
    let [interpreter, wasmtime, most] = used;
    writeln!(out, "  fuel: {interpreter} of {most} in the filter, {wasmtime} on wasmtime")
}
