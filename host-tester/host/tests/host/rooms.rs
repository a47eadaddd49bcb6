//! Imports between the rooms of the crate run one way: a room is a module of `lib.rs` with all that is below it.

use std::fs;
use std::path::{Path, PathBuf};

/// The rooms, from the ground up. Each may import those before it.
const ROOMS: [&str; 17] = [
    "abi",
    "cel",
    "engine",
    "http",
    "lint",
    "callout",
    "stream",
    "upstream",
    "process",
    "state",
    "properties",
    "foreign",
    "hostcalls",
    "filter",
    "vm",
    "proxy",
    "example",
];

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// The place of a room in the table, counted from the ground.
fn floor(room: &str) -> usize {
    let floor = ROOMS.iter().position(|known| *known == room);
    floor.unwrap_or_else(|| unreachable!("{room} is new: give it a place in ROOMS ({})", file!()))
}

/// The rooms that code names with `crate::`.
fn named(code: &str) -> impl Iterator<Item = &str> {
    let paths = code.split("crate::").skip(1);
    paths.filter_map(|path| path.split(|c: char| !c.is_alphanumeric() && c != '_').next())
}

#[test]
fn imports_run_from_the_top_to_the_ground() {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut arrows, mut wrong) = (0, Vec::new());
    for file in files(&sources) {
        let below = file.strip_prefix(&sources).unwrap();
        let room = below.components().next().unwrap().as_os_str().to_str().unwrap();
        let room = room.trim_end_matches(".rs");
        let is_code = below.extension().is_some_and(|end| end == "rs") && room != "lib";
        if !is_code || below.components().any(|part| part.as_os_str() == "tests.rs") {
            continue;
        }
        let text = fs::read_to_string(&file).unwrap();
        let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        let code: Vec<&str> = code.take_while(|line| *line != "#[cfg(test)]").collect();
        for other in named(&code.join("\n")).filter(|other| *other != room) {
            arrows += 1;
            if floor(other) >= floor(room) {
                wrong.push(format!("{} imports {other}", below.display()));
            }
        }
    }
    assert!(arrows > 100, "only {arrows} imports were found");
    assert!(wrong.is_empty(), "imports that run back up:\n{}", wrong.join("\n"));
}
