//! Envoy's attributes: what `get_property` finds under a path.
//!
//! A path is a list of names with zeros between them. Numbers are 64-bit little-endian, durations
//! nanoseconds, a truth is one byte, a map is encoded as headers are. An attribute that Envoy has and this
//! host does not simulate (TLS, locality) is [`Status::NotFound`], as in an Envoy without it, unless the test
//! gives it. Which phase has which attribute was measured on Envoy 1.40.

mod connection;
mod request;
mod response;
mod tcp;

use crate::abi::Status;
use crate::http::HeaderMap;
use crate::state::{HostState, Kind};
use crate::stream::{PropertyValue, StreamInfo, envoy_object_key};

/// What a lookup comes to: nothing, or something that has no form for a module.
type Found = Result<PropertyValue, Status>;

/// The value under a path, as bytes.
///
/// # Errors
/// [`Status::NotFound`]; [`Status::SerializationFailure`] for what has no form, such as all of `request`.
pub fn get(host: &HostState, path: &[u8]) -> Result<Vec<u8>, Status> {
    if path.is_empty() {
        return Err(Status::SerializationFailure);
    }
    let path = path.strip_suffix(b"\0").unwrap_or(path);
    if let Some(value) = given(host, path) {
        return Ok(value.into_bytes());
    }
    let mut parts = path.split(|byte| *byte == 0);
    let first = parts.next().unwrap_or_default();
    let rest: Vec<&[u8]> = parts.collect();
    find(host, first, &rest).map(PropertyValue::into_bytes)
}

/// What the test gives for the stream, or for all of them.
fn given(host: &HostState, path: &[u8]) -> Option<PropertyValue> {
    let of_stream = host.info().and_then(|info| info.borrow().given.get(path));
    of_stream.or_else(|| host.process.given.get(path))
}

fn find(host: &HostState, first: &[u8], rest: &[&[u8]]) -> Found {
    let context = host.context().ok_or(Status::NotFound)?;
    match (first, rest) {
        (b"plugin_name", []) => Ok(context.plugin.name.as_ref().into()),
        (b"plugin_root_id", []) => Ok(context.plugin.root_id.as_str().into()),
        (b"plugin_vm_id", []) => Ok(host.vm.id.as_str().into()),
        (b"xds", [b"node", field @ ..]) => node(field),
        _ => of_stream(&context.kind, host.process.now.get(), first, rest),
    }
}

fn node(field: &[&[u8]]) -> Found {
    match field {
        [b"id" | b"cluster"] => Ok("serinus".into()),
        [b"metadata"] => Ok(PropertyValue::Map(HeaderMap::new())),
        [] => Err(Status::SerializationFailure),
        _ => Err(Status::NotFound),
    }
}

fn of_stream(kind: &Kind, now: u64, first: &[u8], rest: &[&[u8]]) -> Found {
    let view = match kind {
        Kind::Http(view) => view,
        Kind::Tcp(view) => {
            let found = tcp::get(&view.connection.info.borrow(), first, rest);
            return found.ok_or(Status::NotFound);
        }
        Kind::Root(_) => return Err(Status::NotFound),
    };
    let info = view.stream.info.borrow();
    let value = match first {
        b"request" | b"response" | b"connection" | b"source" | b"destination" | b"upstream"
        | b"xds" | b"filter_state"
            if rest.is_empty() =>
        {
            return Err(Status::SerializationFailure);
        }
        b"request" => request::get(view, &info, rest),
        b"response" => response::get(view, &info, rest),
        b"connection" => connection::get(&info, rest),
        b"connection_id" if rest.is_empty() => Some(PropertyValue::Number(info.connection)),
        b"source" => connection::peer(info.source, rest),
        b"destination" => connection::peer(info.destination, rest),
        b"upstream" => connection::upstream(&info, now, rest),
        b"xds" => return xds(&info, rest),
        b"metadata" if rest.is_empty() => Some("".into()),
        b"metadata" => {
            Some(PropertyValue::Map(HeaderMap::new())).filter(|_| rest == [b"filter_metadata"])
        }
        b"filter_state" => state(&info, rest),
        name if rest.is_empty() => {
            info.state.get(name).map(|value| PropertyValue::Bytes(value.clone()))
        }
        _ => None,
    };
    value.ok_or(Status::NotFound)
}

/// What a filter has set: a property of its own, which the filter state calls `wasm.NAME`, or an object of
/// Envoy's.
fn state(info: &StreamInfo, rest: &[&[u8]]) -> Option<PropertyValue> {
    let [name] = rest else { return None };
    let value = match name.strip_prefix(b"wasm.") {
        Some(own) => info.state.get(own),
        None => info.state.get(envoy_object_key(name).as_slice()),
    };
    Some(PropertyValue::Bytes(value?.clone()))
}

fn xds(info: &StreamInfo, rest: &[&[u8]]) -> Found {
    let text = |text: Option<&str>| text.map(PropertyValue::from).ok_or(Status::NotFound);
    match rest {
        [b"cluster_name"] => text(info.cluster.as_deref()),
        [b"route_name"] => text(info.route.as_deref()),
        [b"virtual_host_name"] => Ok("all".into()),
        [b"listener_direction"] => Ok(PropertyValue::Number(0)),
        [b"cluster_metadata"] => text(info.cluster.as_ref().map(|_| "")),
        [b"route_metadata"] => text(info.route.as_ref().map(|_| "")),
        [b"filter_chain_name" | b"listener_metadata"] => Ok("".into()),
        [b"upstream_host_metadata" | b"upstream_host_locality_metadata"]
            if info.upstream.is_some() =>
        {
            Err(Status::SerializationFailure)
        }
        _ => Err(Status::NotFound),
    }
}
