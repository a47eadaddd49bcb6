//! Envoy's attributes: what `get_property` finds under a path.
//!
//! A path is a list of names with zeros between them. Numbers are 64-bit little-endian, durations
//! nanoseconds, a truth is one byte, a map is encoded as headers are. An attribute that Envoy has and this
//! host does not simulate (TLS, locality, metadata) is [`Status::NotFound`], as in an Envoy without it.

mod connection;
mod request;
mod response;
mod value;

use crate::abi::Status;
use crate::http::Info;
use crate::vm::{Guest, Kind};
use value::Value;

/// The value under a path, as bytes.
///
/// # Errors
/// [`Status::NotFound`].
pub fn get(guest: &Guest, path: &[u8]) -> Result<Vec<u8>, Status> {
    let mut parts = path.split(|byte| *byte == 0);
    let first = parts.next().unwrap_or_default();
    let rest: Vec<&[u8]> = parts.collect();
    find(guest, first, &rest, path).map(Value::into_bytes).ok_or(Status::NotFound)
}

fn find(guest: &Guest, first: &[u8], rest: &[&[u8]], path: &[u8]) -> Option<Value> {
    match (first, rest) {
        (b"plugin_name", []) => Some(guest.context()?.plugin.name.as_ref().into()),
        (b"plugin_root_id", []) => Some(guest.context()?.plugin.root_id.as_str().into()),
        (b"plugin_vm_id", []) => Some(guest.vm.id.as_str().into()),
        (b"listener_direction", []) => Some(Value::Number(0)),
        _ => of_stream(guest, first, rest, path),
    }
}

fn of_stream(guest: &Guest, first: &[u8], rest: &[&[u8]], path: &[u8]) -> Option<Value> {
    let Kind::Http(view) = &guest.context()?.kind else {
        return None;
    };
    let info = view.stream.info.borrow();
    let found = match first {
        b"request" => request::get(view, &info, rest),
        b"response" => response::get(view, &info, rest),
        b"connection" => connection::get(&info, rest),
        b"connection_id" if rest.is_empty() => Some(Value::Number(info.connection)),
        b"source" => connection::peer(info.source, rest),
        b"destination" => connection::peer(info.destination, rest),
        b"upstream" => connection::upstream(&info, rest),
        b"xds" => xds(&info, rest),
        _ => None,
    };
    found.or_else(|| info.state.get(path).map(|value| Value::Bytes(value.clone())))
}

fn xds(info: &Info, rest: &[&[u8]]) -> Option<Value> {
    match rest {
        [b"cluster_name"] => Some(info.cluster.as_deref()?.into()),
        [b"route_name"] => Some(info.route.as_deref().unwrap_or_default().into()),
        [b"listener_direction"] => Some(Value::Number(0)),
        _ => None,
    }
}
