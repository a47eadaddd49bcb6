//! Promotion policies: the same decision on both engines, whatever they are made of and whatever they are told.
#![expect(clippy::unwrap_used, reason = "a test says what must hold by unwrapping it")]

mod c;
#[path = "../common/mod.rs"]
mod common;
mod envoy;
mod hostile;
mod laptop;
mod make;
mod shipped;
mod snapshots;
