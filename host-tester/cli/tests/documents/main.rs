//! Every command in the documentation is run, or stands in a table with the reason why it is not.
//!
//! A page is run as a reader would run it: one shell, one block after the other, in a folder that looks like the
//! repository. What a block prints is compared with the `text` block after it; numbers with a comma and hashes may
//! differ, and in a block that says `(numbers vary)` all numbers may.
#![expect(clippy::unwrap_used, reason = "a test says what must hold by unwrapping it")]

mod elsewhere;
mod filter_testing;
mod inline;
mod page;
mod session;

use elsewhere::{COMMANDS, PAGES, is_named};
use page::{Page, alike, commands, pages};
use session::Session;

/// The pages whose commands are run here, and where a reader begins.
const RUN: &[(&str, Session)] = &[
    ("README.md", Session::Repository),
    ("docs/guide.md", Session::Repository),
    ("examples/custom-policy/README.md", Session::NewFolder),
    ("examples/filter-testing/README.md", Session::FilterTesting),
];

fn run(path: &str) {
    let (_, session) = RUN.iter().find(|(run, _)| *run == path).unwrap();
    let mut steps = Page::read(path).steps();
    steps.retain(|step| !is_named(step));
    let scripts: Vec<&str> = steps.iter().map(|step| step.script.as_str()).collect();
    let printed = session.run(&scripts);
    assert_eq!(printed.len(), steps.len(), "{path}: {printed:?}");
    for (step, printed) in steps.iter().zip(printed) {
        let Some(shown) = &step.shown else { continue };
        let (line, script, text) = (step.line, &step.script, &shown.text);
        assert!(
            alike(&printed, shown),
            "{path}:{line}:\n{script}\nprints\n{printed}\nand the page shows\n{text}"
        );
    }
}

#[test]
fn the_commands_of_the_readme_print_what_it_shows() {
    run("README.md");
}

#[test]
fn the_commands_of_the_guide_print_what_it_shows() {
    run("docs/guide.md");
}

#[test]
fn the_commands_of_the_custom_policy_print_what_it_shows() {
    run("examples/custom-policy/README.md");
}

#[test]
fn the_commands_of_the_filter_that_is_tested_print_what_it_shows() {
    run("examples/filter-testing/README.md");
}

#[test]
fn every_command_is_run_or_it_is_said_why_not() {
    for page in pages() {
        let run = RUN.iter().any(|(path, _)| *path == page.path);
        let elsewhere = PAGES.iter().any(|(path, _)| *path == page.path);
        for step in page.steps() {
            let (path, line, script) = (&page.path, step.line, &step.script);
            assert!(run || elsewhere || is_named(&step), "{path}:{line} is not run:\n{script}");
        }
    }
}

#[test]
fn what_is_not_run_is_there_and_says_why() {
    let steps = pages().into_iter().flat_map(|page| page.steps());
    let shown: Vec<String> = steps.flat_map(|step| commands(&step.script)).collect();
    for (command, why, instead) in COMMANDS {
        assert!(shown.iter().any(|known| known == command), "no page has `{command}`");
        assert!(why.len() > 10 && !instead.is_empty(), "{command}");
    }
    for (path, why) in PAGES {
        assert!(!Page::read(path).steps().is_empty() && why.len() > 10, "{path}");
    }
}
