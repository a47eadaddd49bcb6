//! `serinus policy check`.

use super::{json, read, result, tell, words};
use crate::cli::{Format, PolicyCheckArgs};
use crate::exit::Exit;
use serde::Serialize;
use serinus_core::policy::{About, ParamValue};
use serinus_lab::policy::Runtime;
use serinus_lab::policy::inspect::{Finding, Sound, acceptable};
use std::io::{self, Write};

#[derive(Serialize)]
struct Report {
    version: u32,
    files: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    file: String,
    result: &'static str,
    error: Option<String>,
    findings: Vec<Finding>,
    policy: Option<Facts>,
}

#[derive(Serialize)]
struct Facts {
    core_bytes: usize,
    sha256: String,
    about: About,
}

pub(super) fn run(
    args: &PolicyCheckArgs,
    runtime: &Runtime,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> io::Result<Exit> {
    let checked: Vec<(Exit, Row)> = args.files.iter().map(|file| check(file, runtime)).collect();
    let worst = checked.iter().map(|(exit, _)| *exit).max().unwrap_or(Exit::Good);
    let files: Vec<Row> = checked.into_iter().map(|(_, row)| row).collect();
    match args.format {
        Format::Text => files.iter().try_for_each(|row| text(row, out, err))?,
        Format::Json => json(&Report { version: 1, files }, out)?,
    }
    Ok(worst)
}

fn check(path: &str, runtime: &Runtime) -> (Exit, Row) {
    let file = if path == "-" { "<stdin>" } else { path }.to_owned();
    let bytes = match read(path) {
        Ok(bytes) => bytes,
        Err(error) => {
            let error = Some(format!("cannot be read: {error}"));
            let result = result(Exit::Unusable, "unreadable");
            return (
                Exit::Unusable,
                Row { file, result, error, findings: Vec::new(), policy: None },
            );
        }
    };
    let (exit, findings, policy) = match acceptable(&bytes, runtime) {
        Ok(Sound { core, sha256, about }) => {
            (Exit::Good, Vec::new(), Some(Facts { core_bytes: core.len(), sha256, about }))
        }
        Err(findings) => (Exit::FellShort, findings, None),
    };
    (exit, Row { file, result: result(exit, "unreadable"), error: None, findings, policy })
}

fn text(row: &Row, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<()> {
    tell(&row.file, &row.findings, err)?;
    if let Some(error) = &row.error {
        return writeln!(err, "{}: {error}", row.file);
    }
    let Some(Facts { core_bytes, sha256, about }) = &row.policy else { return Ok(()) };
    let bytes = words::thousands(*core_bytes as u64);
    writeln!(
        out,
        "{}: good ({} {}, {bytes} bytes, sha256 {sha256})",
        row.file, about.name, about.version
    )?;
    writeln!(out, "  {}", about.description)?;
    let width = about.params.iter().map(|param| param.name.chars().count()).max().unwrap_or(0);
    for param in &about.params {
        let default = match &param.default {
            None => "required".to_owned(),
            Some(ParamValue::Number(n)) => n.to_string(),
            Some(ParamValue::Text(text)) => format!("`{text}`"),
            Some(ParamValue::Flag(flag)) => flag.to_string(),
        };
        writeln!(out, "  {:width$}  {} ({default})", param.name, param.description)?;
    }
    Ok(())
}
