//! Files that are broken in the ways in which files break.

use super::check;
use crate::exit::Exit;
use proptest::prelude::*;
use serinus_lab::rollout_file::Source;
use serinus_lab::snippet::Snippet;

const SAMPLE: &str = include_str!("../../../../../examples/rollout.yaml");

/// Text that looks like a rollout, broken in the ways in which files break.
fn broken() -> impl Strategy<Value = String> {
    let bits = vec![
        ":", "- ", "{", "}", "[", "]", ",", "\"", "'", "\t", "\n", "  ", "#", "&a ", "*a", "|",
        ">", "!", "!!int ", "%", "@", "---\n", "...\n", "? ", "<<: ", "\u{feff}", "\u{85}", "é",
        "\0", "\r", "1e400", ".nan", "~", "\\",
    ];
    let cut = (any::<prop::sample::Index>(), 0..30_usize, prop::sample::select(bits));
    prop::collection::vec(cut, 1..6).prop_map(|cuts| {
        let mut chars: Vec<char> = SAMPLE.chars().collect();
        for (at, length, put) in cuts {
            let at = at.index(chars.len());
            let end = (at + length).min(chars.len());
            chars.splice(at..end, put.chars());
        }
        chars.into_iter().collect()
    })
}

/// Every problem that has a place has it in the text.
fn sound(name: &str, text: &str) -> Result<(), TestCaseError> {
    let checked = check(Source::new(name, text), Some(10.0), true);
    let lines = checked.text.lines().count().max(1);
    prop_assert_eq!(checked.exit == Exit::Good, checked.problems.is_empty());
    for problem in &checked.problems {
        let snippet = Snippet { diagnostic: problem, file: name, text: &checked.text };
        prop_assert!(!snippet.to_string().is_empty());
        if let Some(place) = problem.place {
            prop_assert!(place.line >= 1 && place.line <= lines + 1, "{:?} of {}", place, lines);
            prop_assert!(place.column >= 1 && place.width >= 1, "{:?}", place);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_broken_file_is_an_answer_and_not_a_panic(text in broken()) {
        sound("a.yaml", &text)?;
        sound("a.json", &text)?;
    }

    #[test]
    fn any_text_is_an_answer_and_not_a_panic(text in ".{0,200}") {
        sound("a.yaml", &text)?;
        sound("a.json", &text)?;
    }
}
