use super::*;
use crate::replay::entry::Ending;
use std::io::Cursor;
use std::time::Duration;

fn log(name: &str, text: impl Into<Vec<u8>>, headers: &Headers) -> Result<Log, LogError> {
    Log::from_reader(name, Box::new(Cursor::new(text.into())), 3, headers)
}

fn all(name: &str, text: impl Into<Vec<u8>>) -> Vec<Result<Entry, EntryError>> {
    let mut log = log(name, text, &Headers::new()).unwrap();
    std::iter::from_fn(|| log.entry().unwrap()).collect()
}

fn one(line: &str) -> Entry {
    all("access.log", line).remove(0).unwrap()
}

fn wrong(line: &str) -> String {
    all("access.log", line).remove(0).unwrap_err().problem
}

/// Istio's default, with two headers of one's own.
const ISTIO: &str = r#"{"authority":"shop.example","bytes_received":0,"bytes_sent":135,"connection_termination_details":null,"downstream_local_address":"10.0.0.1:80","downstream_remote_address":"10.1.2.3:5555","duration":12,"method":"GET","path":"/a?b=c","protocol":"HTTP/1.1","request_id":"42","requested_server_name":null,"response_code":503,"response_code_details":"x","response_flags":"UF,URX","route_name":"default","start_time":"2026-01-05T09:00:00.250Z","upstream_cluster":"outbound|80|v2|shop","upstream_host":null,"upstream_service_time":null,"user_agent":"curl/8","x_forwarded_for":null,"x-user-id":"u1","cookie":"a=b"}"#;

#[test]
fn istios_log_is_read() {
    let entry = one(ISTIO);
    assert_eq!((entry.origin.file, entry.origin.line), (3, 1));
    assert_eq!(entry.at, 1_767_603_600_250_000_000);
    assert_eq!((entry.method.as_str(), entry.path.as_str()), ("GET", "/a?b=c"));
    assert_eq!(entry.host, "shop.example");
    assert_eq!(entry.source, Some("10.1.2.3".parse().unwrap()));
    assert_eq!(entry.cluster.as_deref(), Some("outbound|80|v2|shop"));
    let ending = Ending {
        status: Some(503),
        grpc: None,
        flags: vec!["UF".into(), "URX".into()],
        took: Duration::from_millis(12),
    };
    assert_eq!(entry.ending, ending);
    let names: Vec<&str> = entry.headers.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["cookie", "request-id", "user-agent", "x-user-id"]);
}

#[test]
fn the_log_of_this_projects_rig_is_read() {
    let line = r#"{"started":"1767603600.250000","user":"u1","cohort":"canary","request":"POST /b","code":0,"flags":"DC","details":"x","cluster":"canary","upstream":"127.0.0.1:9","attempts":1,"duration":7}"#;
    let mut named = log("x", line, &vec![("x-user-id".into(), "user".into())]).unwrap();
    let entry = named.entry().unwrap().unwrap().unwrap();
    assert_eq!(entry.at, 1_767_603_600_250_000_000);
    assert_eq!((entry.method.as_str(), entry.path.as_str()), ("POST", "/b"));
    assert_eq!((entry.header("x-user-id"), entry.header("user")), (Some("u1"), None));
    assert_eq!((entry.ending.status, entry.cluster.as_deref()), (None, Some("canary")));
}

