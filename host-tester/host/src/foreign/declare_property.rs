//! `declare_property`: what a property that a filter sets is like.
//!
//! Of what can be declared only `readonly` shows here: such a property can be set once per stream. Types and schemas tell
//! other filters how to read the bytes, and life spans where they go, and no filter can see either.

use crate::abi::{Status, protobuf};
use crate::vm::Guest;
use hashbrown::HashMap;

/// The properties that the plugins of a VM have declared: by root context and name, whether they can be set only once.
#[derive(Debug, Default)]
pub struct Declared(HashMap<(u32, Vec<u8>), bool>);

impl Declared {
    /// Whether a property can be set only once.
    pub fn is_readonly(&self, root: u32, name: &[u8]) -> bool {
        self.0.get(&(root, name.to_owned())).copied().unwrap_or(false)
    }
}

/// `DeclarePropertyArguments { name = 1; readonly = 2; type = 3; schema = 4; span = 5 }`. Once per name.
pub(super) fn declare(guest: &mut Guest, arguments: &[u8]) -> Result<Vec<u8>, Status> {
    let fields = protobuf::fields(arguments).ok_or(Status::BadArgument)?;
    let readonly = fields.contains(&(2, protobuf::Field::Number(1)));
    let key = (guest.root_id(), protobuf::bytes(&fields, 1).to_vec());
    match guest.declared.0.insert(key, readonly) {
        None => Ok(Vec::new()),
        Some(_) => Err(Status::BadArgument),
    }
}
