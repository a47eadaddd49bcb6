//! Table tests, natively: the form of the files is told in [`serinus_core::policy::table`].

use crate::{Policy, evaluate};
use serinus_core::policy::table::{self, Case};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Every table in a folder.
///
/// # Errors
/// A line for each file that is no table, and for each case that went otherwise; or that there is no table.
pub fn run(policy: &impl Policy, folder: impl AsRef<Path>) -> Result<(), Vec<String>> {
    let folder = folder.as_ref();
    let told = |error: io::Error| vec![format!("{}: {error}", folder.display())];
    let files = tables(folder).map_err(told)?;
    if files.is_empty() {
        return Err(vec![format!("{}: no table (*.json)", folder.display())]);
    }
    let wrong: Vec<String> = files.iter().flat_map(|file| of_file(policy, file)).collect();
    if wrong.is_empty() { Ok(()) } else { Err(wrong) }
}

/// As [`run`], for a test.
///
/// # Panics
/// With everything that went otherwise.
#[expect(clippy::panic, reason = "it is how a test fails")]
pub fn assert(policy: &impl Policy, folder: &str) {
    if let Err(lines) = run(policy, folder) {
        panic!("\n{}\n", lines.join("\n"));
    }
}

fn tables(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
    let mut files: Vec<PathBuf> = entries.iter().map(fs::DirEntry::path).collect();
    files.retain(|file| file.extension().is_some_and(|ending| ending == "json"));
    files.sort();
    Ok(files)
}

fn of_file(policy: &impl Policy, file: &Path) -> Vec<String> {
    let read = fs::read_to_string(file).map_err(|error| error.to_string());
    match read.and_then(|text| table::read(&text).map_err(|error| error.to_string())) {
        Ok(cases) => cases.iter().flat_map(|case| of_case(policy, file, case)).collect(),
        Err(error) => vec![format!("{}: {error}", file.display())],
    }
}

fn of_case(policy: &impl Policy, file: &Path, case: &Case) -> Vec<String> {
    let differences = case.expect.differences(&evaluate(policy, &case.snapshot));
    let line = |difference| format!("{}: {}: {difference}", file.display(), case.name);
    differences.into_iter().map(line).collect()
}
