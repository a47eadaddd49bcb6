//! The table as a file.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use anyhow::{Result, ensure};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serinus_lab::rollout_file::Document;
use serinus_rig::workspace_root;

/// By the guest's name.
pub type Table = BTreeMap<String, Row>;

/// What a host does.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Row {
    /// Envoy never gets out of this function; a host with a limit ends it.
    Hangs(String),
    /// Each time something else, by this function.
    Varies(String),
    /// It comes to an end.
    Answers(Answer),
}

impl Row {
    /// What came of it, where anything did.
    pub fn answer(&self) -> Option<&Answer> {
        match self {
            Self::Hangs(_) | Self::Varies(_) => None,
            Self::Answers(answer) => Some(answer),
        }
    }
}

/// What came of a module and one request.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// Why Envoy does not take the module or its configuration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
    /// The first function that a VM died in, and of what.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<String>,
    /// What the client got; nothing if there was no answer, or if it depends on who was first: a request or a tick.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// What it logged for the request, or, if it logs before there is one, each line once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub logs: Vec<String>,
    /// Envoy itself died: a host had better not do as it does.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub crashed: bool,
}

/// What the embedded host does otherwise, by the guest's name.
pub type Differences = BTreeMap<String, Difference>;

/// What the embedded host does, and why it is not what Envoy does.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Difference {
    /// Why.
    pub why: String,
    /// What it does.
    pub answer: Answer,
}

fn path(name: &str) -> PathBuf {
    workspace_root().join("tests/guests/hostile").join(name)
}

fn read_file<T: DeserializeOwned>(name: &str) -> Result<T> {
    let mut documents = Document::read_all(&fs::read_to_string(path(name))?)?;
    ensure!(documents.len() == 1, "{} documents", documents.len());
    let document = documents.remove(0);
    ensure!(document.problems.is_empty(), "{:?}", document.problems);
    Ok(serde_json::from_value(document.value)?)
}

/// The table as it is.
pub fn read() -> Result<Table> {
    read_file("envoy.yaml")
}

/// The embedded host's table as it is.
pub fn read_differences() -> Result<Differences> {
    read_file("host.yaml")
}

/// Writes it, one line per fact.
pub fn write(table: &Table) -> Result<()> {
    let mut text = String::from(
        "# What Envoy 1.40 does to each hostile guest; written by the test host_hostile.\n",
    );
    for (name, row) in table {
        match row {
            Row::Hangs(function) => writeln!(text, "{name}:\n  hangs: {function}")?,
            Row::Varies(function) => writeln!(text, "{name}:\n  varies: {function}")?,
            Row::Answers(answer) => {
                writeln!(text, "{name}:")?;
                write_answer(&mut text, "answers", answer)?;
            }
        }
    }
    Ok(fs::write(path("envoy.yaml"), text)?)
}

/// Writes the embedded host's table.
pub fn write_differences(table: &Differences) -> Result<()> {
    let mut text = String::from(
        "# What the embedded host does where it is not what Envoy 1.40 does, and why; the answers are written by the\n\
         # test host_hostile, the reasons are not.\n",
    );
    for (name, Difference { why, answer }) in table {
        writeln!(text, "{name}:\n  why: {}", serde_json::to_string(why)?)?;
        write_answer(&mut text, "answer", answer)?;
    }
    Ok(fs::write(path("host.yaml"), text)?)
}

fn write_answer(text: &mut String, key: &str, answer: &Answer) -> Result<()> {
    let serde_json::Value::Object(facts) = serde_json::to_value(answer)? else {
        return Ok(());
    };
    if facts.is_empty() {
        return Ok(writeln!(text, "  {key}: {{}}")?);
    }
    writeln!(text, "  {key}:")?;
    for (key, value) in facts {
        match value.as_array() {
            None => writeln!(text, "    {key}: {value}")?,
            Some(lines) => {
                writeln!(text, "    {key}:")?;
                lines.iter().try_for_each(|line| writeln!(text, "      - {line}"))?;
            }
        }
    }
    Ok(())
}
