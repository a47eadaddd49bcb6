use super::*;

fn map(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
    pairs.iter().copied().collect()
}

fn shown(map: &HeaderMap) -> String {
    let text = |bytes: &Bytes| String::from_utf8_lossy(bytes).into_owned();
    map.iter()
        .map(|h| format!("{}={}", text(&h.name), text(&h.value)))
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn names_are_kept_in_lower_case_and_found_by_it() {
    let headers = map(&[("X-User", "a"), ("x-user", "b")]);
    assert_eq!(headers.text("x-user"), Some("a"));
    assert_eq!(headers.all(b"x-user").count(), 2);
}

#[test]
fn a_set_header_goes_to_the_end_and_a_pseudo_header_stays_in_front() {
    let mut headers =
        map(&[(":path", "/"), (":method", "GET"), ("a", "1"), ("b", "2"), ("a", "3")]);
    headers.set("a", "4");
    headers.set(":path", "/other");
    assert_eq!(shown(&headers), ":method=GET :path=/other b=2 a=4");
}

#[test]
fn the_wire_joins_where_envoy_keeps_one_value() {
    let mut headers = HeaderMap::new();
    [("via", "1"), ("via", "2"), ("cookie", "a"), ("cookie", "b")]
        .into_iter()
        .for_each(|(name, value)| headers.join(name, value));
    headers.add("via", "3");
    assert_eq!(shown(&headers), "via=1,2 cookie=a cookie=b via=3");
}

#[test]
fn removing_takes_every_copy() {
    let mut headers = map(&[("a", "1"), ("b", "2"), ("a", "3")]);
    assert!(headers.remove(b"A"));
    assert!(!headers.remove(b"a"));
    assert_eq!(shown(&headers), "b=2");
    assert_eq!(headers.byte_size(), 2);
}
