//! From files to a scenario: its own, and those of the configurations that it names.

use super::Scenario;
use super::extension::{CONFIG, Extensions};
use super::plugin::{Config, SourcedConfig};
use super::read::decode::{Decode, Mistakes, Node};
use super::step::Action;
use super::whole::Whole;
use crate::rollout_file::{Document, Places, ReadError, Source, folder};
use crate::snippet::Snippet;
use serde_json::Value;
use serinus_core::diagnostic::Diagnostic;
use std::fmt;
use std::path::{Path, PathBuf};

/// Why there is no scenario: everything that is wrong, file by file, each in the order of its file.
///
/// ```
/// use serinus_lab::scenario::{Scenario, Source};
///
/// let unsound = Scenario::parse(Source::new("mine.yaml", "scenario: nothing runs")).unwrap_err();
/// assert!(unsound.to_string().contains("nothing runs"), "{unsound}");
/// ```
#[derive(Clone, Debug)]
pub struct ScenarioError {
    /// At least one.
    pub files: Vec<InvalidFile>,
}

/// What is wrong with one file.
#[derive(Clone, Debug)]
pub struct InvalidFile {
    /// The file, as far as it could be read.
    pub source: Source,
    /// At least one.
    pub problems: Vec<Diagnostic>,
}

impl fmt::Display for ScenarioError {
    /// Each problem with its line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for InvalidFile { source, problems } in &self.files {
            for problem in problems {
                writeln!(
                    f,
                    "{}",
                    Snippet { diagnostic: problem, file: &source.name, text: &source.text }
                )?;
            }
        }
        Ok(())
    }
}

impl std::error::Error for ScenarioError {}

impl Scenario {
    /// Reads a scenario's file, and the files that it names; `-` is the standard input.
    ///
    /// # Errors
    /// Everything that is wrong, with its place.
    ///
    /// ```
    /// use serinus_lab::scenario::Scenario;
    ///
    /// match Scenario::read("my-scenario.yaml") {
    ///     Ok(scenario) => println!("{}", scenario.name),
    ///     Err(unsound) => println!("{unsound}"), // all that is wrong, each with its line
    /// }
    /// ```
    pub fn read(path: &str) -> Result<Self, ScenarioError> {
        Self::read_with(path, Extensions::default())
    }

    /// As [`Scenario::read`], for files that may say more.
    ///
    /// # Errors
    /// Everything that is wrong, with its place.
    pub fn read_with(path: &str, extensions: Extensions) -> Result<Self, ScenarioError> {
        match Source::read(path) {
            Ok(source) => Self::parse_with(source, extensions),
            Err(error) => {
                Err(ScenarioError { files: vec![unreadable(Source::new(path, ""), &error)] })
            }
        }
    }

    /// Reads a text that is at hand. Files that it names are looked for beside the one that it is called after.
    ///
    /// # Errors
    /// Everything that is wrong, with its place.
    ///
    /// ```
    /// use serinus_lab::scenario::{Scenario, Source};
    ///
    /// let text = "{ scenario: short, plugins: [{ name: mine, wasm: mine.wasm }], workers: 4 }";
    /// assert_eq!(Scenario::parse(Source::new("mine.yaml", text))?.workers, 4);
    /// # Ok::<(), serinus_lab::scenario::ScenarioError>(())
    /// ```
    pub fn parse(source: Source) -> Result<Self, ScenarioError> {
        Self::parse_with(source, Extensions::default())
    }

    /// As [`Scenario::parse`], for texts that may say more.
    ///
    /// # Errors
    /// Everything that is wrong, with its place.
    pub fn parse_with(source: Source, extensions: Extensions) -> Result<Self, ScenarioError> {
        let mut document = match Document::read(&source) {
            Ok(document) => document,
            Err(error) => return Err(ScenarioError { files: vec![unreadable(source, &error)] }),
        };
        let mistaken = extensions.configs.and_then(|source| source.mistaken(&document.value));
        if let Some(mistaken) = mistaken {
            let place = document.places.nearest(&mistaken.path);
            let problems = vec![Diagnostic { path: String::new(), place, ..mistaken }];
            return Err(ScenarioError { files: vec![InvalidFile { source, problems }] });
        }
        let mut others = Files { base: folder(&source.name), invalid: Vec::new() };
        let mut mistakes = Mistakes::of(extensions);
        let known = std::mem::take(&mut document.problems);
        let scenario = scenario(&document, &source, &mut others, &mut mistakes);
        let problems = problems(known, mistakes, &document.places);
        let own = (!problems.is_empty()).then_some(InvalidFile { source, problems });
        let files: Vec<InvalidFile> = own.into_iter().chain(others.invalid).collect();
        scenario.filter(|_| files.is_empty()).ok_or(ScenarioError { files })
    }

