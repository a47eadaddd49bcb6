//! JSON into a tree.
//!
//! The tree comes from `serde_json`, which is strict and says nothing about places. A second walk over
//! the text, which is known to be JSON by then, notes those, and keys that are given twice.

use super::{Document, Places, ReadError, place, yaml};
use serinus_core::diagnostic::{Diagnostic, Place};
use std::collections::HashSet;

/// The document of a text.
pub(super) fn document(text: &str) -> Result<Document, ReadError> {
    if text.trim().is_empty() {
        return Err(ReadError::Empty);
    }
    let value = serde_json::from_str(text).map_err(|error| broken(text, &error))?;
    let mut walk = Walk::new(text);
    walk.places.note("", Place { line: 1, column: 1, width: 1 });
    walk.value("");
    Ok(Document { value, places: walk.places, problems: walk.problems })
}

fn broken(text: &str, error: &serde_json::Error) -> ReadError {
    let full = error.to_string();
    let problem = full.rsplit_once(" at line ").map_or(full.as_str(), |(problem, _)| problem);
    let line = text.lines().nth(error.line().saturating_sub(1)).unwrap_or_default();
    // serde_json counts bytes.
    let before = line.get(..error.column().saturating_sub(1)).unwrap_or(line);
    let column = before.chars().count() + 1;
    let place = (error.line() > 0).then_some(Place { line: error.line(), column, width: 1 });
    ReadError::Syntax { place, problem: format!("not valid JSON: {problem}") }
}

/// A walk over valid JSON. Recursion is bounded: `serde_json` has refused what is nested 128 deep.
struct Walk<'a> {
    rest: &'a str,
    line: usize,
    column: usize,
    places: Places,
    problems: Vec<Diagnostic>,
}

impl<'a> Walk<'a> {
    fn new(text: &'a str) -> Self {
        Self { rest: text, line: 1, column: 1, places: Places::default(), problems: Vec::new() }
    }

    /// Steps over one value.
    fn value(&mut self, path: &str) {
        self.blank();
        match self.peek() {
            Some('{') => self.object(path),
            Some('[') => self.array(path),
            Some('"') => drop(self.string()),
            _ => self.skip_while(|c| !matches!(c, ',' | ']' | '}') && !c.is_whitespace()),
        }
        self.blank();
    }

    fn array(&mut self, path: &str) {
        self.step();
        self.blank();
        for i in 0.. {
            if !self.more(']') {
                return;
            }
            let path = place::index(path, i);
            let (line, column, scalar) = self.begin();
            self.value_at(&path, line, column, scalar);
        }
    }

    fn object(&mut self, path: &str) {
        self.step();
        self.blank();
        let mut keys = HashSet::new();
        while self.more('}') {
            let (line, column, _) = self.begin();
            let key = self.string();
            let width = if self.line == line { self.column - column } else { 1 };
            self.blank();
            self.step();
            self.blank();
            let path = place::key(path, &key);
            let earlier = self.places.get(&path);
            if self.begin().2 {
                self.value_at(&path, line, column, true);
            } else {
                self.places.note(&path, Place { line, column, width });
                self.value(&path);
            }
            if let (false, Some(earlier)) = (keys.insert(key.clone()), earlier) {
                let at = Place { line, column, width };
                self.problems.push(yaml::duplicate(&key, path, at, earlier));
            }
        }
    }

    /// Steps over a value and notes that it, or its entry, began there.
    fn value_at(&mut self, path: &str, line: usize, column: usize, scalar: bool) {
        if !scalar {
            self.places.note(path, Place { line, column, width: 1 });
            return self.value(path);
        }
        match self.peek() {
            Some('"') => drop(self.string()),
            _ => self.skip_while(|c| !matches!(c, ',' | ']' | '}') && !c.is_whitespace()),
        }
        let width = if self.line == line { self.column - column } else { 1 };
        self.places.note(path, Place { line, column, width: width.max(1) });
        self.blank();
    }

    /// Where the next value begins, and whether it is a scalar.
    fn begin(&self) -> (usize, usize, bool) {
        (self.line, self.column, !matches!(self.peek(), Some('{' | '[')))
    }

    /// Whether another element follows; steps over the comma, or over the `end`.
    fn more(&mut self, end: char) -> bool {
        self.blank();
        if self.peek() == Some(',') {
            self.step();
            self.blank();
        }
        match self.peek() {
            Some(c) if c != end => true,
            _ => {
                self.step();
                false
            }
        }
    }

    /// Steps over a string, and returns it without its escapes.
    fn string(&mut self) -> String {
        let start = self.rest;
        self.step();
        while let Some(c) = self.peek() {
            self.step();
            match c {
                '\\' => self.step(),
                '"' => break,
                _ => {}
            }
        }
        let quoted = start.get(..start.len() - self.rest.len()).unwrap_or_default();
        serde_json::from_str(quoted).unwrap_or_default()
    }

    fn blank(&mut self) {
        self.skip_while(char::is_whitespace);
    }

    fn skip_while(&mut self, keep: impl Fn(char) -> bool) {
        while self.peek().is_some_and(&keep) {
            self.step();
        }
    }

    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn step(&mut self) {
        let mut chars = self.rest.chars();
        match chars.next() {
            Some('\n') => (self.line, self.column) = (self.line + 1, 1),
            Some(_) => self.column += 1,
            None => {}
        }
        self.rest = chars.as_str();
    }
}

#[cfg(test)]
mod tests;
