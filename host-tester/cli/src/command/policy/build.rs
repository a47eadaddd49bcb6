//! `serinus policy build`.

use super::{json, result, tell, words};
use crate::cli::{BuildArgs, Format};
use crate::exit::Exit;
use serde::Serialize;
use serinus_core::policy::Failure;
use serinus_lab::policy::Runtime;
use serinus_lab::policy::build::{BuildError, Built, Cargo, CargoError, build};
use serinus_lab::policy::cost::{Cost, cost};
use serinus_lab::policy::inspect::Finding;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use words::thousands;

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
    findings: Vec<Finding>,
    policy: Option<Facts>,
}

#[derive(Serialize)]
struct Facts {
    name: String,
    component: String,
    component_bytes: usize,
    core: String,
    core_bytes: usize,
    sha256: String,
    fuel: Fuel,
    /// How the typical evaluation failed, if it did.
    failure: Option<Failure>,
}

/// Of one evaluation.
#[derive(Clone, Copy, Serialize)]
pub(super) struct Fuel {
    /// `null` in a build without wasmtime.
    pub(super) wasmtime: Option<u64>,
    pub(super) interpreter: u64,
}

/// Why a policy was not built.
pub(super) enum BuildFailure {
    Build(BuildError),
    /// An engine does not take what was built.
    Engine(String),
}

impl From<BuildError> for BuildFailure {
    fn from(error: BuildError) -> Self {
        Self::Build(error)
    }
}

impl BuildFailure {
    pub(super) fn exit(&self) -> Exit {
        match self {
            Self::Build(BuildError::Findings(_) | BuildError::Encode(_)) | Self::Engine(_) => {
                Exit::FellShort
            }
            Self::Build(BuildError::Cargo(CargoError::Failed(_) | CargoError::NoModule(_))) => {
                Exit::FellShort
            }
            Self::Build(BuildError::Cargo(_) | BuildError::File { .. }) => Exit::Unusable,
        }
    }

    /// What is wrong in a line, and with the component.
    pub(super) fn told(self) -> (String, Vec<Finding>) {
        match self {
            Self::Build(BuildError::Findings(findings)) => {
                (BuildError::Findings(Vec::new()).to_string(), findings)
            }
            Self::Build(error) => (error.to_string(), Vec::new()),
            Self::Engine(error) => (error, Vec::new()),
        }
    }
}

pub(super) fn run(
    args: &BuildArgs,
    runtime: &Runtime,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> io::Result<Exit> {
    let cargo = Cargo::from_env(args.format == Format::Json);
    let (mut worst, mut rows) = (Exit::Good, Vec::new());
    for folder in &args.folders {
        let (exit, row) = match built(folder, args, &cargo, runtime) {
            Ok(facts) => (Exit::Good, row(folder, Exit::Good, None, Vec::new(), Some(facts))),
            Err(failed) => {
                let exit = failed.exit();
                let (error, findings) = failed.told();
                (exit, row(folder, exit, Some(error), findings, None))
            }
        };
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

fn row(
    folder: &Path,
    exit: Exit,
    error: Option<String>,
    findings: Vec<Finding>,
    policy: Option<Facts>,
) -> Row {
    let folder = folder.display().to_string();
    Row { folder, result: result(exit, "unusable"), error, findings, policy }
}

fn built(
    folder: &Path,
    args: &BuildArgs,
    cargo: &Cargo,
    runtime: &Runtime,
) -> Result<Facts, BuildFailure> {
    let built = build(folder, cargo, runtime)?;
    let cost = cost(&built.component, &built.sound, runtime).map_err(BuildFailure::Engine)?;
    let (component, core) = built.write(&args.out.clone().unwrap_or_else(|| place(folder)))?;
    let Built { name, component: bytes, sound, .. } = built;
    let Cost { interpreter, wasmtime, failure } = cost;
    Ok(Facts {
        name,
        component: component.display().to_string(),
        component_bytes: bytes.len(),
        core: core.display().to_string(),
        core_bytes: sound.core.len(),
        sha256: sound.sha256,
        fuel: Fuel { wasmtime, interpreter },
        failure,
    })
}

/// Where the files go if nobody says: a place that a rollout can name, wherever cargo works.
fn place(source: &Path) -> PathBuf {
    match source.is_file() {
        true => source.parent().unwrap_or(source).to_owned(),
        false if source == Path::new(".") => "target".into(),
        false => source.join("target"),
    }
}

fn text(row: &Row, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<()> {
    tell(&row.folder, &row.findings, err)?;
    if let Some(error) = &row.error {
        return writeln!(err, "serinus: {}: {error}", row.folder);
    }
    let Some(facts) = &row.policy else { return Ok(()) };
    let bytes = |n: usize| thousands(n as u64);
    writeln!(out, "{}: {} bytes", facts.component, bytes(facts.component_bytes))?;
    writeln!(out, "{}: {} bytes, sha256 {}", facts.core, bytes(facts.core_bytes), facts.sha256)?;
    let Fuel { wasmtime, interpreter } = facts.fuel;
    let wasmtime = wasmtime.map(|fuel| format!(", {} on wasmtime", thousands(fuel)));
    let (interpreter, wasmtime) = (thousands(interpreter), wasmtime.unwrap_or_default());
    writeln!(out, "  fuel of a typical evaluation: {interpreter} in the filter{wasmtime}")?;
    match facts.failure {
        Some(failure) => writeln!(
            err,
            "serinus: {}: warning: a typical evaluation fails by {}; a rollout may allow more `policy.fuel`",
            row.folder,
            failure.as_str()
        ),
        None => Ok(()),
    }
}
