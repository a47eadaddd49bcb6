//! Attributes as values: the bytes that `get_property` gives, and of which type they are.

use super::value::Value;

/// The bytes of an attribute under a path with zeros between its names, as `get_property` gives them.
pub type Attributes<'a> = dyn Fn(&[u8]) -> Option<Vec<u8>> + 'a;

/// Attributes that are numbers, times or durations. Envoy's list; what is in no list is text.
const NUMBERS: [&str; 20] = [
    "connection.id",
    "connection_id",
    "destination.port",
    "listener_direction",
    "request.duration",
    "request.size",
    "request.time",
    "request.total_size",
    "response.backend_latency",
    "response.code",
    "response.flags",
    "response.grpc_status",
    "response.size",
    "response.total_size",
    "source.port",
    "upstream.cx_pool_ready_duration",
    "upstream.port",
    "upstream.request_attempt_count",
    "xds.listener_direction",
    "xds.upstream_host_port",
];
const TRUTHS: [&str; 1] = ["connection.mtls"];

/// The value under a path with zeros between its names.
pub(super) fn get(attributes: &Attributes<'_>, path: &[u8]) -> Option<Value> {
    let bytes = attributes(path)?;
    let dotted = String::from_utf8_lossy(path).replace('\0', ".");
    if TRUTHS.contains(&dotted.as_str()) {
        return Some(Value::Truth(bytes.first() == Some(&1)));
    }
    if NUMBERS.contains(&dotted.as_str()) {
        return bytes.as_slice().try_into().ok().map(i64::from_le_bytes).map(Value::Number);
    }
    Some(Value::Text(bytes))
}
