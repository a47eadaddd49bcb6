//! How often a token has passed in this minute, counted by all workers together.
//!
//! The count is kept in shared data, which another worker may change between any two calls. The three ways to count are
//! here for the tests to tell apart; a filter of yours has the last one.

use proxy_wasm::hostcalls::{get_shared_data, set_shared_data};
use proxy_wasm::types::Status;
use serde::Deserialize;

/// A number that no value of shared data has yet. A write with it creates a value, and fails if there is one.
const NEVER: u32 = u32::MAX;

/// How passes are counted.
#[derive(Clone, Copy, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Counting {
    /// Reads the count and writes it back. Whoever wrote in between is forgotten.
    Overwrite,
    /// Compares and swaps, and tries again if another worker was faster. This is what one writes first, and it still
    /// loses counts: where there is no value, there is no number to compare with, and `None` means to overwrite.
    Swap,
    /// Compares and swaps even where there is no value yet.
    #[default]
    SwapAlways,
}

/// Counts one pass of a token in a minute; how many that makes.
pub fn count(counting: Counting, token: &str, minute: u64) -> u64 {
    let key = format!("quota/{minute}/{token}");
    loop {
        let (value, cas) = get_shared_data(&key).unwrap_or_default();
        let before = value.and_then(|bytes| bytes.try_into().ok()).map_or(0, u64::from_le_bytes);
        let cas = match counting {
            Counting::Overwrite => None,
            Counting::Swap => cas,
            Counting::SwapAlways => cas.or(Some(NEVER)),
        };
        match set_shared_data(&key, Some(&(before + 1).to_le_bytes()), cas) {
            Err(Status::CasMismatch) => {}
            _ => return before + 1,
        }
    }
}
