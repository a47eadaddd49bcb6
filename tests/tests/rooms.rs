//! Imports between the rooms of a crate run one way.
//!
//! A room is a module of `lib.rs` with all that is below it. Which rooms a file imports is read from its `crate::` paths,
//! tests left out. A room that is in a circle can neither be read nor be moved by itself.
#![expect(clippy::unwrap_used, reason = "a test says what must hold by unwrapping it")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serinus_rig::workspace_root;

/// Crates with rooms, and the least number of arrows between them: fewer mean that nothing was read.
const CRATES: [(&str, usize); 6] = [
    ("filter/core/src", 40),
    ("filter/interpreter/src", 3),
    ("filter/src", 20),
    ("host-tester/host/src", 40),
    ("host-tester/lab/src", 20),
    ("host-tester/cli/src", 3),
];

/// Which rooms each room imports.
type Arrows = BTreeMap<String, BTreeSet<String>>;

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// The names behind `crate::`, those in braces included.
fn named(code: &str) -> BTreeSet<String> {
    let name = |path: &str| {
        let end = path.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(path.len());
        path[..end].to_owned()
    };
    let of = |path: &str| match path.strip_prefix('{').and_then(|list| list.split_once('}')) {
        Some((list, _)) => list.split(',').map(|path| name(path.trim())).collect(),
        None => vec![name(path)],
    };
    code.split("crate::").skip(1).flat_map(of).collect()
}

/// The code of a file: without comments, and without the tests at its end.
fn code(text: &str) -> String {
    let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.take_while(|line| *line != "#[cfg(test)]").collect::<Vec<_>>().join("\n")
}

fn arrows(sources: &Path) -> Arrows {
    let mut read: Vec<(String, BTreeSet<String>)> = Vec::new();
    for file in files(sources) {
        let below = file.strip_prefix(sources).unwrap();
        let parts: Vec<&str> = below.iter().map(|part| part.to_str().unwrap()).collect();
        let is_test = parts.iter().any(|part| part.trim_end_matches(".rs") == "tests");
        if below.extension().is_none_or(|end| end != "rs") || is_test {
            continue;
        }
        let room = parts[0].trim_end_matches(".rs");
        if !["lib", "main"].contains(&room) {
            read.push((room.to_owned(), named(&code(&fs::read_to_string(&file).unwrap()))));
        }
    }
    let rooms: BTreeSet<String> = read.iter().map(|(room, _)| room.clone()).collect();
    let mut arrows = Arrows::new();
    for (room, named) in read {
        let others = named.into_iter().filter(|name| rooms.contains(name) && *name != room);
        arrows.entry(room.clone()).or_default().extend(others);
    }
    arrows
}

/// The rooms that lead back to themselves.
fn in_circles(arrows: &Arrows) -> Vec<&str> {
    let leads_back = |room: &&String| {
        let (mut seen, mut ahead) = (BTreeSet::new(), vec![*room]);
        while let Some(next) = ahead.pop() {
            for other in &arrows[next] {
                if other == *room {
                    return true;
                }
                if seen.insert(other) {
                    ahead.push(other);
                }
            }
        }
        false
    };
    arrows.keys().filter(leads_back).map(String::as_str).collect()
}

#[test]
fn no_room_is_in_a_circle() {
    for (sources, least) in CRATES {
        let arrows = arrows(&workspace_root().join(sources));
        let drawn: usize = arrows.values().map(BTreeSet::len).sum();
        assert!(drawn >= least, "{sources}: only {drawn} arrows between rooms were found");
        let circles = in_circles(&arrows);
        assert!(circles.is_empty(), "{sources}: {circles:?} import each other in a circle");
    }
}

#[test]
fn a_circle_is_found_however_long() {
    let arrows = |pairs: &[(&str, &str)]| {
        let mut arrows = Arrows::new();
        for (from, to) in pairs {
            arrows.entry((*from).into()).or_default().insert((*to).into());
            arrows.entry((*to).into()).or_default();
        }
        arrows
    };
    assert!(in_circles(&arrows(&[("a", "b"), ("b", "c"), ("a", "c")])).is_empty());
    let circle = arrows(&[("a", "b"), ("b", "c"), ("c", "a"), ("d", "a")]);
    assert_eq!(in_circles(&circle), ["a", "b", "c"]);
}

#[test]
fn imports_are_read_as_rust_means_them() {
    let text = "use crate::arm::Arm;\nuse crate::{codec::Reader, hash};\n// crate::config\nlet x = crate::stats::f();\n\
                #[cfg(test)]\nmod tests { use crate::engine; }";
    let names: Vec<String> = named(&code(text)).into_iter().collect();
    assert_eq!(names, ["arm", "codec", "hash", "stats"]);
}
