//! What a host call answers.

use std::fmt;

/// A status of Proxy-Wasm, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum Status {
    /// The call did what it was asked to.
    Ok = 0,
    /// There is no such thing.
    NotFound = 1,
    /// An argument makes no sense, or not now.
    BadArgument = 2,
    /// A value has no form that could be handed over.
    SerializationFailure = 3,
    /// A value cannot be read.
    ParseFailure = 4,
    /// A CEL expression cannot be evaluated.
    BadExpression = 5,
    /// A pointer of the module's leads nowhere.
    InvalidMemoryAccess = 6,
    /// The queue is empty.
    Empty = 7,
    /// Somebody else has written since.
    CasMismatch = 8,
    /// The result is not of the kind that was asked for.
    ResultMismatch = 9,
    /// The host failed.
    InternalFailure = 10,
    /// A connection broke.
    BrokenConnection = 11,
    /// No host does this.
    Unimplemented = 12,
}

impl Status {
    /// Its number, as the module sees it.
    pub const fn code(self) -> u32 {
        self as u32
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?} ({})", self.code())
    }
}

/// Why a host call does not return [`Status::Ok`].
#[derive(Debug)]
pub enum Fault {
    /// The module is told.
    Status(Status),
    /// The module is dead: it trapped inside its own allocator, or asked for what ends it.
    Dead(wasmtime::Error),
}

impl From<Status> for Fault {
    fn from(status: Status) -> Self {
        Self::Status(status)
    }
}

impl From<wasmtime::Error> for Fault {
    fn from(error: wasmtime::Error) -> Self {
        Self::Dead(error)
    }
}

/// What a host call's work comes to.
pub type Outcome<T = ()> = Result<T, Fault>;
