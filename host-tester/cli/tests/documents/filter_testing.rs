//! What the page of `examples/filter-testing` quotes besides commands and their output.

use std::fs;

use crate::page::{Page, commands, root};

const FOLDER: &str = "examples/filter-testing";

/// Steps of a workflow that make the machine what the reader's is.
const INSTALLATION: [&str; 2] = ["rustup target add ", "cargo install "];

fn page() -> Page {
    Page::read(&format!("{FOLDER}/README.md"))
}

fn file(path: &str) -> String {
    fs::read_to_string(root().join(FOLDER).join(path)).unwrap()
}

#[test]
fn the_page_quotes_a_scenario_and_a_test_to_the_letter() {
    let page = page();
    let scenario = page.in_language("yaml").remove(0);
    assert!(file("scenarios/outage.yaml").contains(&scenario), "{scenario}");
    let tests = page.in_language("rust").into_iter().filter(|block| block.starts_with("#[test]"));
    let tests: Vec<String> = tests.collect();
    assert_eq!(tests.len(), 1);
    assert!(file("tests/simulated/check.rs").contains(&tests[0]), "{}", tests[0]);
}

#[test]
fn the_workflow_runs_what_the_page_runs() {
    let page = page();
    let run: Vec<String> = page.steps().iter().flat_map(|step| commands(&step.script)).collect();
    let workflow = page.in_language("yaml").pop().unwrap();
    let steps = workflow.lines().filter_map(|line| line.trim().strip_prefix("- run: "));
    let steps: Vec<&str> = steps.collect();
    assert!(steps.len() > INSTALLATION.len(), "{steps:?}");
    for step in steps {
        let installs = INSTALLATION.iter().any(|start| step.starts_with(start));
        let known = run.iter().any(|command| command.split(" 2>").next() == Some(step));
        assert!(installs || known, "the page does not run `{step}`");
    }
}