    /// A file that the scenario names, as seen from here.
    ///
    /// ```
    /// use serinus_lab::scenario::{Scenario, Source};
    ///
    /// let text = "{ scenario: short, plugins: [{ name: mine, wasm: mine.wasm }] }";
    /// let scenario = Scenario::parse(Source::new("tests/mine.yaml", text))?;
    /// assert_eq!(scenario.beside("mine.wasm").to_str(), Some("tests/mine.wasm"));
    /// # Ok::<(), serinus_lab::scenario::ScenarioError>(())
    /// ```
    pub fn beside(&self, file: &str) -> PathBuf {
        folder(&self.source.name).join(file)
    }
}

fn scenario(
    document: &Document,
    source: &Source,
    files: &mut Files,
    mistakes: &mut Mistakes,
) -> Option<Scenario> {
    let node = Node::root(&document.value);
    let key = mistakes.extensions.field(CONFIG);
    let Some(mut whole) = Whole::decode(&node, mistakes) else {
        files.config_of(&document.value, mistakes);
        return None;
    };
    // Before the rest: the routes follow from the configurations.
    if let (Some(config), Some(source)) = (&mut whole.sourced, mistakes.extensions.configs) {
        source.resolve(config, key, true, files, mistakes);
    }
    for (i, plugin) in whole.plugins.iter_mut().flatten().enumerate() {
        files.config(&mut plugin.config, &format!("plugins[{i}].{key}"), true, mistakes);
    }
    for (i, step) in whole.steps.iter_mut().enumerate() {
        if let Action::Configure(configure) = &mut step.action {
            let path = format!("steps[{i}].configure.{key}");
            files.config(&mut configure.config, &path, configure.accepted, mistakes);
        }
    }
    whole.compile(&node, source, &document.places, mistakes)
}

/// The files that a scenario names.
#[derive(Debug)]
pub struct Files {
    base: PathBuf,
    invalid: Vec<InvalidFile>,
}

impl Files {
    /// The folder that names of files are relative to.
    pub fn base(&self) -> &Path {
        &self.base
    }

    fn config(&mut self, config: &mut Config, path: &str, sound: bool, mistakes: &mut Mistakes) {
        if let (Config::Sourced(config), Some(source)) = (config, mistakes.extensions.configs) {
            source.resolve(config, path, sound, self, mistakes);
        }
    }

    /// Checks the configuration of a scenario that is unsound itself, so that all mistakes come at once.
    fn config_of(&mut self, scenario: &Value, mistakes: &mut Mistakes) {
        let Some(source) = mistakes.extensions.configs else { return };
        let Some(value) = scenario.get(source.key()) else { return };
        let node = Node::at(value, source.key().to_owned());
        let form = &mut Mistakes::of(mistakes.extensions);
        if let Some(mut config) = SourcedConfig::decode(&node, form) {
            source.resolve(&mut config, source.key(), true, self, mistakes);
        }
    }

    /// Opens a file that the scenario names at this path, and notes why it cannot be read.
    pub fn open(
        &mut self,
        file: &str,
        path: &str,
        mistakes: &mut Mistakes,
    ) -> Option<(Source, Document)> {
        let name = self.base.join(file).display().to_string();
        let source = match Source::read(&name) {
            Ok(source) => source,
            Err(error) => {
                mistakes.add(path, format!("{name}: {error}"));
                return None;
            }
        };
        match Document::read(&source) {
            Ok(document) => Some((source, document)),
            Err(error) => {
                let InvalidFile { source, problems } = unreadable(source, &error);
                self.note(source, problems);
                None
            }
        }
    }

    /// A file that is named twice is reported once.
    pub fn note(&mut self, source: Source, problems: Vec<Diagnostic>) {
        if !self.invalid.iter().any(|known| known.source.name == source.name) {
            self.invalid.push(InvalidFile { source, problems });
        }
    }
}

/// All problems of the scenario's own file, in its order.
fn problems(known: Vec<Diagnostic>, mistakes: Mistakes, places: &Places) -> Vec<Diagnostic> {
    let follows = |mistake: &Diagnostic| {
        known.iter().any(|known| known.code == "value" && known.path == mistake.path)
    };
    let placed = |mistake: Diagnostic| {
        let place = places.nearest(&mistake.path);
        mistake.at(place)
    };
    let new = mistakes.list.into_iter().filter(|mistake| !follows(mistake)).map(placed);
    let new: Vec<Diagnostic> = new.collect();
    let mut all: Vec<Diagnostic> = known.into_iter().chain(new).collect();
    all.sort_by_key(|problem| problem.place.map(|place| (place.line, place.column)));
    all
}

fn unreadable(source: Source, error: &ReadError) -> InvalidFile {
    let text = match error {
        ReadError::Empty => "is empty".to_owned(),
        ReadError::TooLarge => "is larger than 4 MiB".to_owned(),
        ReadError::Several(_) => "has a second document; one file is one scenario".to_owned(),
        other => other.to_string(),
    };
    InvalidFile { source, problems: vec![Diagnostic { message: text, ..error.diagnostic() }] }
}
