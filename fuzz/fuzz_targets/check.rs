//! A hostile component, looked at as `serinus policy check` does.
#![no_main]

use serinus_lab::policy::Runtime;
use serinus_lab::policy::inspect::{MAX_MODULE, inspect};
use std::sync::LazyLock;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());

libfuzzer_sys::fuzz_target!(|input: &[u8]| match inspect(input, &RUNTIME) {
    Ok(sound) => assert!(sound.core.len() <= MAX_MODULE),
    Err(findings) => assert!(!findings.is_empty()),
});
