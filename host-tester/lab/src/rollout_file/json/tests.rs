use super::*;
use serde_json::json;

fn at(document: &Document, path: &str) -> (usize, usize, usize) {
    let place = document.places.get(path).unwrap_or_else(|| panic!("no place for {path}"));
    (place.line, place.column, place.width)
}

#[test]
fn everything_has_its_place() {
    let text = "{\n  \"a\": [1, {\"b\": \"x\"}],\n  \"é\\n\": { \"c\" : true },\n  \"d\": [ ]\n}";
    let document = document(text).unwrap();
    assert_eq!(document.value["a"][1]["b"], "x");
    for (path, place) in [
        ("", (1, 1, 1)),
        ("a", (2, 3, 3)),
        ("a[0]", (2, 9, 1)),
        ("a[1]", (2, 12, 1)),
        ("a[1].b", (2, 13, 8)),
        ("é\n", (3, 3, 5)),
        ("é\n.c", (3, 12, 10)),
        ("d", (4, 3, 3)),
    ] {
        assert_eq!(at(&document, path), place, "{path:?}");
    }
}

#[test]
fn a_key_given_twice_is_reported_at_the_second() {
    let document = document("{\"a\": {\"x\": 1,\n\"x\": {}}, \"b\": {\"x\": 1}}").unwrap();
    let [problem] = document.problems.as_slice() else { panic!("{:?}", document.problems) };
    assert_eq!((problem.code, problem.path.as_str()), ("duplicate-key", "a.x"));
    assert_eq!(problem.place, Some(Place { line: 2, column: 1, width: 3 }));
    assert_eq!(problem.message, "the key `x` is given twice; the first is on line 1");
}

#[test]
fn what_is_not_json_says_where() {
    let place = |text: &str| match document(text) {
        Err(ReadError::Syntax { place: Some(place), problem }) => {
            assert!(problem.starts_with("not valid JSON: ") && !problem.contains(" at line "));
            (place.line, place.column)
        }
        other => panic!("{text}: {other:?}"),
    };
    assert_eq!(place("{\"a\":\n é}"), (2, 2));
    assert_eq!(place("{\"ééé\": x}"), (1, 9));
    assert_eq!(place("{\"a\": 1e400}").0, 1);
    place("{} {}");
    place(&"[".repeat(500));
    assert!(matches!(document(" \n"), Err(ReadError::Empty)));
}

#[test]
fn escapes_and_tabs_are_those_of_json() {
    let document = document("{\t\"\\ud83d\\ude00\\/\":\t\"\\\"}\"\t}").unwrap();
    assert_eq!(document.value, json!({ "😀/": "\"}" }));
    assert_eq!(at(&document, "😀/"), (1, 3, 23));
}
