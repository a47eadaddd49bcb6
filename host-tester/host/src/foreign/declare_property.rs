//! `declare_property`: what a property that a filter sets is like.
//!
//! Of what can be declared only `readonly` shows here: such a property can be set once per stream. Types and schemas tell
//! other filters how to read the bytes, and life spans where they go, and no filter can see either.

use crate::abi::{Status, protobuf};
use crate::state::HostState;

/// `DeclarePropertyArguments { name = 1; readonly = 2; type = 3; schema = 4; span = 5 }`. Once per name.
pub(super) fn declare(host: &mut HostState, arguments: &[u8]) -> Result<Vec<u8>, Status> {
    let fields = protobuf::fields(arguments).ok_or(Status::BadArgument)?;
    let readonly = fields.contains(&(2, protobuf::Field::Number(1)));
    let root = host.root_id();
    let first = host.declared.declare(root, protobuf::bytes(&fields, 1), readonly);
    if first { Ok(Vec::new()) } else { Err(Status::BadArgument) }
}
