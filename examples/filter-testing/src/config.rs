//! What the operator asks for.

use crate::quota::Counting;
use serde::Deserialize;

/// The plugin's configuration.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The cluster that knows the tokens.
    pub authz: String,
    /// How long its answer is remembered, seconds.
    pub ttl_seconds: u64,
    /// How often a token may pass in a minute.
    pub quota: u64,
    /// How passes are counted.
    #[serde(default)]
    pub counting: Counting,
}
