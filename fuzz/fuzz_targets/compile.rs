//! A hostile module, compiled, asked about its parameters and for a decision.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| serinus_interpreter::fuzz::compile(input));
