//! What must hold of the prose: links lead somewhere, the README is short, the reference is current, the words are the
//! glossary's, and nothing is wider than a window. `host-tester/cli/tests/documents` runs the commands.

mod configuration;
mod glossary;
mod links;
mod markdown;

use anyhow::{Result, ensure};

/// A newcomer reads the README in ten minutes.
#[test]
fn the_readme_has_at_most_1500_words() -> Result<()> {
    let words = markdown::page("README.md")?.text.split_whitespace().count();
    ensure!(words <= 1500, "README.md has {words} words: what is more belongs into docs/");
    Ok(())
}
