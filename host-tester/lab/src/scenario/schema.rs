//! The JSON Schema of a scenario, from the very shapes that read it.

use super::extension::Extensions;
use super::read::decode::{Decode, Definitions};
use super::whole::Whole;
use serde_json::{Value, json};

/// The schema of a scenario's file, with the keys of these extensions.
pub fn schema(extensions: Extensions) -> Value {
    let mut definitions = Definitions { extensions, ..Definitions::default() };
    let whole = Whole::schema(&mut definitions);
    let mut root = definitions.named.remove("Whole").unwrap_or(whole);
    root["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    root["title"] = json!("Serinus scenario");
    root["$defs"] = json!(definitions.named);
    root
}
