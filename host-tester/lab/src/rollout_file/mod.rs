//! Rollout files: YAML or JSON in, a tree and the place of everything in it out.
//!
//! The tree goes through the same [`serinus_core::config`] as Envoy's plugin configuration, so a file
//! cannot mean one thing here and another in the proxy. What YAML adds to JSON is read by YAML 1.2's
//! core schema and nothing else: `5%` and `16:00` and `yes` are text, a key that is given twice is an
//! error, and aliases cannot expand without bound.
//!
//! The tree is built from the parser's events and not from a library's tree of its own, because those
//! trees drop what an error message needs: the first of two equal keys, and where each key stands.

mod json;
mod place;
mod source;
mod yaml;

pub use place::Places;
pub use source::{ReadError, Source, folder};

use serde_json::Value;
use serinus_core::config::{self, Rollout};
use serinus_core::diagnostic::Diagnostic;

/// What a file says.
#[derive(Clone, Debug)]
pub struct Document {
    /// As a tree.
    pub value: Value,
    /// Where everything in it stands.
    pub places: Places,
    /// What cannot be in a tree: keys given twice, numbers that are none.
    pub problems: Vec<Diagnostic>,
}

impl Document {
    /// Reads the one document of a file: JSON if its name ends in `.json` or it begins with `{`, else YAML.
    ///
    /// # Errors
    /// If it is neither, empty, or more than one.
    pub fn read(source: &Source) -> Result<Self, ReadError> {
        if source.is_json() { json::document(&source.text) } else { yaml::document(&source.text) }
    }

    /// Reads every document of a YAML text, such as a file of Kubernetes manifests. Empty ones are left out.
    ///
    /// # Errors
    /// If the text is not YAML.
    pub fn read_all(text: &str) -> Result<Vec<Self>, ReadError> {
        yaml::documents(text)
    }

    /// The rollouts in it.
    ///
    /// # Errors
    /// Everything that is wrong, in the order of the file.
    pub fn rollouts(&self) -> Result<Vec<Rollout>, Vec<Diagnostic>> {
        let mut problems = self.problems.clone();
        let rollouts = config::from_value(&self.value).unwrap_or_else(|first| {
            problems.extend(first.iter().filter_map(|error| self.placed(error)));
            Vec::new()
        });
        if problems.is_empty() {
            return Ok(rollouts);
        }
        problems.sort_by_key(|problem| problem.place.map(|place| (place.line, place.column)));
        Err(problems)
    }

    /// An error of the core, with its place. `None` for one that only follows from a value which this
    /// document could not hold, and which is reported as such.
    fn placed(&self, error: &Diagnostic) -> Option<Diagnostic> {
        let follows = |known: &Diagnostic| known.code == "value" && known.path == error.path;
        let place = self.places.nearest(&error.path);
        (!self.problems.iter().any(follows)).then(|| error.clone().at(place))
    }

    /// The path of the rollout at `index`, to be put before paths within it: empty, or `rollouts[1].`.
    pub fn prefix(&self, index: usize) -> String {
        let several = self.value.get("rollouts").is_some();
        if several { format!("rollouts[{index}].") } else { String::new() }
    }
}

#[cfg(test)]
mod tests;
