//! YAML into a tree.

mod scalar;

use super::{Document, Places, ReadError, place};
use saphyr_parser::{Event, Marker, Parser, ScanError, Span, StrInput};
use serde_json::{Map, Value};
use serinus_core::diagnostic::{Diagnostic, Place};
use std::collections::HashMap;

/// How deep values may be nested; trees are walked by recursion.
const MAX_DEPTH: usize = 100;

/// How many values a text may come to. Nine aliases of nine aliases, nine deep, are a gigabyte.
const MAX_NODES: usize = 200_000;

/// The one document of a text.
pub(super) fn document(text: &str) -> Result<Document, ReadError> {
    let mut reader = Reader::new(text);
    let first = reader.next_document()?.map(|(document, _)| document);
    if let Some((_, place)) = reader.next_document()? {
        return Err(ReadError::Several(place));
    }
    let found = first.filter(|document| !document.value.is_null() || !document.problems.is_empty());
    found.ok_or(ReadError::Empty)
}

/// All documents of a text but the empty ones.
pub(super) fn documents(text: &str) -> Result<Vec<Document>, ReadError> {
    let mut reader = Reader::new(text);
    let mut documents = Vec::new();
    while let Some((document, _)) = reader.next_document()? {
        documents.push(document);
    }
    documents.retain(|document| !document.value.is_null());
    Ok(documents)
}

struct Reader<'a> {
    text: &'a str,
    events: Parser<'a, StrInput<'a>>,
    anchors: HashMap<usize, Anchored>,
    places: Places,
    problems: Vec<Diagnostic>,
    nodes: usize,
}

