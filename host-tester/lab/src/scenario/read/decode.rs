//! From a tree to checked types, collecting every error with its path, and the JSON Schema of each type.
//!
//! Serde's derive stops at the first mistake and knows no remedy. Here a mistake is noted and reading goes
//! on, and whatever was read is already sound: the types of a scenario have no raw twin.

use crate::scenario::extension::Extensions;
use serde_json::{Map, Value, json};
use serinus_core::diagnostic::suggestion::suggestion;
use serinus_core::diagnostic::{Diagnostic, shown};
use std::collections::BTreeMap;
use std::fmt::Display;

/// A value, and where in the document it stands.
#[derive(Clone)]
pub struct Node<'a> {
    pub value: &'a Value,
    pub path: String,
    /// Keys of this mapping that are read elsewhere: two types may share one.
    beside: &'static [&'static str],
}

/// The code of what is wrong with a scenario.
const CODE: &str = "scenario";

/// All mistakes of a document, and by which extensions it is read.
#[derive(Debug, Default)]
pub struct Mistakes {
    pub(crate) list: Vec<Diagnostic>,
    pub(crate) extensions: Extensions,
}

impl Mistakes {
    /// None yet, of a document that is read with these extensions.
    pub fn of(extensions: Extensions) -> Self {
        Self { list: Vec::new(), extensions }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Notes one.
    pub fn add(&mut self, path: impl Into<String>, message: impl Into<String>) {
        self.list.push(Diagnostic::error(CODE, path, message));
    }

    /// Notes one, with what would be right.
    pub fn add_with(
        &mut self,
        path: impl Into<String>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.list.push(Diagnostic::error(CODE, path, message).help(help));
    }
}

/// The named parts of a JSON Schema, and the extensions whose keys it has.
#[derive(Debug, Default)]
pub struct Definitions {
    pub(crate) named: BTreeMap<&'static str, Value>,
    pub(crate) extensions: Extensions,
}

/// Something that can be read from a tree.
pub trait Decode: Sized {
    /// Reads it; `None` means that at least one mistake has been noted.
    fn decode(node: &Node<'_>, mistakes: &mut Mistakes) -> Option<Self>;

    /// What it is where nothing is said; `None` where something must be said.
    fn absent() -> Option<Self> {
        None
    }

    /// Its JSON Schema.
    fn schema(definitions: &mut Definitions) -> Value;
}

impl<'a> Node<'a> {
    /// The whole of a document.
    pub fn root(value: &'a Value) -> Self {
        Self::at(value, String::new())
    }

    /// A value in some place.
    pub fn at(value: &'a Value, path: String) -> Self {
        Self { value, path, beside: &[] }
    }

    /// The path of an entry.
    pub fn key(&self, key: impl Display) -> String {
        if self.path.is_empty() { key.to_string() } else { format!("{}.{key}", self.path) }
    }

    fn at_key<'v>(&self, key: &str, value: &'v Value) -> Node<'v> {
        Node::at(value, self.key(key))
    }

