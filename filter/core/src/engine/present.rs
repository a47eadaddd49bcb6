//! What stands in the place of the state.

use crate::codec::Stored;
use crate::promotion::State;

/// The state, or whatever stands in its place. The key of the state has no format, because a rollback must outlive the
/// build that decided it.
#[derive(Clone, Debug, PartialEq)]
pub enum Present {
    /// A state that this version wrote.
    Ours(State),
    /// Bytes that another build, or a stranger, wrote.
    Foreign(Vec<u8>),
}

impl Stored for Present {
    const FORMAT: u8 = State::FORMAT;
    type Context = ();

    fn encode(&self, (): &()) -> Vec<u8> {
        match self {
            Self::Ours(state) => state.encode(&()),
            Self::Foreign(bytes) => bytes.clone(),
        }
    }

    fn decode(bytes: &[u8], (): &()) -> Option<Self> {
        let ours = State::decode(bytes, &()).map(Self::Ours);
        Some(ours.unwrap_or_else(|| Self::Foreign(bytes.to_vec())))
    }
}
