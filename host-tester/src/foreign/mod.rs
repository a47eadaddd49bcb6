//! The functions that Envoy offers under a name.

use crate::abi::Status;
use crate::vm::Guest;

/// Calls one.
///
/// # Errors
/// [`Status::NotFound`] if there is none of that name.
pub fn call(guest: &mut Guest, name: &[u8], _arguments: &[u8]) -> Result<Vec<u8>, Status> {
    match name {
        b"clear_route_cache" => clear_route_cache(guest),
        _ => Err(Status::NotFound),
    }
}

fn clear_route_cache(guest: &Guest) -> Result<Vec<u8>, Status> {
    if let Some(view) = guest.http() {
        view.stream.stale_route.set(true);
    }
    Ok(Vec::new())
}
