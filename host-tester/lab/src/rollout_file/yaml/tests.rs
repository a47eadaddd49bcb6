use super::*;
use serde_json::json;

fn at(document: &Document, path: &str) -> (usize, usize, usize) {
    let place = document.places.get(path).unwrap_or_else(|| panic!("no place for {path}"));
    (place.line, place.column, place.width)
}

fn refused(text: &str) -> (Option<(usize, usize)>, String) {
    match document(text) {
        Err(error) => (error.place().map(|p| (p.line, p.column)), error.to_string()),
        Ok(document) => panic!("{text}: {document:?}"),
    }
}

#[test]
fn everything_has_its_place() {
    let text = "\
rollout: é-1   # a comment
unit: [ { header: x-user-id }, two ]
stages:
  - weight: 5%
    min_time: 15m
  - { weight: 100% }
plain
";
    let text = text.replace("plain\n", "");
    let document = document(&text).unwrap();
    for (path, place) in [
        ("", (1, 1, 1)),
        ("rollout", (1, 1, 12)),
        ("unit", (2, 1, 4)),
        ("unit[0]", (2, 9, 1)),
        ("unit[0].header", (2, 11, 17)),
        ("unit[1]", (2, 32, 3)),
        ("stages", (3, 1, 6)),
        ("stages[0]", (4, 5, 1)),
        ("stages[0].weight", (4, 5, 10)),
        ("stages[0].min_time", (5, 5, 13)),
        ("stages[1].weight", (6, 7, 12)),
    ] {
        assert_eq!(at(&document, path), place, "{path:?}");
    }
}

#[test]
fn a_key_given_twice_is_reported_at_the_second_and_the_first_counts() {
    let document = document("a:\n  x: 1\n  y: 2\n  x: { z: 3 }\nb: { x: 1 }\n").unwrap();
    assert_eq!(document.value, json!({ "a": { "x": 1, "y": 2 }, "b": { "x": 1 } }));
    let [problem] = document.problems.as_slice() else { panic!("{:?}", document.problems) };
    assert_eq!((problem.code, problem.path.as_str()), ("duplicate-key", "a.x"));
    assert_eq!(problem.place.map(|p| (p.line, p.column)), Some((4, 3)));
    assert_eq!(problem.message, "the key `x` is given twice; the first is on line 2");
}

#[test]
fn aliases_are_what_their_anchors_are() {
    let document = document("a: &a { x: [1, 2] }\nb: *a\nc: [*a, &s text, *s]\n").unwrap();
    let a = json!({ "x": [1, 2] });
    assert_eq!(document.value, json!({ "a": a, "b": a, "c": [a, "text", "text"] }));
    // What is inside an alias is where the alias is.
    assert_eq!(document.places.nearest("b.x[1]").map(|p| p.line), Some(2));
}

#[test]
fn a_billion_laughs_are_not_laughed() {
    let mut text = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n".to_owned();
    for i in 1..10 {
        let list = vec![format!("*a{}", i - 1); 9].join(", ");
        text.push_str(&format!("a{i}: &a{i} [{list}]\n"));
    }
    let (place, problem) = refused(&text);
    assert!(problem.contains("larger than 200000 values"), "{problem}");
    assert!(place.is_some());
    assert!(refused("a: &a [*a]").1.contains("alias of what it is part of"));
    assert!(refused("a: *nobody").1.contains("not valid YAML"));
}

#[test]
fn depth_is_bounded() {
    for text in ["[".repeat(5_000), "a: ".repeat(5_000), format!("{}x", "- ".repeat(5_000))] {
        refused(&text);
    }
    assert!(document(&format!("{}1{}", "[".repeat(90), "]".repeat(90))).is_ok());
}

#[test]
fn what_is_not_one_document_is_refused() {
    for text in ["", "# nothing\n", "---\n", "~\n", "---\n...\n"] {
        assert!(matches!(document(text), Err(ReadError::Empty)), "{text:?}");
    }
    let (place, problem) = refused("a: 1\n---\nb: 2\n");
    assert_eq!(place, Some((3, 1)));
    assert!(problem.contains("second document"), "{problem}");
    assert!(document("--- \na: 1\n...\n").is_ok());
    assert_eq!(documents("a: 1\n---\n---\n# none\n---\nb: 2\n").unwrap().len(), 2);
}

#[test]
fn broken_yaml_says_where_and_tabs_are_named() {
    let (place, problem) = refused("a:\n\tb: 1\n");
    assert_eq!(place.map(|p| p.0), Some(2));
    assert!(problem.ends_with("YAML is indented with spaces, not tabs"), "{problem}");
    for text in ["a: [1, 2", "a: b: c", "a: 'x", "? [1]\n: 2", "- a\nb: 1", "a: @x"] {
        let (place, problem) = refused(text);
        assert!(place.is_some() && !problem.contains("tabs"), "{text:?}: {problem}");
    }
}

#[test]
fn values_that_json_cannot_hold_are_problems_with_a_place() {
    let document = document("a: 1e400\nb: [.nan]\nc: !secret x\n").unwrap();
    let found: Vec<_> =
        document.problems.iter().map(|p| (p.path.as_str(), p.place.map(|p| p.line))).collect();
    assert_eq!(found, [("a", Some(1)), ("b[0]", Some(2)), ("c", Some(3))]);
}

#[test]
fn keys_are_text_whatever_they_look_like() {
    let document = document("5: a\ntrue: b\n\"q\\n\": c\n").unwrap();
    assert_eq!(document.value, json!({ "5": "a", "true": "b", "q\n": "c" }));
}
