//! What can go wrong, each with the place and what to do about it.

use std::fmt;
use std::io;
use std::path::PathBuf;

use crate::pack::PackError;

/// Why no packed module was written.
#[derive(Debug)]
pub enum Error {
    /// The input file cannot be read.
    Read { path: PathBuf, source: io::Error },
    /// The input file was read, but is not what can be packed.
    Pack { path: PathBuf, reason: PackError },
    /// The output file cannot be written.
    Write { path: PathBuf, source: io::Error },
}

impl Error {
    /// 1 when the module fell short, 2 when the call was wrong or a file is unreadable.
    pub fn exit_code(&self) -> u8 {
        match self {
            Error::Pack {
                reason: PackError::NotAFilter { .. } | PackError::Broken { .. }, ..
            } => 1,
            Error::Pack { .. } | Error::Read { .. } | Error::Write { .. } => 2,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Read { path, source } => write!(f, "cannot read {}: {source}", path.display()),
            Error::Pack { path, reason } => write!(f, "{}: {reason}", path.display()),
            Error::Write { path, source } => write!(f, "cannot write {}: {source}", path.display()),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Error::Read { source, .. } | Error::Write { source, .. } => Some(source),
            Error::Pack { reason, .. } => Some(reason),
        }
    }
}
