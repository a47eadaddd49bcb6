//! From files to a scenario: its own, and those of the rollouts that it names.

use super::Scenario;
use super::plugin::{Config, RolloutSpec};
use super::read::decode::{Decode, Mistake, Mistakes, Node};
use super::step::Action;
use super::whole::Whole;
use crate::policy::delivery::{self, Unfit, folder};
use crate::problem::{Problem, Snippet};
use crate::rollout_file::{Document, Places, ReadError, Source};
use serde_json::Value;
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
    pub problems: Vec<Problem>,
}

impl fmt::Display for ScenarioError {
    /// Each problem with its line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for InvalidFile { source, problems } in &self.files {
            for problem in problems {
                writeln!(f, "{}", Snippet { problem, file: &source.name, text: &source.text })?;
            }
        }
        Ok(())
    }
}

impl std::error::Error for ScenarioError {}

impl Scenario {
    /// Reads a scenario's file, and the rollouts that it names; `-` is the standard input.
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
        match Source::read(path) {
            Ok(source) => Self::parse(source),
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
        let mut document = match Document::read(&source) {
            Ok(document) => document,
            Err(error) => return Err(ScenarioError { files: vec![unreadable(source, &error)] }),
        };
        if is_rollout(&document.value) {
            let problems = vec![not_a_scenario(&document.places)];
            return Err(ScenarioError { files: vec![InvalidFile { source, problems }] });
        }
        let mut others = Others { base: folder(&source.name), unsound: Vec::new() };
        let mut mistakes = Mistakes::default();
        let known = std::mem::take(&mut document.problems);
        let scenario = scenario(&document, &source, &mut others, &mut mistakes);
        let problems = problems(known, mistakes, &document.places);
        let own = (!problems.is_empty()).then_some(InvalidFile { source, problems });
        let files: Vec<InvalidFile> = own.into_iter().chain(others.unsound).collect();
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
    others: &mut Others,
    mistakes: &mut Mistakes,
) -> Option<Scenario> {
    let node = Node::root(&document.value);
    let Some(mut whole) = Whole::decode(&node, mistakes) else {
        others.rollout_of(&document.value, mistakes);
        return None;
    };
    // Before the rest: the routes follow from the rollout.
    if let Some(rollout) = &mut whole.rollout {
        others.rollout(rollout, "rollout", mistakes);
    }
    for (i, plugin) in whole.plugins.iter_mut().flatten().enumerate() {
        others.config(&mut plugin.config, &format!("plugins[{i}].rollout"), true, mistakes);
    }
    for (i, step) in whole.steps.iter_mut().enumerate() {
        if let Action::Configure(configure) = &mut step.action {
            let path = format!("steps[{i}].configure.rollout");
            others.config(&mut configure.config, &path, configure.accepted, mistakes);
        }
    }
    whole.compile(&node, source, &document.places, mistakes)
}

/// Whether this is a rollout, given in place of a scenario: then every key of it would be a mistake.
fn is_rollout(document: &Value) -> bool {
    let has = |key| document.get(key).is_some();
    !has("scenario") && ((has("rollout") && has("unit")) || has("rollouts"))
}

fn not_a_scenario(places: &Places) -> Problem {
    let problem = "this is a rollout, and not a scenario";
    let remedy = "a scenario names it: { scenario: what should come of it, rollout: its file, steps: [...] }; \
                  `serinus check` checks a rollout";
    Problem {
        remedy: Some(remedy.to_owned()),
        ..Problem::error("scenario", "", places.nearest("rollout"), problem)
    }
}

/// The other files.
struct Others {
    base: PathBuf,
    unsound: Vec<InvalidFile>,
}

impl Others {
    fn config(&mut self, config: &mut Config, path: &str, sound: bool, mistakes: &mut Mistakes) {
        match config {
            Config::Rollout(rollout) if sound => self.rollout(rollout, path, mistakes),
            Config::Rollout(rollout) => self.tree(rollout, path, mistakes),
            Config::Bytes(_) => {}
        }
    }

    /// Checks the rollout of a scenario that is unsound itself: all mistakes at once.
    fn rollout_of(&mut self, scenario: &Value, mistakes: &mut Mistakes) {
        let Some(value) = scenario.get("rollout") else { return };
        let node = Node::at(value, "rollout".to_owned());
        if let Some(mut rollout) = RolloutSpec::decode(&node, &mut Mistakes::default()) {
            self.rollout(&mut rollout, "rollout", mistakes);
        }
    }

    /// Reads a rollout, checks it, and has it carry its policy.
    fn rollout(&mut self, rollout: &mut RolloutSpec, path: &str, mistakes: &mut Mistakes) {
        let Some(file) = rollout.file.clone() else {
            return own_rollout(&mut rollout.value, &self.base, path, mistakes);
        };
        let Some((source, mut document)) = self.open(&file, path, mistakes) else { return };
        let carried = document
            .rollouts()
            .and_then(|rollouts| delivery::carry(&mut document, &rollouts, &folder(&source.name)));
        match carried {
            Ok(()) => rollout.value = document.value,
            Err(problems) => self.note(source, problems),
        }
    }

    /// Reads a rollout that should be refused: only a tree it must be. It carries its policy if it can, or that would
    /// be what it is refused for.
    fn tree(&mut self, rollout: &mut RolloutSpec, path: &str, mistakes: &mut Mistakes) {
        let mut base = self.base.clone();
        if let Some(file) = rollout.file.clone() {
            let Some((source, document)) = self.open(&file, path, mistakes) else { return };
            (base, rollout.value) = (folder(&source.name), document.value);
        }
        if let Ok(rollouts) = serinus_core::config::from_value(&rollout.value) {
            let _ = delivery::carry_in(&mut rollout.value, &rollouts, &base);
        }
    }

    fn open(
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
    fn note(&mut self, source: Source, problems: Vec<Problem>) {
        if !self.unsound.iter().any(|known| known.source.name == source.name) {
            self.unsound.push(InvalidFile { source, problems });
        }
    }
}

/// Checks a rollout that stands in the scenario, and has it carry its policy.
fn own_rollout(value: &mut Value, base: &Path, path: &str, mistakes: &mut Mistakes) {
    let whole = |inner: &str| {
        let dot = if inner.is_empty() || inner.starts_with('[') { "" } else { "." };
        format!("{path}{dot}{inner}")
    };
    match serinus_core::config::from_value(value) {
        Ok(rollouts) => {
            let unfit = delivery::carry_in(value, &rollouts, base).err();
            for Unfit { path, problem, remedy } in unfit.into_iter().flatten() {
                mistakes.0.push(Mistake { path: whole(&path), problem, remedy });
            }
        }
        Err(errors) => {
            for error in errors.iter() {
                mistakes.add(whole(error.path.as_str()), error.problem.as_str());
            }
        }
    }
}

/// All problems of the scenario's own file, in its order.
fn problems(known: Vec<Problem>, mistakes: Mistakes, places: &Places) -> Vec<Problem> {
    let follows = |mistake: &Mistake| {
        known.iter().any(|known| known.code == "value" && known.path == mistake.path)
    };
    let new: Vec<Problem> = mistakes
        .0
        .into_iter()
        .filter(|mistake| !follows(mistake))
        .map(|Mistake { path, problem, remedy }| Problem {
            remedy,
            ..Problem::error("scenario", path.as_str(), places.nearest(&path), problem)
        })
        .collect();
    let mut all: Vec<Problem> = known.into_iter().chain(new).collect();
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
    InvalidFile { source, problems: vec![Problem { problem: text, ..error.problem() }] }
}
