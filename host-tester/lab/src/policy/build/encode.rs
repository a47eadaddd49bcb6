//! From the module that a compiler makes to a component.

use thiserror::Error;
use wit_component::ComponentEncoder;

/// Why a module cannot be made a component.
#[derive(Debug, Error)]
#[error("cannot be made a component: {0}")]
pub struct EncodeError(String);

/// Makes a component of a core module that has the type of its world in a custom section, as the SDK and every
/// wit-bindgen put it there. Other custom sections are dropped: they are bytes that the filter would carry.
///
/// # Errors
/// If the module lacks that section or an export that it names, or imports something.
pub fn encode(module: &[u8]) -> Result<Vec<u8>, EncodeError> {
    let encoder = ComponentEncoder::default().validate(true).module(module);
    let encoded = encoder.and_then(|mut encoder| encoder.encode());
    // The library's errors have as many lines as causes.
    encoded.map_err(|error| EncodeError(format!("{error:#}").replace('\n', " ")))
}
