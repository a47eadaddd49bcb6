//! Who is sent where by a real Envoy: everyone where the core says, and nobody where they say themselves.

mod forgery;
mod matching;
mod rules;
mod sticky;
mod units;

#[path = "../stand/mod.rs"]
mod stand;
