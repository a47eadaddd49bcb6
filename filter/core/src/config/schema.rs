//! The JSON Schema of the rollout, from the very shapes that read it.

use super::raw;
use crate::decode::Named;
use crate::decode::value::{Duration, Limit, Setting, Share, Size, StatusRange};
use schemars::{JsonSchema, Schema, SchemaGenerator, generate::SchemaSettings, json_schema};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The schema of a plugin configuration: one rollout, or `{ "rollouts": [...] }`.
pub fn schema() -> serde_json::Value {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    let rollout = generator.subschema_for::<raw::Rollout>();
    let mut root = json_schema!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Serinus rollout",
        "description": "A canary release, or several in one plugin.",
        "anyOf": [
            rollout,
            {
                "type": "object",
                "description": "Several rollouts; the first whose `match` fits decides.",
                "properties": { "rollouts": { "type": "array", "items": rollout } },
                "required": ["rollouts"],
                "additionalProperties": false
            }
        ]
    });
    root.insert("$defs".to_owned(), generator.take_definitions(true).into());
    root.to_value()
}

impl<T: JsonSchema> JsonSchema for Named<T> {
    fn schema_name() -> Cow<'static, str> {
        BTreeMap::<String, T>::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        BTreeMap::<String, T>::json_schema(generator)
    }
}

macro_rules! leaf {
    ($type:ty, $name:literal, $schema:tt) => {
        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                $name.into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!($schema)
            }
        }
    };
}

leaf!(Duration, "Duration", {
    "type": "string",
    "description": "500ms, 10s, 15m, 4h, 7d, or several in a row such as 1h30m.",
    "pattern": "^([0-9]+(ms|s|m|h|d))+$"
});

leaf!(Share, "Share", {
    "description": "A share: 5%, 0.1%, or 0.05.",
    "anyOf": [
        { "type": "string", "pattern": "^([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][+-]?[0-9]+)?%?$" },
        { "type": "number", "minimum": 0 }
    ]
});

leaf!(Limit, "Limit", {
    "description": "A share for errors, such as 0.1%; a duration for latency, such as 500ms.",
    "anyOf": [
        { "type": "string", "pattern": "^([0-9]+(ms|s|m|h|d))+$" },
        { "type": "string", "pattern": "^([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][+-]?[0-9]+)?%?$" },
        { "type": "number", "minimum": 0 }
    ]
});

leaf!(Size, "Size", {
    "type": "string",
    "description": "256KiB, 1MiB.",
    "pattern": "^[0-9]+(KiB|MiB)$"
});

leaf!(Setting, "Setting", {
    "description": "A number, a text, or true or false.",
    "type": ["number", "string", "boolean"]
});

leaf!(StatusRange, "StatusRange", {
    "description": "A status such as 503, or an inclusive range such as 500-599.",
    "anyOf": [
        { "type": "string", "pattern": "^[1-5][0-9]{2}(-[1-5][0-9]{2})?$" },
        { "type": "integer", "minimum": 100, "maximum": 599 }
    ]
});
