//! The policies that ship.

use std::cell::Cell;

use crate::make::{AMPLE, SHIPPED, engines, shipped};
use crate::snapshots;
use proptest::prop_assert;
use proptest::test_runner::{Config, RngSeed, TestRunner};
use serinus_core::config;
use serinus_core::evidence::SPANS_MS;
use serinus_core::policy::{About, Param, ParamAbout, ParamValue};
use serinus_core::record::Verdict;
use serinus_lab::policy::{Limits, typical};

const SEED: u64 = 7;

/// `make bench` asks for 10,000.
fn cases() -> u32 {
    std::env::var("SERINUS_POLICY_CASES").ok().map_or(200, |cases| cases.parse().unwrap())
}

/// What a policy is given when its author's defaults are said aloud, and a name for what has none.
fn known(about: &About) -> Vec<Param> {
    let named = || ParamValue::Text("conversion".into());
    let param = |p: &ParamAbout| Param {
        name: p.name.clone(),
        value: p.default.clone().unwrap_or_else(named),
    };
    about.params.iter().map(param).collect()
}

#[test]
fn both_engines_decide_alike_on_random_snapshots() {
    for name in SHIPPED {
        let built = shipped(name);
        let engines = engines(&built.component, AMPLE);
        let config = Config {
            cases: cases(),
            rng_seed: RngSeed::Fixed(SEED),
            failure_persistence: None,
            ..Config::default()
        };
        let decided = Cell::new([0; Verdict::ALL.len()]);
        let random = snapshots::snapshot(known(&built.sound.about));
        let run = TestRunner::new(config).run(&random, |snapshot| {
            let answers = engines.evaluate(&snapshot);
            prop_assert!(answers.agreed().is_some(), "{answers:#?}");
            let outcome = answers.wasmtime.outcome.ok();
            if let Some(decision) = outcome.filter(|d| !d.reason.starts_with("parameters:")) {
                let mut counts = decided.get();
                counts[decision.verdict as usize] += 1;
                decided.set(counts);
            }
            Ok(())
        });
        run.unwrap();
        let counts = decided.get();
        let said = Verdict::ALL.map(|v| format!("{} {}", counts[v as usize], v.as_str()));
        println!("{name}: seed {SEED}, {} snapshots: {}", cases(), said.join(", "));
        assert!(counts.iter().sum::<u32>() > cases() / 2, "most should reach the policy itself");
        // One of them waits for a word that no random text is.
        let kinds = counts.iter().filter(|n| **n > 0).count();
        assert!(kinds >= 2 || name == "manual-approval", "it says one thing only");
    }
}

#[test]
fn a_policy_that_ships_is_small_and_decides_within_the_default_limits() {
    for name in SHIPPED {
        let built = shipped(name);
        assert!(built.sound.core.len() <= 60 * 1024, "{name}: {} bytes", built.sound.core.len());
        let engines = engines(&built.component, Limits::default());
        let answers = engines.evaluate(&typical::snapshot(&built.sound.about));
        println!(
            "{name}: {} bytes, fuel {} on wasmtime, {} in the filter",
            built.sound.core.len(),
            answers.wasmtime.fuel_used,
            answers.interpreter.fuel_used
        );
        assert!(answers.agreed().unwrap().is_ok(), "{name}: {answers:?}");
    }
}

#[test]
fn the_folder_and_the_policy_have_one_name() {
    for name in SHIPPED {
        let built = shipped(name);
        assert_eq!((built.name.as_str(), built.sound.about.name.as_str()), (name, name));
    }
}

/// A window that the filter does not tell is answered by the next longer one, and a rate
/// over an hour is not one over half of it.
#[test]
fn the_windows_that_burn_rates_are_taken_over_are_those_that_the_filter_tells() {
    let about = shipped("error-budget").sound.about;
    let windows = about.params.iter().filter(|param| param.description.contains("window of"));
    let spans: Vec<_> = windows.filter_map(|param| param.default.as_ref()).collect();
    assert_eq!(spans.len(), 4);
    for span in spans {
        let ParamValue::Text(text) = span else { panic!("{span:?}") };
        assert!(SPANS_MS.contains(&config::Duration::parse(text).unwrap().ms), "{text}");
    }
}
