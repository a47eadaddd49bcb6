use super::*;

fn read(value: Value) -> Matcher {
    Matcher::decode(&Node::root(&value), &mut Mistakes::default()).unwrap()
}

#[test]
fn a_matcher_holds_for_what_it_says_and_nothing_else() {
    let nothing: &[&str] = &[];
    for (matcher, good, bad) in [
        (json!("ab"), &["ab"][..], &["abc"][..]),
        (json!(""), &[""], nothing),
        (json!({ "contains": "b" }), &["abc"], &["ac"]),
        (json!({ "prefix": "a" }), &["ab"], &["ba"]),
        (json!({ "suffix": "a" }), &["ba"], &["ab"]),
        (json!({ "matches": "v[0-9]+|x" }), &["v12"], &["v12 or so"]),
        (json!({ "matches": "v[0-9]+|x" }), &["x"], &["xx"]),
        (json!({ "matches": "a.b" }), &["a\nb"], &["ab"]),
        (json!({ "present": true }), &["a"], nothing),
        (json!({ "absent": true }), nothing, &["a"]),
        (json!(null), nothing, &["a"]),
        (json!(["a", { "prefix": "b" }]), &["a", "bc"], &["bc", "a"]),
        (json!([]), nothing, &["a"]),
        (json!(["a"]), &["a"], &["a", "a"]),
    ] {
        let matcher = read(matcher);
        assert!(matcher.matches(good), "{matcher}: {good:?}");
        assert!(!matcher.matches(bad), "{matcher}: {bad:?}");
    }
}

#[test]
fn several_values_are_one_text_with_commas_unless_a_list_asks() {
    assert!(read(json!("a,b")).matches(&["a", "b"]));
    assert!(!read(json!("a")).matches(&["a", "b"]), "a forged second value does not pass");
}

#[test]
fn a_text_that_is_empty_counts_as_absent() {
    assert!(
        read(json!(null)).matches_text("") && !read(json!({ "present": true })).matches_text("")
    );
}
