//! Commands in the middle of a sentence are not run, but they name what there is: targets of make, benches, options.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::page::{Page, commands, pages, root};

#[test]
fn commands_in_sentences_name_what_there_is() {
    let mut known = Known::default();
    let (mut seen, mut wrong) = (0, Vec::new());
    for page in pages() {
        for (line, span) in spans(&page) {
            if let Some(problem) = known.problem(&span) {
                wrong.push(format!("{}:{line}: `{span}`: {problem}", page.path));
            }
            seen += 1;
        }
    }
    assert!(seen > 60, "only {seen} commands were found");
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// All commands of the page, in sentences and in blocks.
fn spans(page: &Page) -> Vec<(usize, String)> {
    let blocks = page.steps().into_iter().flat_map(|step| {
        commands(&step.script).into_iter().map(move |command| (step.line, command))
    });
    let ours = ["make ", "cargo ", "serinus "];
    let all = page.inline().into_iter().chain(blocks);
    all.filter(|(_, span)| ours.iter().any(|start| span.starts_with(start))).collect()
}

/// What was asked for so far.
#[derive(Default)]
struct Known {
    help: BTreeMap<String, Option<String>>,
    targets: Option<Vec<(String, String, String)>>,
}

impl Known {
    fn problem(&mut self, command: &str) -> Option<String> {
        let command = command.split([';', '|', '&', '#']).next().unwrap();
        let words: Vec<&str> = command.split_whitespace().collect();
        match words.first() {
            Some(&"make") => makes(words.get(1)?),
            Some(&"cargo") => self.cargo(&words),
            _ => self.serinus(&words),
        }
    }

    /// The subcommand is there, and has the options.
    fn serinus(&mut self, words: &[&str]) -> Option<String> {
        let name = |word: &&&str| word.chars().all(|c| c.is_ascii_lowercase());
        let of_policy = words.get(1) == Some(&"policy");
        let depth = if of_policy { 2 } else { 1 };
        let sub: Vec<&str> = words.iter().skip(1).take(depth).take_while(name).copied().collect();
        if sub.is_empty() {
            return None;
        }
        let help = self.help.entry(sub.join(" ")).or_insert_with(|| help(&sub));
        let Some(help) = help else {
            return Some(format!("there is no `serinus {}`", sub.join(" ")));
        };
        let options = words.iter().filter(|word| word.starts_with("--") && word.len() > 2);
        let mut options = options.map(|option| option.split('=').next().unwrap());
        options.find(|option| !help.contains(*option)).map(|option| format!("it has no {option}"))
    }

    /// The bench, example or test is there, in the package that is named.
    fn cargo(&mut self, words: &[&str]) -> Option<String> {
        let targets = self.targets.get_or_insert_with(targets);
        let after = |option: &str| {
            words.iter().position(|word| *word == option).and_then(|at| words.get(at + 1)).copied()
        };
        for kind in ["bench", "example", "test", "bin"] {
            let Some(name) = after(&format!("--{kind}")).filter(|name| *name != "NAME") else {
                continue;
            };
            let package = after("-p");
            let there = targets.iter().any(|(of, kind_of, target)| {
                package.is_none_or(|package| package == of) && kind_of == kind && target == name
            });
            if !there {
                return Some(format!("there is no {kind} `{name}`"));
            }
        }
        let path = after("--path").filter(|path| !root().join(path).join("Cargo.toml").exists());
        path.map(|path| format!("there is no crate in {path}"))
    }
}

fn makes(target: &str) -> Option<String> {
    let makefile = fs::read_to_string(root().join("Makefile")).unwrap();
    let there = makefile.lines().any(|line| line.starts_with(&format!("{target}:")));
    (!there).then(|| format!("there is no target {target}"))
}

fn help(sub: &[&str]) -> Option<String> {
    let mut serinus = Command::new(env!("CARGO_BIN_EXE_serinus"));
    let output = serinus.args(sub).arg("--help").output().unwrap();
    output.status.success().then(|| String::from_utf8(output.stdout).unwrap())
}

/// The targets of the workspace: package, kind, name.
fn targets() -> Vec<(String, String, String)> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["metadata", "--format-version=1", "--no-deps", "--locked", "--offline"]);
    let output = cargo.current_dir(root()).output().unwrap();
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let packages = metadata["packages"].as_array().unwrap();
    let of = |package: &Value| {
        let name = text(&package["name"]);
        let targets = package["targets"].as_array().unwrap().clone();
        targets
            .into_iter()
            .map(move |target| (name.clone(), text(&target["kind"][0]), text(&target["name"])))
    };
    packages.iter().flat_map(of).collect()
}

#[test]
fn a_command_that_names_nothing_is_found() {
    let mut known = Known::default();
    for good in [
        "make demo",
        "serinus check F --rps 5",
        "serinus policy ...",
        "cargo bench -p serinus-core --bench guard",
    ] {
        assert_eq!(known.problem(good), None, "{good}");
    }
    for bad in [
        "make tea",
        "serinus brew",
        "serinus check --tea",
        "cargo bench -p serinus-core --bench tea",
        "cargo install --path tea",
    ] {
        assert!(known.problem(bad).is_some(), "{bad}");
    }
}
