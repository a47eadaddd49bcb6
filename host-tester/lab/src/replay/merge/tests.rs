use super::*;
use std::io::Cursor;

fn log(number: usize, text: String) -> Log {
    let reader = Box::new(Cursor::new(text.into_bytes()));
    Log::from_reader(&format!("{number}.log"), reader, number, &Vec::new()).unwrap()
}

fn lines(times: impl IntoIterator<Item = u64>) -> String {
    times.into_iter().map(|time| format!("{{\"time\":{time},\"status\":200}}\n")).collect()
}

fn seconds(merged: &mut Merged) -> Vec<u64> {
    std::iter::from_fn(|| merged.earliest().unwrap())
        .map(|entry| entry.at / 1_000_000_000)
        .collect()
}

#[test]
fn entries_of_all_files_come_in_the_order_in_which_they_began() {
    let mut merged = Merged::new(vec![log(0, lines([3, 1, 5])), log(1, lines([2, 2, 4]))]);
    assert_eq!(seconds(&mut merged), [1, 2, 2, 3, 4, 5]);
    assert_eq!((merged.summary.entries, merged.summary.late, merged.summary.wrong), (6, 0, 0));
}

#[test]
fn what_comes_too_late_is_sent_at_once_and_counted() {
    let room = 100_000;
    let mut merged = Merged::new(vec![log(0, lines((10..10 + room).chain([1])))]);
    let all = seconds(&mut merged);
    assert!(all.is_sorted());
    assert_eq!((all.len() as u64, merged.summary.late), (room + 1, 1));
}

#[test]
fn wrong_lines_are_counted_and_only_some_are_kept() {
    let mut merged = Merged::new(vec![log(0, "x\n".repeat(1000) + &lines([1]))]);
    assert_eq!(seconds(&mut merged), [1]);
    assert_eq!((merged.summary.wrong, merged.summary.problems.len()), (1000, MOST_PROBLEMS));
}
