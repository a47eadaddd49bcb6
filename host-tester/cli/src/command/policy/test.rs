//! `serinus policy test`.

use super::build::{BuildFailure, Fuel};
use super::{json, read, result, tell};
use crate::cli::{Format, TestArgs};
use crate::exit::Exit;
use serde::Serialize;
use serinus_core::policy::table::{self, Case};
use serinus_core::policy::{Decision, Failure};
use serinus_lab::policy::build::{Cargo, build};
use serinus_lab::policy::engines::{BothEvaluations, Engines};
use serinus_lab::policy::inspect::{self, Finding};
use serinus_lab::policy::{Limits, Runtime};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

#[derive(Serialize)]
struct Report {
    version: u32,
    policies: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    folder: String,
    result: &'static str,
    error: Option<String>,
    #[serde(skip)]
    findings: Vec<Finding>,
    cases: Vec<Tested>,
}

#[derive(Serialize)]
struct Tested {
    file: String,
    name: String,
    passed: bool,
    differences: Vec<String>,
    fuel: Fuel,
}

/// Why nothing was tested.
struct TestError {
    exit: Exit,
    error: String,
    findings: Vec<Finding>,
}

impl TestError {
    fn unusable(error: impl ToString) -> Self {
        Self { exit: Exit::Unusable, error: error.to_string(), findings: Vec::new() }
    }
}

impl From<BuildFailure> for TestError {
    fn from(failed: BuildFailure) -> Self {
        let exit = failed.exit();
        let (error, findings) = failed.told();
        Self { exit, error, findings }
    }
}

pub(super) fn run(
    args: &TestArgs,
    runtime: &Runtime,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> io::Result<Exit> {
    let (mut worst, mut rows) = (Exit::Good, Vec::new());
    for folder in &args.folders {
        let (exit, row) = row(folder, test(folder, args, runtime));
        if args.format == Format::Text {
            text(&row, out, err)?;
        }
        worst = worst.max(exit);
        rows.push(row);
    }
    if args.format == Format::Json {
        json(&Report { version: 1, policies: rows }, out)?;
    }
    Ok(worst)
}

fn row(folder: &Path, tested: Result<Vec<Tested>, TestError>) -> (Exit, Row) {
    let folder = folder.display().to_string();
    match tested {
        Ok(cases) => {
            let passed = cases.iter().all(|case| case.passed);
            let exit = if passed { Exit::Good } else { Exit::FellShort };
            let result = result(exit, "unusable");
            (exit, Row { folder, result, error: None, findings: Vec::new(), cases })
        }
        Err(TestError { exit, error, findings }) => {
            let result = result(exit, "unusable");
            (exit, Row { folder, result, error: Some(error), findings, cases: Vec::new() })
        }
    }
}

fn test(folder: &Path, args: &TestArgs, runtime: &Runtime) -> Result<Vec<Tested>, TestError> {
    let (engines, tables) = match &args.policy {
        Some(component) => (given(component, runtime)?, folder.to_owned()),
        None => (built(folder, args, runtime)?, folder.join("tests")),
    };
    let files = files(&tables)?;
    let cases = files.iter().map(|file| of_file(file, &engines)).collect::<Result<Vec<_>, _>>()?;
    Ok(cases.into_iter().flatten().collect())
}

fn built(folder: &Path, args: &TestArgs, runtime: &Runtime) -> Result<Engines, BuildFailure> {
    let cargo = Cargo::from_env(args.format == Format::Json);
    let built = build(folder, &cargo, runtime)?;
    let engines = Engines::load(&built.component, &built.sound, Limits::default(), runtime);
    engines.map_err(|error| BuildFailure::Engine(error.to_string()))
}

fn given(path: &str, runtime: &Runtime) -> Result<Engines, TestError> {
    let bytes = read(path).map_err(|error| TestError::unusable(format!("{path}: {error}")))?;
    let sound = inspect::acceptable(&bytes, runtime).map_err(|findings| TestError {
        exit: Exit::FellShort,
        error: format!("{path} is not acceptable"),
        findings,
    })?;
    let engines = Engines::load(&bytes, &sound, Limits::default(), runtime);
    engines.map_err(|error| BuildFailure::Engine(error.to_string()).into())
}

/// The tables of a folder, in the order of their names.
fn files(folder: &Path) -> Result<Vec<PathBuf>, TestError> {
    let told = |error: io::Error| TestError::unusable(format!("{}: {error}", folder.display()));
    let entries = fs::read_dir(folder).and_then(|entries| entries.collect::<io::Result<Vec<_>>>());
    let mut files: Vec<PathBuf> = entries.map_err(told)?.iter().map(fs::DirEntry::path).collect();
    files.retain(|file| file.extension().is_some_and(|ending| ending == "json"));
    files.sort();
    if files.is_empty() {
        return Err(TestError::unusable(format!("{}: no table (*.json)", folder.display())));
    }
    Ok(files)
}

fn of_file(file: &Path, engines: &Engines) -> Result<Vec<Tested>, TestError> {
    let told = |error: &dyn ToString| {
        TestError::unusable(format!("{}: {}", file.display(), error.to_string()))
    };
    let text = fs::read_to_string(file).map_err(|error| told(&error))?;
    let cases = table::read(&text).map_err(|error| told(&error))?;
    Ok(cases.iter().map(|case| of_case(file, case, engines)).collect())
}

fn of_case(file: &Path, case: &Case, engines: &Engines) -> Tested {
    let answers = engines.evaluate(&case.snapshot);
    let BothEvaluations { wasmtime, interpreter } = &answers;
    let mut differences = against(case, &interpreter.outcome);
    if answers.agreed().is_none() {
        differences.push("the engines do not agree: on wasmtime".into());
        differences.extend(against(case, &wasmtime.outcome));
    }
    Tested {
        file: file.display().to_string(),
        name: case.name.clone(),
        passed: differences.is_empty(),
        differences,
        fuel: Fuel { wasmtime: Some(wasmtime.fuel_used), interpreter: interpreter.fuel_used },
    }
}

fn against(case: &Case, outcome: &Result<Decision, Failure>) -> Vec<String> {
    match outcome {
        Ok(decision) => case.expect.differences(decision),
        Err(failure) => vec![format!("the policy failed by {}", failure.as_str())],
    }
}

fn text(row: &Row, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<()> {
    tell(&row.folder, &row.findings, err)?;
    if let Some(error) = &row.error {
        return writeln!(err, "serinus: {}: {error}", row.folder);
    }
    for case in row.cases.iter().filter(|case| !case.passed) {
        writeln!(err, "{}: failed: {}", case.file, case.name)?;
        case.differences.iter().try_for_each(|difference| writeln!(err, "  {difference}"))?;
    }
    let passed = row.cases.iter().filter(|case| case.passed).count();
    writeln!(out, "{}: {passed} of {} cases pass, on both engines", row.folder, row.cases.len())
}
