//! A filter that lets through who has a token that an authorisation cluster knows, and so many requests a minute of each.
//!
//! | file | what it has |
//! |---|---|
//! | `config` | what the operator asks for |
//! | `root` | one per worker: the configuration and the metrics |
//! | `check` | one per request: is the token known, and may it pass once more? |
//! | `quota` | how often a token has passed, counted by all workers together |
//!
//! On another machine than Envoy's this crate is empty: its tests load the module that is shipped.
#![cfg(target_family = "wasm")]

mod check;
mod config;
mod quota;
mod root;

use proxy_wasm::types::LogLevel;

proxy_wasm::main! {{
    proxy_wasm::set_log_level(LogLevel::Info);
    proxy_wasm::set_root_context(|_| Box::<root::Root>::default());
}}
