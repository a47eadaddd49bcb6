use super::*;

const RECORD: &str = r#"serinus.decision {"time_ms":7,"rollout":"r","generation":1,"stage":0,"weight":1,"stage_age_ms":5,"verdict":"hold","reasons":[],"comparisons":[]}"#;

fn read(bytes: &[u8]) -> Log {
    Log::from_reader("envoy.log", bytes).unwrap()
}

#[test]
fn lines_are_counted_and_decisions_know_theirs() {
    let log = read(format!("\u{feff}a\r\n\n{RECORD}\r\n\u{0}\n{RECORD}").as_bytes());
    assert_eq!((log.lines, log.others), (5, 3));
    assert_eq!(log.found.iter().map(|f| f.line).collect::<Vec<_>>(), [3, 5]);
    assert_eq!(read(b""), Log { name: "envoy.log".into(), ..Log::default() });
}

#[test]
fn a_broken_decision_is_a_problem_with_its_place_and_the_rest_is_read() {
    let log =
        read(&[format!("\n  serinus.decision {{}}\n{RECORD}\n").as_bytes(), b"\xff\n"].concat());
    let problem = &log.problems[0];
    assert_eq!(problem.message, "not a decision record: missing field `time_ms`");
    assert_eq!(problem.place.map(|p| (p.line, p.column)), Some((2, 21)));
    assert_eq!(log.found.len(), 1);
}

#[test]
fn neither_a_long_line_nor_many_bad_ones_fill_the_memory() {
    let long = [vec![b'x'; 3 * MAX_LINE as usize], b"\n".to_vec(), RECORD.into()].concat();
    let log = read(&long);
    assert_eq!((log.lines, log.others, log.found.len()), (2, 1, 1));
    let exact = [vec![b'x'; MAX_LINE as usize - 1], b"\n".to_vec(), RECORD.into()].concat();
    assert_eq!(read(&exact).lines, 2);
    let bad = read("serinus.decision x\n".repeat(500).as_bytes());
    assert_eq!(bad.problems.len(), MAX_PROBLEMS + 1);
}
