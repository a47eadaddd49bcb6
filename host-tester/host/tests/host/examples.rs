//! Everything that the crate shows has an example, and examples are run.
//!
//! Read from the sources, because only a nightly rustdoc would tell. The modules that `lib.rs` shows declare types and
//! functions themselves or pass them on with `pub use`; each, and each public function of such a type, must be a word in
//! an example of the file that declares it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// A file, and of what it declares for everyone the part that the crate shows.
struct PublicItem {
    file: PathBuf,
    name: String,
}

/// The modules of the API.
fn modules() -> Vec<String> {
    let lib = fs::read_to_string(sources().join("lib.rs")).unwrap();
    let shown = lib.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
    shown.map(str::to_owned).collect()
}

/// `module` as a file, or as a folder.
fn below(folder: &Path, module: &str) -> PathBuf {
    let file = folder.join(format!("{module}.rs"));
    if file.exists() { file } else { folder.join(module) }
}

/// The file at a path that declares a name.
fn declaring(path: &Path, name: &str) -> Option<PathBuf> {
    if path.is_dir() {
        let all = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
        return all.into_iter().find_map(|path| declaring(&path, name));
    }
    // Or not even with `pub`.
    let bare = format!("{name} {{");
    let declares = |line: &str| declared(line) == Some(name) || line.trim() == bare;
    fs::read_to_string(path).unwrap().lines().any(declares).then(|| path.to_owned())
}

/// What a line declares for everyone: a type, a function, a constant, a trait.
fn declared(line: &str) -> Option<&str> {
    let kinds = ["const fn ", "fn ", "struct ", "enum ", "trait ", "const ", "type ", ""];
    let rest = line.trim_start().strip_prefix("pub ")?;
    let kind = kinds.iter().find(|kind| rest.starts_with(**kind))?;
    let name = rest[kind.len()..].split(|c: char| !c.is_alphanumeric() && c != '_').next()?;
    // A macro declares some by their name alone, as fields are, but with a brace.
    (!kind.is_empty() || line.trim_end().ends_with('{')).then_some(name)
}

/// What a module passes on.
fn passed_on(root: &Path, text: &str) -> Vec<PublicItem> {
    let begun = text.strip_prefix("pub use ").into_iter();
    let uses = begun.chain(text.split("\npub use ").skip(1));
    let mut shown = Vec::new();
    for path in uses.filter_map(|part| part.split(';').next()) {
        let (path, names) = path.rsplit_once("::").unwrap();
        let folder = root.parent().unwrap().to_owned();
        let (folder, path) = match path.strip_prefix("crate::") {
            Some(path) => (sources(), path),
            None => (if root.ends_with("mod.rs") { folder } else { root.with_extension("") }, path),
        };
        let place = path.split("::").fold(folder, |folder, module| below(&folder, module));
        for name in names.split(['{', ',', '}']).map(str::trim).filter(|name| !name.is_empty()) {
            let file = declaring(&place, name);
            let file = file.unwrap_or_else(|| unreachable!("{name} is not in {}", place.display()));
            shown.push(PublicItem { file, name: name.to_owned() });
        }
    }
    shown
}

/// Whether what a file declares under a name has an example right above.
fn has_its_own(text: &str, name: &str) -> bool {
    let before = text.lines().take_while(|line| declared(line) != Some(name));
    let before: Vec<&str> = before.map(str::trim_start).collect();
    let above =
        before.iter().rev().take_while(|line| line.starts_with("///") || line.starts_with('#'));
    above.into_iter().any(|line| *line == "/// ```")
}

/// The words of a file's examples.
fn exemplified(text: &str) -> BTreeSet<&str> {
    let mut within = false;
    let mut words = BTreeSet::new();
    let docs = text.lines().map(str::trim_start);
    for line in docs.filter_map(|line| line.strip_prefix("///").or(line.strip_prefix("//!"))) {
        if line.trim_start().starts_with("```") {
            within = !within;
        } else if within {
            words.extend(line.split(|c: char| !c.is_alphanumeric() && c != '_'));
        }
    }
    words
}

/// The public functions of a type.
fn methods<'a>(text: &'a str, name: &str) -> Vec<&'a str> {
    let head = format!("\nimpl {name} {{\n");
    let blocks = text.split(head.as_str()).skip(1).filter_map(|rest| rest.split("\n}\n").next());
    blocks.flat_map(str::lines).filter_map(declared).collect()
}

/// What is public is meant to be used.
#[test]
fn nothing_public_is_hidden() {
    let mut files = vec![sources()];
    while let Some(path) = files.pop() {
        if path.is_dir() {
            files.extend(fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
        } else if let Ok(text) = fs::read_to_string(&path) {
            assert!(!text.contains("doc(hidden)"), "{}", path.display());
        }
    }
}

#[test]
fn every_public_item_has_an_example() {
    let mut shown = Vec::new();
    for module in modules() {
        let root = below(&sources(), &module);
        let root = if root.is_dir() { root.join("mod.rs") } else { root };
        let text = fs::read_to_string(&root).unwrap();
        shown.extend(passed_on(&root, &text));
        let own = text.lines().filter(|line| line.starts_with("pub ")).filter_map(declared);
        shown.extend(own.map(|name| PublicItem { file: root.clone(), name: name.to_owned() }));
    }
    let mut missing = Vec::new();
    for PublicItem { file, name } in &shown {
        let text = fs::read_to_string(file).unwrap();
        let examples = exemplified(&text);
        let all = methods(&text, name).into_iter().chain([name.as_str()]);
        missing.extend(
            all.filter(|item| !examples.contains(item) && !has_its_own(&text, item))
                .map(|item| format!("{}: {name}: {item}", file.display())),
        );
    }
    assert!(shown.len() > 50, "{} items", shown.len());
    assert!(missing.is_empty(), "without an example:\n{}", missing.join("\n"));
}