#[test]
fn times_durations_and_codes_come_in_many_forms() {
    let line = |time: &str, rest: &str| format!(r#"{{"time":{time},"status":"200"{rest}}}"#);
    for time in [
        "\"2026-01-05T10:00:00+01:00\"",
        "1767603600",
        "1767603600000",
        "\"1767603600.0\"",
        "1.7676036e9",
    ] {
        assert_eq!(one(&line(time, "")).at, 1_767_603_600_000_000_000, "{time}");
    }
    let took = |duration: &str| one(&line("1", &format!(r#","duration":{duration}"#))).ending.took;
    assert_eq!((took("\"12\""), took("0.5"), took("\"7ms\"")).0, Duration::from_millis(12));
    assert_eq!((took("0.5"), took("\"-\"")), (Duration::from_micros(500), Duration::ZERO));
    assert_eq!(took("1e300"), Duration::from_secs(3600));
    let grpc = |status: &str| one(&line("1", &format!(r#","grpc_status":{status}"#))).ending.grpc;
    assert_eq!(
        (grpc("14"), grpc("\"Unavailable\""), grpc("\"DEADLINE_EXCEEDED\"")),
        (Some(14), Some(14), Some(4))
    );
}

#[test]
fn what_is_no_entry_says_where_and_why() {
    assert!(wrong("nonsense").contains("is not a JSON object"));
    assert!(wrong("[1]").contains("is not a JSON object"));
    assert!(wrong(r#"{"status":200}"#).contains("says no time: none of start_time,"));
    assert!(wrong(r#"{"time":1}"#).contains("says no status"));
    assert!(
        wrong(r#"{"time":"yesterday","status":200}"#).contains("\"yesterday\" is no time such as")
    );
    for time in ["-1", "1e300", "[]", "\"9999999-01-01T00:00:00Z\"", "\"NaN\"", "\"inf\""] {
        assert!(
            wrong(&format!(r#"{{"time":{time},"status":200}}"#)).contains("is no time"),
            "{time}"
        );
    }
    for status in ["99", "600", "\"ok\"", "-1", "1e9", "[]"] {
        assert!(
            wrong(&format!(r#"{{"time":1,"status":{status}}}"#)).contains("is no HTTP status"),
            "{status}"
        );
    }
    assert!(wrong(r#"{"time":1,"status":200,"duration":-1}"#).contains("is no duration"));
    let lines = all("access.log", "\n{\"time\":1,\"status\":200}\n\n  x\n");
    assert!(lines[0].is_ok());
    assert_eq!(lines[1].as_ref().unwrap_err().place.line, 4);
}

#[test]
fn hostile_lines_are_bounded_and_never_become_headers_that_break_out() {
    let long = "x".repeat(3 << 20);
    let lines = all("access.log", format!("{long}\n{{\"time\":1,\"status\":200}}\n"));
    assert!(lines[0].is_err() && lines[1].is_ok() && lines.len() == 2);
    let entry = one(
        r#"{"time":1,"status":200,"path":"/a b","method":"G\r\nET","x-a":"b\r\nc: d","bad name":"v","x-n":5,"":"e","authority":"a\u0000b"}"#,
    );
    assert_eq!((entry.path.as_str(), entry.method.as_str(), entry.host.as_str()), ("/", "GET", ""));
    assert_eq!(entry.headers, []);
    let many: String = (0..1000).map(|i| format!(r#""h{i}":"v","#)).collect();
    assert_eq!(one(&format!("{{{many}\"time\":1,\"status\":200}}")).headers.len(), 64);
    assert!(all("access.log", b"\xff\xfe\n\0\n".to_vec()).iter().all(Result::is_err));
}

const HAR: &str = r#"{"log":{"version":"1.2","creator":{},"entries":[
  {"startedDateTime":"2026-01-05T10:00:00.500+01:00","time":12.5,"request":{"method":"GET","url":"https://shop.example/a?b#c","headers":[{"name":"X-User-Id","value":"u1"},{"name":":authority","value":"www.shop.example"}]},"response":{"status":200,"content":{"text":"ignored"}}},
  {"startedDateTime":"soon","response":{"status":200}},
  {"startedDateTime":"2026-01-05T09:00:00Z","request":{"url":"https://shop.example"},"response":{"status":0}}]}}"#;

#[test]
fn a_har_file_is_read() {
    let entries = all("Session.HAR", HAR);
    let first = entries[0].as_ref().unwrap();
    assert_eq!(first.at, 1_767_603_600_500_000_000);
    assert_eq!((first.host.as_str(), first.path.as_str()), ("www.shop.example", "/a?b"));
    assert_eq!(first.headers, [("x-user-id".to_owned(), "u1".to_owned())]);
    assert_eq!(first.ending.took, Duration::from_micros(12_500));
    let wrong = entries[1].as_ref().unwrap_err();
    assert_eq!(wrong.place.line, 2);
    assert_eq!(wrong.problem, "log.entries[1].startedDateTime: \"soon\" is no time");
    let last = entries[2].as_ref().unwrap();
    assert_eq!((last.ending.status, last.path.as_str()), (None, "/"));
    assert!(matches!(log("x.har", "{\"log\":{}}", &Headers::new()), Err(LogError::Har(_))));
}
