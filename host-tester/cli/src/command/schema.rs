//! `serinus schema`.

use crate::exit::Exit;
use std::io::{self, Write};

/// The JSON Schema of a rollout as it is printed and published: indented, with a newline at its end.
pub fn text() -> String {
    format!("{:#}\n", serinus_core::config::schema())
}

/// The JSON Schema of a scenario, in the same form.
pub fn scenario() -> String {
    format!("{:#}\n", serinus_lab::rehearsal::schema())
}

/// Prints that of a rollout, or of a scenario.
///
/// # Errors
/// If it cannot be written.
pub fn run(of_scenario: bool, out: &mut dyn Write) -> io::Result<Exit> {
    let text = if of_scenario { scenario() } else { text() };
    out.write_all(text.as_bytes()).map(|()| Exit::Good)
}
