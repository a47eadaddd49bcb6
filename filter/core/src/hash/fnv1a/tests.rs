use super::Fnv1a;

#[test]
fn matches_the_authors_known_answers() {
    for (text, hash) in [
        ("", 0x811c_9dc5),
        ("a", 0xe40c_292c),
        ("b", 0xe70c_2de5),
        ("foo", 0xa9f3_7ed7),
        ("foobar", 0xbf9c_f968),
    ] {
        assert_eq!(Fnv1a::new().update(text.as_bytes()).finish(), hash, "{text}");
    }
}

#[test]
fn pieces_hash_like_the_whole() {
    assert_eq!(Fnv1a::new().update(b"foo").update(b"").update(b"bar").finish(), 0xbf9c_f968);
}