/// What an alias stands for.
#[derive(Clone)]
struct Anchored {
    value: Value,
    /// Of how many values it consists.
    nodes: usize,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            text,
            events: Parser::new_from_str(text),
            anchors: HashMap::new(),
            places: Places::default(),
            problems: Vec::new(),
            nodes: 0,
        }
    }

    /// The next document, and where it begins.
    fn next_document(&mut self) -> Result<Option<(Document, Place)>, ReadError> {
        loop {
            let (event, span) = match self.events.next_event() {
                Some(event) => event.map_err(|error| self.broken(&error))?,
                None => return Ok(None),
            };
            match event {
                Event::StreamEnd => return Ok(None),
                Event::DocumentStart(_) => {}
                Event::StreamStart | Event::DocumentEnd | Event::Nothing => continue,
                other => return self.root(other, span).map(Some),
            }
        }
    }

    fn root(&mut self, event: Event<'a>, span: Span) -> Result<(Document, Place), ReadError> {
        // The budget is of the text: a thousand documents may not each spend it.
        self.anchors.clear();
        let at = self.place(span.start, span.end);
        self.places.note("", Place { width: 1, ..at });
        let value = self.node(event, span, "", 0)?;
        let places = std::mem::take(&mut self.places);
        let problems = std::mem::take(&mut self.problems);
        Ok((Document { value, places, problems }, at))
    }

    fn next(&mut self) -> Result<(Event<'a>, Span), ReadError> {
        match self.events.next_event() {
            Some(event) => event.map_err(|error| self.broken(&error)),
            None => Err(ReadError::Syntax { place: None, problem: "ends in the middle".into() }),
        }
    }

    /// The value that begins with this event.
    fn node(
        &mut self,
        event: Event<'a>,
        span: Span,
        path: &str,
        depth: usize,
    ) -> Result<Value, ReadError> {
        if depth > MAX_DEPTH {
            return self.fail(span, format!("is nested more than {MAX_DEPTH} deep"));
        }
        let before = self.nodes;
        self.count(1, span)?;
        let (anchor, value) = match event {
            Event::Alias(anchor) => return self.alias(anchor, span),
            Event::Scalar(text, style, anchor, tag) => {
                let read = scalar::resolve(&text, style, tag.as_deref());
                let value = read.unwrap_or_else(|problem| {
                    let place = Some(self.place(span.start, span.end));
                    self.problems.push(Diagnostic::error("value", path, problem).at(place));
                    Value::Null
                });
                (anchor, value)
            }
            Event::SequenceStart(anchor, _) => (anchor, self.sequence(path, depth)?),
            Event::MappingStart(anchor, _) => (anchor, self.mapping(path, depth)?),
            _ => return self.fail(span, "is not the beginning of a value".into()),
        };
        if anchor > 0 {
            let nodes = self.nodes - before;
            self.anchors.insert(anchor, Anchored { value: value.clone(), nodes });
        }
        Ok(value)
    }

    fn alias(&mut self, anchor: usize, span: Span) -> Result<Value, ReadError> {
        let Some(nodes) = self.anchors.get(&anchor).map(|anchored| anchored.nodes) else {
            return self.fail(span, "is an alias of what it is part of".into());
        };
        self.count(nodes, span)?;
        let value = self.anchors.get(&anchor).map(|anchored| anchored.value.clone());
        Ok(value.unwrap_or_default())
    }

    fn count(&mut self, nodes: usize, span: Span) -> Result<(), ReadError> {
        self.nodes = self.nodes.saturating_add(nodes);
        if self.nodes <= MAX_NODES {
            return Ok(());
        }
        self.fail(span, format!("makes the document larger than {MAX_NODES} values"))
    }

    fn sequence(&mut self, path: &str, depth: usize) -> Result<Value, ReadError> {
        let mut list = Vec::new();
        loop {
            let (event, span) = self.next()?;
            if event == Event::SequenceEnd {
                return Ok(Value::Array(list));
            }
            let path = place::index(path, list.len());
            let end = if is_scalar(&event) { span.end } else { span.start };
            let at = self.place(span.start, end);
            self.places.note(&path, at);
            list.push(self.node(event, span, &path, depth + 1)?);
        }
    }

    fn mapping(&mut self, path: &str, depth: usize) -> Result<Value, ReadError> {
        let mut map = Map::new();
        loop {
            let (event, key_span) = self.next()?;
            if event == Event::MappingEnd {
                return Ok(Value::Object(map));
            }
            let Event::Scalar(key, ..) = event else {
                return self.fail(key_span, "is a key, and a key must be text".into());
            };
            let path = place::key(path, &key);
            let (event, span) = self.next()?;
            let beside = is_scalar(&event) && span.end.line() == key_span.start.line();
            let end = if beside { span.end } else { key_span.end };
            let at = self.place(key_span.start, end);
            let earlier = self.places.get(&path).filter(|_| map.contains_key(key.as_ref()));
            self.places.note(&path, at);
            let value = self.node(event, span, &path, depth + 1)?;
            match earlier {
                Some(earlier) => self.problems.push(duplicate(&key, path, at, earlier)),
                None => drop(map.insert(key.into_owned(), value)),
            }
        }
    }

    fn fail<T>(&self, span: Span, problem: String) -> Result<T, ReadError> {
        let place = Some(self.place(span.start, span.end));
        Err(ReadError::Syntax { place, problem: format!("this {problem}") })
    }

    /// From `start` to `end`, or one character where that is on another line.
    fn place(&self, start: Marker, end: Marker) -> Place {
        let width =
            if start.line() == end.line() { end.col().saturating_sub(start.col()) } else { 1 };
        Place { line: start.line(), column: start.col() + 1, width: width.max(1) }
    }

    fn broken(&self, error: &ScanError) -> ReadError {
        let at = *error.marker();
        let line = self.text.lines().nth(at.line().saturating_sub(1)).unwrap_or_default();
        let indent = line.get(..line.len() - line.trim_start().len()).unwrap_or_default();
        let hint =
            if indent.contains('\t') { "; YAML is indented with spaces, not tabs" } else { "" };
        let problem = format!("not valid YAML: {}{hint}", error.info());
        ReadError::Syntax { place: Some(self.place(at, at)), problem }
    }
}

fn is_scalar(event: &Event<'_>) -> bool {
    matches!(event, Event::Scalar(..) | Event::Alias(_))
}

/// A key that is given again. Which of the two was meant, only the author knows.
pub(super) fn duplicate(key: &str, path: String, at: Place, earlier: Place) -> Diagnostic {
    let problem = format!("the key `{key}` is given twice; the first is on line {}", earlier.line);
    Diagnostic::error("duplicate-key", path, problem).at(Some(at))
}

#[cfg(test)]
mod tests;