    /// The same mapping for a type that shares it with these keys.
    pub fn sharing(&self, beside: &'static [&'static str]) -> Self {
        Self { beside, ..self.clone() }
    }

    /// Another value in this place.
    pub fn holding<'v>(&self, value: &'v Value) -> Node<'v> {
        Node { value, path: self.path.clone(), beside: self.beside }
    }

    /// Notes what is wrong here, in place of a value.
    pub fn fail<T>(&self, mistakes: &mut Mistakes, problem: impl Into<String>) -> Option<T> {
        mistakes.add(self.path.as_str(), problem);
        None
    }

    /// Notes "expected X, found Y" here, in place of a value.
    pub fn expected<T>(&self, mistakes: &mut Mistakes, what: &str) -> Option<T> {
        self.fail(mistakes, format!("expected {what}, found {}", shown(self.value)))
    }

    /// The elements of a list.
    pub fn list(&self, mistakes: &mut Mistakes) -> Option<Vec<Node<'a>>> {
        let Some(list) = self.value.as_array() else { return self.expected(mistakes, "a list") };
        let item = |(i, value)| Node::at(value, format!("{}[{i}]", self.path));
        Some(list.iter().enumerate().map(item).collect())
    }

    /// The entries of a mapping with any keys.
    pub fn entries(&self, mistakes: &mut Mistakes) -> Option<Vec<(&'a str, Node<'a>)>> {
        let map = self.object(mistakes)?;
        Some(map.iter().map(|(key, value)| (key.as_str(), self.at_key(key, value))).collect())
    }

    /// The entries of a mapping with these keys, among which [slots](Extensions::keys) may be; any other is noted.
    pub fn fields(
        &self,
        known: &[&'static str],
        mistakes: &mut Mistakes,
    ) -> Option<Fields<'_, 'a>> {
        let known = known.iter().chain(self.beside);
        let known: Vec<&str> = known.flat_map(|key| mistakes.extensions.keys(key)).collect();
        let fields = self.some_fields(mistakes)?;
        for key in fields.map.keys().filter(|key| !known.contains(&key.as_str())) {
            mistakes.add_with(self.key(key), "unknown key", suggestion(key, &known, "known keys"));
        }
        Some(fields)
    }

    /// The entries of a mapping that is shared, whose other keys are checked elsewhere.
    pub fn some_fields(&self, mistakes: &mut Mistakes) -> Option<Fields<'_, 'a>> {
        self.object(mistakes).map(|map| Fields { node: self, map })
    }

    fn object(&self, mistakes: &mut Mistakes) -> Option<&'a Map<String, Value>> {
        self.value.as_object().or_else(|| self.expected(mistakes, "a mapping"))
    }
}

/// The entries of a mapping whose keys are fixed.
pub struct Fields<'n, 'v> {
    node: &'n Node<'v>,
    map: &'v Map<String, Value>,
}

impl Fields<'_, '_> {
    /// Reads one; where it is missing, it is `default`, or what its type says.
    pub fn read<T: Decode>(
        &self,
        key: &'static str,
        default: Option<fn() -> T>,
        mistakes: &mut Mistakes,
    ) -> Option<T> {
        let key = mistakes.extensions.field(key);
        if let Some(value) = self.map.get(key) {
            return T::decode(&self.node.at_key(key, value), mistakes);
        }
        let absent = default.map(|default| default()).or_else(T::absent);
        if absent.is_none() {
            mistakes.add(self.node.key(key), "missing, and required");
        }
        absent
    }
}

/// Whether a key must be given, for schemas.
pub fn required<T: Decode>(has_default: bool) -> bool {
    !has_default && T::absent().is_none()
}

/// The schema of a value, with what it is for.
pub fn described(mut schema: Value, words: &[&str]) -> Value {
    let text = words.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ");
    if let Value::Object(map) = &mut schema {
        map.insert("description".to_owned(), text.into());
    }
    schema
}

/// Adds the property of a field to those of a mapping: its own, or those that extensions have in this slot.
pub fn property<T: Decode>(
    properties: &mut Map<String, Value>,
    shape: &'static str,
    key: &'static str,
    words: &[&str],
    definitions: &mut Definitions,
) {
    if let Some(more) = definitions.extensions.properties(key, shape) {
        return properties.extend(more);
    }
    let schema = T::schema(definitions);
    properties.insert(key.to_owned(), described(schema, words));
}

/// Notes a named schema once, and refers to it.
pub fn define(
    name: &'static str,
    definitions: &mut Definitions,
    schema: fn(&mut Definitions) -> Value,
) -> Value {
    if !definitions.named.contains_key(name) {
        // A place holder, so that a type may contain itself.
        definitions.named.insert(name, Value::Null);
        let schema = schema(definitions);
        definitions.named.insert(name, schema);
    }
    json!({ "$ref": format!("#/$defs/{name}") })
}
