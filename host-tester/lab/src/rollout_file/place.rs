//! Where things stand in a file.

use serinus_core::diagnostic::Place;
use std::collections::HashMap;

/// The place of each path of a document, as errors write paths: `stages[1].weight`.
///
/// The place of an entry is that of its key, together with its value where that is a scalar on the same
/// line: an error may be about either.
#[derive(Clone, Debug, Default)]
pub struct Places(HashMap<String, Place>);

impl Places {
    /// Notes where a path stands. The first place counts: that of a key that is given again is told apart.
    pub(super) fn note(&mut self, path: &str, place: Place) {
        self.0.entry(path.to_owned()).or_insert(place);
    }

    /// The place of a path.
    pub fn get(&self, path: &str) -> Option<Place> {
        self.0.get(path).copied()
    }

    /// The place of a path, or of the nearest thing around it: what is missing has none of its own.
    pub fn nearest(&self, path: &str) -> Option<Place> {
        let mut path = path;
        loop {
            if let Some(place) = self.get(path) {
                return Some(place);
            }
            let (around, _) = path.rsplit_once(['.', '['])?;
            path = around;
        }
    }
}

/// The path of an entry.
pub(super) fn key(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

/// The path of an element.
pub(super) fn index(path: &str, index: usize) -> String {
    format!("{path}[{index}]")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_where_it_should_be() {
        let place = |line| Place { line, column: 1, width: 1 };
        let mut places = Places::default();
        places.note("stages", place(3));
        places.note("stages[1]", place(5));
        places.note("stages[1]", place(9));
        assert_eq!(places.nearest("stages[1].weight"), Some(place(5)));
        assert_eq!(places.nearest("stages[4].weight"), Some(place(3)));
        assert_eq!(places.nearest("unit"), None);
    }
}
