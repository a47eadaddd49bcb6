//! A page of the documentation: its commands, and what is shown of what they print.

use std::fs;
use std::path::{Path, PathBuf};

/// A page, under its path from the top of the repository.
pub struct Page {
    pub path: String,
    pub text: String,
}

/// A block of commands.
pub struct Step {
    /// Where it begins, from 1.
    pub line: usize,
    pub script: String,
    /// What is shown right after it.
    pub shown: Option<ShownOutput>,
}

/// What a block of commands prints.
pub struct ShownOutput {
    pub text: String,
    /// The block says that its numbers are others the next time.
    pub numbers_vary: bool,
}

/// A code block.
struct Block {
    line: usize,
    indent: usize,
    info: String,
    text: String,
}

/// The top of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// The pages that a user reads.
pub fn pages() -> Vec<Page> {
    let mut paths: Vec<String> =
        ["README.md", "CONTRIBUTING.md", "host-tester/README.md"].map(str::to_owned).into();
    for folder in ["docs", "examples"] {
        for entry in fs::read_dir(root().join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let page = if path.is_dir() { path.join("README.md") } else { path };
            if page.extension().is_some_and(|end| end == "md") && page.exists() {
                paths.push(page.strip_prefix(root()).unwrap().display().to_string());
            }
        }
    }
    paths.iter().map(|path| Page::read(path)).collect()
}

impl Page {
    pub fn read(path: &str) -> Self {
        Self { path: path.to_owned(), text: fs::read_to_string(root().join(path)).unwrap() }
    }

    /// Its blocks of commands, each with what is shown right after it.
    pub fn steps(&self) -> Vec<Step> {
        let mut steps: Vec<Step> = Vec::new();
        let mut after_script = false;
        for block in self.blocks() {
            if after_script && block.info.starts_with("text") {
                let numbers_vary = block.info == "text (numbers vary)";
                steps.last_mut().unwrap().shown =
                    Some(ShownOutput { text: block.text, numbers_vary });
                after_script = false;
            } else {
                after_script = block.info == "sh";
                if after_script {
                    steps.push(Step { line: block.line, script: block.text, shown: None });
                }
            }
        }
        steps
    }

    fn blocks(&self) -> Vec<Block> {
        let mut blocks = Vec::new();
        let mut open: Option<Block> = None;
        for (i, line) in self.text.lines().enumerate() {
            let trimmed = line.trim_start();
            let indent = line.len() - trimmed.len();
            match (&mut open, trimmed.strip_prefix("```")) {
                (Some(_), Some(_)) => blocks.extend(open.take()),
                (Some(block), None) => {
                    block.text += line.get(block.indent.min(indent)..).unwrap();
                    block.text.push('\n');
                }
                (None, Some(info)) => {
                    open =
                        Some(Block { line: i + 1, indent, info: info.into(), text: String::new() });
                }
                (None, None) => {}
            }
        }
        blocks
    }

    /// The blocks of a language.
    pub fn in_language(&self, language: &str) -> Vec<String> {
        let blocks = self.blocks().into_iter().filter(|block| block.info == language);
        blocks.map(|block| block.text).collect()
    }

    /// What stands between backquotes, outside of code blocks, each with its line.
    pub fn inline(&self) -> Vec<(usize, String)> {
        let mut fenced = false;
        let mut spans = Vec::new();
        for (i, line) in self.text.lines().enumerate() {
            let fence = line.trim_start().starts_with("```");
            fenced ^= fence;
            if !fence && !fenced {
                spans.extend(
                    line.split('`').skip(1).step_by(2).map(|span| (i + 1, span.to_owned())),
                );
            }
        }
        spans
    }
}

/// The commands of a script, one a line: what is continued is joined, and what stands in a here-document is none.
pub fn commands(script: &str) -> Vec<String> {
    let joined = script.replace("\\\n", "");
    let mut lines = joined.lines();
    let mut commands = Vec::new();
    while let Some(line) = lines.next() {
        if let Some((_, end)) = line.split_once("<<'") {
            let end = end.trim_end_matches('\'');
            lines.by_ref().find(|line| *line == end);
        }
        commands.push(line.split_whitespace().collect::<Vec<_>>().join(" "));
    }
    commands
}

/// Whether what was printed is what is shown. Numbers with a comma (bytes, fuel) and hashes are those of one compiler.
pub fn alike(printed: &str, shown: &ShownOutput) -> bool {
    let plain = if shown.numbers_vary { without_digits } else { without_counts };
    plain(printed) == plain(&shown.text)
}

fn without_digits(text: &str) -> String {
    let number = |c: char| c.is_ascii_digit() || ".,:-".contains(c);
    let words = text.split(' ').map(|word| {
        if word.contains(|c: char| c.is_ascii_digit()) {
            word.replace(number, "")
        } else {
            word.to_owned()
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

fn without_counts(text: &str) -> String {
    let words = text.split_inclusive([' ', '\n']).map(|word| {
        let trimmed = word.trim_end().trim_end_matches([',', ')']);
        let hash = trimmed.len() == 64 && trimmed.bytes().all(|b| b.is_ascii_hexdigit());
        let number =
            trimmed.contains(',') && trimmed.bytes().all(|b| b.is_ascii_digit() || b == b',');
        if hash || number { word.replace(trimmed, "N") } else { word.to_owned() }
    });
    words.collect()
}

#[test]
fn a_page_is_read_as_commands_and_what_they_print() {
    let text = "a `b c`\n```sh\nx \\\n  y\ncat > f <<'END'\nnot a command\nEND\n```\n\n```text\n1\n```\n1. l\n\n   ```sh\n   z\n   ```\n";
    let page = Page { path: "x.md".into(), text: text.into() };
    let steps = page.steps();
    assert_eq!(commands(&steps[0].script), ["x y", "cat > f <<'END'"]);
    assert_eq!(steps[0].shown.as_ref().unwrap().text, "1\n");
    assert_eq!((steps[1].line, steps[1].script.as_str()), (15, "z\n"));
    assert_eq!(page.inline(), [(1, "b c".to_owned())]);
}

#[test]
fn only_numbers_may_differ_and_only_where_it_is_said() {
    let shown = |text: &str, numbers_vary| ShownOutput { text: text.into(), numbers_vary };
    assert!(alike("36,120 bytes", &shown("36,000 bytes", false)));
    assert!(!alike("3 of 4 pass", &shown("4 of 4 pass", false)));
    assert!(alike("in 2.6s (55.6%)", &shown("in 13s (5%)", true)));
    assert!(!alike("rolled back in 2s", &shown("promoted in 2s", true)));
}
