//! The pages of this repository: their text, headings and links, without what stands in code blocks.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serinus_rig::workspace_root;

/// Folders without pages of ours.
const NOT_OURS: [&str; 4] = ["target", "node_modules", "corpus", "artifacts"];

/// A page, under its path from the top of the repository.
pub struct Page {
    pub path: PathBuf,
    pub text: String,
}

/// A line of a page that is not in a code block.
pub struct Line<'a> {
    /// From 1.
    pub number: usize,
    pub text: &'a str,
}

/// The page at this path from the top of the repository.
pub fn page(path: impl AsRef<Path>) -> Result<Page> {
    let path = path.as_ref().to_owned();
    let text = fs::read_to_string(workspace_root().join(&path))
        .with_context(|| path.display().to_string())?;
    Ok(Page { path, text })
}

/// All pages.
pub fn pages() -> Result<Vec<Page>> {
    files("md")?.into_iter().map(page).collect()
}

/// The files with this extension, by their paths from the top of the repository.
pub fn files(extension: &str) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    walk(&workspace_root(), &mut |path| {
        if path.extension().is_some_and(|end| end == extension) {
            found.push(path.strip_prefix(workspace_root()).unwrap_or(path).to_owned());
        }
    })?;
    found.sort();
    Ok(found)
}

fn walk(folder: &Path, visit: &mut impl FnMut(&Path)) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let hidden = name.starts_with('.') && name != ".github";
        if hidden || NOT_OURS.contains(&name) || path.is_symlink() {
            continue;
        }
        if path.is_dir() { walk(&path, visit)? } else { visit(&path) }
    }
    Ok(())
}

impl Page {
    /// The lines outside of code blocks.
    pub fn prose(&self) -> impl Iterator<Item = Line<'_>> {
        let mut fenced = false;
        let lines = self.text.lines().enumerate().map(|(i, text)| Line { number: i + 1, text });
        lines.filter(move |line| {
            let fence = line.text.trim_start().starts_with("```");
            fenced ^= fence;
            !fence && !fenced
        })
    }

    /// The anchors that a link can name: what GitHub makes of the headings.
    pub fn anchors(&self) -> Vec<String> {
        let mut anchors: Vec<String> = Vec::new();
        for line in self.prose().filter(|line| line.text.starts_with('#')) {
            let anchor = anchor(line.text.trim_start_matches('#').trim());
            let repeats = anchors.iter().filter(|known| *known == &anchor).count();
            anchors.push(if repeats == 0 { anchor } else { format!("{anchor}-{repeats}") });
        }
        anchors
    }
}

fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || [' ', '-', '_'].contains(c));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

#[test]
fn an_anchor_is_what_github_makes_of_a_heading() {
    assert_eq!(
        anchor("Would these gates ever catch anything?"),
        "would-these-gates-ever-catch-anything"
    );
    assert_eq!(anchor("The host: any `filter`, on a laptop"), "the-host-any-filter-on-a-laptop");
}
