//! The glossary's words are those of the code, and the words that it replaced are gone.

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Context, Result, ensure};
use serinus_rig::workspace_root;

use crate::markdown::{files, page, pages};

/// Names of types that told nobody what they hold. Each stands for a word that says it.
const GONE: &[&str] = &[
    "Trial",
    "Trials",
    "Look",
    "Looks",
    "Taken",
    "Heard",
    "World",
    "Guest",
    "Way",
    "Leg",
    "Half",
    "Live",
    "Told",
    "Ran",
    "Seen",
    "Ground",
    "Book",
    "Books",
    "Tails",
    "Breadth",
    "Repeats",
    "Answers",
    "Census",
    "Sightings",
    "Unsound",
    "Unfit",
    "Wrong",
    "Refused",
    "Unplayable",
    "Unreadable",
];

/// The words of the glossary, with what is said of each.
fn entries() -> Result<Vec<(String, String)>> {
    let page = page("docs/glossary.md")?;
    let entry = |part: &str| {
        let (word, said) = part.strip_prefix("**")?.split_once(".**")?;
        Some((word.to_owned(), said.replace('\n', " ")))
    };
    Ok(page.text.split("\n\n").filter_map(entry).collect())
}

/// All Rust of this repository, each file with its path.
fn sources() -> Result<Vec<(String, String)>> {
    let read = |path: std::path::PathBuf| {
        Ok((path.display().to_string(), fs::read_to_string(workspace_root().join(&path))?))
    };
    files("rs")?.into_iter().map(read).collect()
}

/// The type that a line declares.
fn declared(line: &str) -> Option<&str> {
    let mut words = line.split_whitespace();
    let kind = words.find(|word| !word.starts_with("pub"))?;
    let name = words.next()?;
    let end = name.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(name.len());
    ["struct", "enum", "trait", "type", "union"].contains(&kind).then_some(&name[..end])
}

#[test]
fn the_words_are_in_order_and_in_use() -> Result<()> {
    let entries = entries()?;
    ensure!(entries.len() >= 20, "{} words", entries.len());
    ensure!(entries.is_sorted_by(|a, b| a.0 <= b.0), "the words are not in order");
    let glossary = std::path::Path::new("docs/glossary.md");
    let mut text: String =
        pages()?.into_iter().filter(|page| page.path != glossary).map(|page| page.text).collect();
    text.extend(sources()?.into_iter().map(|(_, source)| source));
    let text = text.to_lowercase();
    let unused: Vec<_> = entries.iter().filter(|(word, _)| !text.contains(word.as_str())).collect();
    ensure!(unused.is_empty(), "only the glossary has these words: {unused:?}");
    Ok(())
}

#[test]
fn every_name_that_the_glossary_gives_is_in_the_code() -> Result<()> {
    let sources = sources()?;
    let types: BTreeSet<&str> =
        sources.iter().flat_map(|(_, source)| source.lines().filter_map(declared)).collect();
    let mut names = 0;
    for (word, said) in entries()? {
        let Some((_, given)) = said.rsplit_once(" (`") else { continue };
        for name in given.split('`').step_by(2).filter_map(|name| name.split("::").next()) {
            let name = name.trim();
            if name.starts_with(char::is_uppercase) {
                names += 1;
                ensure!(types.contains(name), "{word}: there is no type `{name}`");
            }
        }
    }
    ensure!(names > 20, "only {names} names were found");
    Ok(())
}

#[test]
fn no_type_has_a_name_that_the_glossary_replaced() -> Result<()> {
    let mut old = Vec::new();
    for (path, source) in sources()? {
        for (i, line) in source.lines().enumerate() {
            if let Some(name) = declared(line).filter(|name| GONE.contains(name)) {
                old.push(format!("{path}:{}: {name}", i + 1));
            }
        }
    }
    ensure!(old.is_empty(), "\n{}", old.join("\n"));
    Ok(())
}

#[test]
fn a_declaration_is_read_as_rust_means_it() -> Result<()> {
    for line in [
        "pub(super) struct Told<'a> {",
        "enum Told {",
        "    pub trait Told: Clone {",
        "type Told = u8;",
        "struct Told(u8);",
    ] {
        ensure!(declared(line).context("none")? == "Told", "{line}");
    }
    ensure!(
        declared("let told = Told::new();").is_none() && declared("// a struct Told").is_none()
    );
    Ok(())
}
