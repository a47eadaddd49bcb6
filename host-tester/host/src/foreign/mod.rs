//! The functions that Envoy offers under a name.
//!
//! | file | functions | what differs from Envoy |
//! |---|---|---|
//! | [`compress`] | `compress`, `uncompress` | the compressed bytes may be others; they mean the same |
//! | [`filter_state`] | `set_envoy_filter_state` | objects are kept as the text they are made of |
//! | [`declare_property`] | `declare_property` | types and life spans are taken, and make no difference here |
//! | [`signature`] | `sign`, `verify_signature` | no key can be read: `BAD_ARGUMENT`, and a line in the log |
//! | [`expression`] | `expr_create`, `expr_evaluate`, `expr_delete` | CEL without macros other than `has`, and without maps |
//!
//! `clear_route_cache` is a line, below.

mod compress;
mod declare_property;
mod expression;
mod filter_state;
mod signature;

pub use declare_property::Declared;
pub use expression::Expressions;
pub use filter_state::key as state_key;

use crate::abi::Status;
use crate::vm::Guest;

/// Calls one.
///
/// # Errors
/// [`Status::NotFound`] if there is none of that name; else what Envoy answers.
pub fn call(guest: &mut Guest, name: &[u8], arguments: &[u8]) -> Result<Vec<u8>, Status> {
    match name {
        b"clear_route_cache" => Ok(clear_route_cache(guest)),
        b"compress" => compress::compress(arguments),
        b"uncompress" => compress::uncompress(arguments, guest.process.limits.memory),
        b"set_envoy_filter_state" => filter_state::set(guest, arguments),
        b"declare_property" => declare_property::declare(guest, arguments),
        b"sign" => signature::sign(guest, arguments),
        b"verify_signature" => signature::verify(guest, arguments),
        b"expr_create" => expression::create(guest, arguments),
        b"expr_evaluate" => expression::evaluate(guest, arguments),
        b"expr_delete" => expression::delete(guest, arguments),
        _ => Err(Status::NotFound),
    }
}

fn clear_route_cache(guest: &Guest) -> Vec<u8> {
    if let Some(view) = guest.http() {
        view.stream.stale_route.set(true);
    }
    Vec::new()
}
