//! `serinus schema`.

use crate::exit::Exit;
use std::io::{self, Write};

/// The JSON Schema of a rollout as it is printed and published: indented, with a newline at its end.
pub fn text() -> String {
    format!("{:#}\n", serinus_core::config::schema())
}

/// Prints it.
///
/// # Errors
/// If it cannot be written.
pub fn run(out: &mut dyn Write) -> io::Result<Exit> {
    out.write_all(text().as_bytes()).map(|()| Exit::Good)
}
