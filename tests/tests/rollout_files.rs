//! The rollouts that ship are good, by the command that users run.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use serinus_cli::command::check::check;
use serinus_cli::exit::Exit;
use serinus_lab::rollout_file::{Document, Source};
use serinus_rig::workspace_root;

/// Enough for every stage of the samples to be long enough for its gates.
const RPS: Option<f64> = Some(1_000.0);

fn sample() -> PathBuf {
    workspace_root().join("examples/rollout.yaml")
}

#[test]
fn the_sample_needs_no_advice() -> Result<()> {
    let checked = check(Source::read(&sample().display().to_string())?, RPS, true);
    ensure!(checked.exit == Exit::Good, "{:#?}", checked.problems);
    ensure!(checked.rollouts == ["checkout-v2"]);
    Ok(())
}

/// Whoever reads the sample should meet every key that this version evaluates, and no other.
#[test]
fn the_sample_shows_every_key() -> Result<()> {
    let document = Document::read(&Source::read(&sample().display().to_string())?)?;
    let schema = serinus_core::config::schema();
    let known = schema["$defs"]["Rollout"]["properties"].as_object().context("properties")?;
    let not_yet = ["policy"];
    let only_with_follow = ["stage"];
    for key in known.keys().map(String::as_str) {
        let expected = !not_yet.contains(&key) && !only_with_follow.contains(&key);
        ensure!(document.value.get(key).is_some() == expected, "`{key}` in the sample");
    }
    let text = fs::read_to_string(sample())?;
    for key in not_yet.iter().chain(&only_with_follow) {
        ensure!(text.contains(&format!("`{key}")), "the sample should say a word about `{key}`");
    }
    Ok(())
}

/// One edit, one error, with its place: the checks behind the sample are awake.
#[test]
fn a_slip_in_the_sample_is_found_on_its_line() -> Result<()> {
    let text = fs::read_to_string(sample())?;
    for (old, new, path) in [
        ("min_requests: 3000", "min_request: 3000", "stages[0].min_request"),
        ("weight: 10%", "weight: 10 percent", "stages[1].weight"),
        ("weight: 50%", "weight: 5%", "stages[2].weight"),
        ("max_age: 7d", "max_age: 7w", "max_age"),
        ("cohort: canary }", "cohort: kanary }", "force[0].cohort"),
        ("profile: standard", "salt: again", "salt"),
    ] {
        ensure!(text.matches(old).count() == 1, "`{old}` should be in the sample once");
        let line = text.lines().position(|line| line.contains(old)).context("its line")? + 1;
        let checked = check(Source::new("sample.yaml", text.replace(old, new)), RPS, false);
        let [problem] = checked.problems.as_slice() else {
            anyhow::bail!("{old}: {:#?}", checked.problems)
        };
        ensure!(problem.path == path, "{old}: {problem:?}");
        ensure!(problem.place.map(|place| place.line) == Some(line), "{old}: {problem:?}");
    }
    Ok(())
}
