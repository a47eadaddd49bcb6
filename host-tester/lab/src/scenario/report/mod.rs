//! How outcomes are told: to a person, to a program, to a CI system.

pub mod json;
pub mod junit;
pub mod text;

#[cfg(test)]
mod tests;
