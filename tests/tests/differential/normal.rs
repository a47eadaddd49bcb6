//! Takes out of a trace what differs from run to run.

/// The trace with names for addresses, ids, dates and times.
pub fn normalised(trace: &str, names: &[(String, String)]) -> String {
    let mut text = trace.to_owned();
    for (address, name) in names {
        text = text.replace(address, name);
    }
    text.lines().map(|line| line_normalised(line) + "\n").collect()
}

const AFTER: &[(&str, &str)] = &[
    ("x-request-id: ", "<id>"),
    ("request/id = \"", "<id>"),
    ("date: ", "<date> "),
    ("x-envoy-upstream-service-time: ", "<ms>"),
    ("x-envoy-expected-rq-timeout-ms: ", "<left>"),
    ("127.0.0.1:", "<port>"),
    ("request/time = ", "<time>"),
    ("request/duration = ", "<duration>"),
    ("response/backend_latency = ", "<duration>"),
    ("upstream/cx_pool_ready_duration = ", "<duration>"),
    ("connection/id = ", "<number>"),
    ("connection_id = ", "<number>"),
    ("source/port = ", "<port>"),
    ("upstream/port = ", "<port>"),
    ("destination/port = ", "<port>"),
];

fn line_normalised(line: &str) -> String {
    let mut line = line.to_owned();
    for (before, name) in AFTER {
        let mut from = 0;
        while let Some(at) = line[from..].find(before) {
            let start = from + at + before.len();
            let end = start + line[start..].find(ends(before)).unwrap_or(line.len() - start);
            let keep = before.starts_with("x-envoy-expected") && line[start..end].ends_with("00");
            if end > start && !keep {
                line.replace_range(start..end, name);
            }
            from = start;
        }
    }
    line
}

fn ends(before: &str) -> fn(char) -> bool {
    match before {
        "date: " => |c| "|]".contains(c),
        "127.0.0.1:" => |c: char| !c.is_ascii_digit(),
        _ => |c| " |]\"".contains(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_from_run_to_run_has_a_name() {
        let names = [("127.0.0.1:4711".into(), "<up>".into())];
        let line = "[date: Sat, 21 Nov 2026 04:34:38 GMT | x-request-id: 1-2 | x: 127.0.0.1:4711, 127.0.0.1:80]";
        let normal = "[date: <date> | x-request-id: <id> | x: <up>, 127.0.0.1:<port>]\n";
        assert_eq!(normalised(line, &names), normal);
    }

    #[test]
    fn a_timeout_as_set_stays_and_what_is_left_of_one_does_not() {
        let header = |ms: &str| normalised(&format!("[x-envoy-expected-rq-timeout-ms: {ms}]"), &[]);
        assert_eq!(header("15000"), "[x-envoy-expected-rq-timeout-ms: 15000]\n");
        assert_eq!(header("14978"), "[x-envoy-expected-rq-timeout-ms: <left>]\n");
    }
}
