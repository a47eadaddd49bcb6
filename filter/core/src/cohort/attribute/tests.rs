use super::super::fake::Request;
use super::Reads;

#[test]
fn asks_for_each_thing_once_also_if_it_is_missing() {
    let host = Request::new().header("a", "1");
    let reads = Reads::new(&host);
    for _ in 0..3 {
        assert_eq!(reads.header("a").as_deref(), Some(&b"1"[..]));
        assert_eq!(reads.header("b"), None);
        assert_eq!(reads.jwt_claim("a"), None);
        reads.now();
    }
    assert_eq!(host.log(), ["header a", "header b", "claim a", "now"]);
}

#[test]
fn answers_right_when_it_can_keep_no_more() {
    let names: Vec<String> = (0..20).map(|i| format!("h{i}")).collect();
    let host = names.iter().fold(Request::new(), |host, name| host.header(name, name));
    let reads = Reads::new(&host);
    for name in names.iter().chain(&names) {
        assert_eq!(reads.header(name).as_deref(), Some(name.as_bytes()));
    }
}
