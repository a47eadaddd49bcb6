//! `set_envoy_filter_state`: objects of Envoy's own, which other filters and the router read.

use crate::abi::{Status, protobuf};
use crate::state::HostState;
use crate::stream::envoy_object_key;

/// The objects that Envoy can make of text. Any other name is not found.
const KNOWN: [&str; 11] = [
    "envoy.network.application_protocols",
    "envoy.network.ip",
    "envoy.network.transport_socket.original_dst_address",
    "envoy.network.upstream_server_name",
    "envoy.network.upstream_subject_alt_names",
    "envoy.ratelimit.hits_addend",
    "envoy.string",
    "envoy.tcp_proxy.cluster",
    "envoy.tcp_proxy.per_connection_idle_timeout_ms",
    "envoy.upstream.dynamic_host",
    "envoy.upstream.dynamic_port",
];

/// `SetEnvoyFilterStateArguments { path = 1; value = 2; span = 3 }`.
pub(super) fn set(host: &HostState, arguments: &[u8]) -> Result<Vec<u8>, Status> {
    let fields = protobuf::fields(arguments).ok_or(Status::BadArgument)?;
    let (path, value) = (protobuf::bytes(&fields, 1), protobuf::bytes(&fields, 2));
    if !KNOWN.iter().any(|known| known.as_bytes() == path) {
        return Err(Status::NotFound);
    }
    let info = host.info().ok_or(Status::NotFound)?;
    info.borrow_mut().state.insert(envoy_object_key(path), value.to_vec());
    Ok(Vec::new())
}
