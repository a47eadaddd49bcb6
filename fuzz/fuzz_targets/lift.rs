//! A hostile memory image and a hostile address: see `serinus_interpreter::fuzz`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| serinus_interpreter::fuzz::lift(input));
