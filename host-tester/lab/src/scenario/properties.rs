//! Properties that a scenario gives.

use super::read::decode::{Decode, Definitions, Mistakes, Node, define};
use serde_json::{Value, json};

/// Values by path, as a module gets them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Properties(pub Vec<(String, Vec<u8>)>);

impl Decode for Properties {
    fn decode(node: &Node<'_>, mistakes: &mut Mistakes) -> Option<Self> {
        let mut all = Vec::new();
        let mut sound = true;
        for (path, value) in node.entries(mistakes)? {
            match bytes(value.value) {
                Some(bytes) => all.push((path.to_owned(), bytes)),
                None => {
                    sound = false;
                    value.expected::<()>(mistakes, "text, a whole number, true or false");
                }
            }
        }
        sound.then_some(Self(all))
    }

    fn absent() -> Option<Self> {
        Some(Self::default())
    }

    fn schema(definitions: &mut Definitions) -> Value {
        define("Properties", definitions, |_| {
            json!({
                "description": "Properties by path, such as `connection.tls_version`.",
                "type": "object",
                "additionalProperties": { "type": ["string", "integer", "boolean"] },
            })
        })
    }
}

/// As Envoy writes them: numbers in 64 bits, little-endian; a truth as one byte.
fn bytes(value: &Value) -> Option<Vec<u8>> {
    match value {
        Value::String(text) => Some(text.clone().into_bytes()),
        Value::Bool(truth) => Some(vec![u8::from(*truth)]),
        Value::Number(number) => {
            let signed = number.as_i64().map(i64::to_le_bytes);
            signed.or_else(|| number.as_u64().map(u64::to_le_bytes)).map(Vec::from)
        }
        _ => None,
    }
}
