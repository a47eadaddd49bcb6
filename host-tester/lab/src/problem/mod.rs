//! Something that is to be said about a file, and its two forms: for a person and for a machine.

mod text;

pub use text::Snippet;

use crate::rollout_file::Place;
use serde::{Serialize, Serializer, ser::SerializeStruct};

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The filter would refuse the file.
    Error,
    /// The filter would take it, and do something that its author may not want.
    Warning,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// How bad it is.
    pub severity: Severity,
    /// Its kind, a stable word.
    pub code: &'static str,
    /// The path in the document, such as `stages[1].weight`; empty for the whole of it.
    pub path: String,
    /// Where it stands, if it stands anywhere.
    pub place: Option<Place>,
    /// What is wrong.
    pub problem: String,
    /// What would be right, where that is known.
    pub remedy: Option<String>,
}

impl Problem {
    /// An error.
    pub fn error(
        code: &'static str,
        path: impl Into<String>,
        place: Option<Place>,
        problem: impl Into<String>,
    ) -> Self {
        let (path, problem) = (path.into(), problem.into());
        Self { severity: Severity::Error, code, path, place, problem, remedy: None }
    }
}

impl Serialize for Problem {
    /// The documented form: the place is flattened, and no key is ever left out.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("Problem", 7)?;
        object.serialize_field("severity", &self.severity)?;
        object.serialize_field("code", self.code)?;
        object.serialize_field("path", &self.path)?;
        object.serialize_field("line", &self.place.map(|place| place.line))?;
        object.serialize_field("column", &self.place.map(|place| place.column))?;
        object.serialize_field("problem", &self.problem)?;
        object.serialize_field("remedy", &self.remedy)?;
        object.end()
    }
}
