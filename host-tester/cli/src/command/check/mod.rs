//! `serinus check`.

mod json;
mod text;

use crate::cli::{CheckArgs, Format};
use crate::exit::Exit;
use serinus_core::diagnostic::{Diagnostic, Severity};
use serinus_lab::advice;
use serinus_lab::policy::delivery;
use serinus_lab::rollout_file::{Document, ReadError, Source};
use std::io::{self, Write};

/// What came of one file.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The file's name.
    pub file: String,
    /// Its text, as far as it could be read.
    pub text: String,
    /// The names of its rollouts, if they are sound.
    pub rollouts: Vec<String>,
    /// Everything that is wrong, in the order of the file.
    pub problems: Vec<Diagnostic>,
    /// How it ended.
    pub exit: Exit,
}

/// Checks every file, and reports.
///
/// # Errors
/// If the report cannot be written.
pub fn run(args: &CheckArgs, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<Exit> {
    let checked: Vec<Checked> =
        args.files.iter().map(|file| check_file(file, args.rps, args.strict)).collect();
    match args.format {
        Format::Text => text::report(&checked, args, out, err)?,
        Format::Json => json::report(&checked, out)?,
    }
    Ok(checked.iter().map(|checked| checked.exit).max().unwrap_or(Exit::Good))
}

fn check_file(file: &str, rps: Option<f64>, strict: bool) -> Checked {
    match Source::read(file) {
        Ok(source) => check(source, rps, strict),
        Err(error) => unreadable(Source::new(file, ""), &error),
    }
}

/// Checks a text.
pub fn check(source: Source, rps: Option<f64>, strict: bool) -> Checked {
    let mut document = match Document::read(&source) {
        Ok(document) => document,
        Err(error) => return unreadable(source, &error),
    };
    let (names, problems) = match document.rollouts() {
        Err(errors) => (Vec::new(), errors),
        Ok(rollouts) => {
            // As `serinus render` would: a policy that is missing is found here, and not in the proxy.
            let carried =
                delivery::carry(&mut document, &rollouts, &delivery::folder(&source.name));
            let advice = rollouts.iter().enumerate().flat_map(|(i, rollout)| {
                let prefix = document.prefix(i);
                let place = |advice| warning(advice, &prefix, &document);
                advice::advise(rollout, rps).into_iter().map(place).collect::<Vec<_>>()
            });
            let names = rollouts.iter().map(|r| r.name.clone()).collect();
            (names, carried.err().into_iter().flatten().chain(advice).collect())
        }
    };
    let failing = |problem: &Diagnostic| strict || problem.severity == Severity::Error;
    let exit = if problems.iter().any(failing) { Exit::FellShort } else { Exit::Good };
    Checked { file: source.name, text: source.text, rollouts: names, problems, exit }
}

/// Advice with its place in the file.
pub(in crate::command) fn warning(
    advice: Diagnostic,
    prefix: &str,
    document: &Document,
) -> Diagnostic {
    let path = format!("{prefix}{}", advice.path);
    Diagnostic { place: document.places.nearest(&path), path, ..advice }
}

fn unreadable(source: Source, error: &ReadError) -> Checked {
    Checked {
        file: source.name,
        text: source.text,
        rollouts: Vec::new(),
        problems: vec![error.diagnostic()],
        exit: Exit::Unusable,
    }
}

#[cfg(test)]
mod tests;
