//! What the keys of a JSON access log are about. Envoy lets everyone choose their own; these are the ones that
//! its documentation, Istio's default and this project's tests use.

use serde_json::{Map, Value};

pub(super) const TIME: &[&str] = &["start_time", "started", "timestamp", "@timestamp", "time"];
pub(super) const METHOD: &[&str] = &["method", ":method", "request_method"];
pub(super) const PATH: &[&str] = &["path", ":path", "request_path", "x_envoy_original_path"];
pub(super) const HOST: &[&str] = &["authority", ":authority", "host"];
pub(super) const REQUEST: &[&str] = &["request"];
pub(super) const STATUS: &[&str] = &["response_code", "status", "code"];
pub(super) const FLAGS: &[&str] = &["response_flags", "flags"];
pub(super) const DURATION: &[&str] = &["duration", "duration_ms"];
pub(super) const CLUSTER: &[&str] = &["upstream_cluster", "cluster"];
pub(super) const GRPC: &[&str] = &["grpc_status", "grpc_status_number"];
pub(super) const SOURCE: &[&str] =
    &["downstream_remote_address", "downstream_direct_remote_address", "x_forwarded_for"];

/// Text columns that are about something else than a request header.
const OTHER: &[&str] = &[
    "bytes_received",
    "bytes_sent",
    "protocol",
    "response_code_details",
    "details",
    "upstream_host",
    "upstream",
    "upstream_service_time",
    "x_envoy_upstream_service_time",
    "upstream_transport_failure_reason",
    "upstream_local_address",
    "downstream_local_address",
    "requested_server_name",
    "route_name",
    "connection_termination_details",
    "attempts",
];

/// So many headers of a request are taken from a log.
const MOST_HEADERS: usize = 64;

/// The longest value of a header that is taken from a log.
const LONGEST: usize = 8192;

/// Columns that hold a request header under another name: header and column.
pub type Headers = Vec<(String, String)>;

/// The value of the first of these keys that is there; `-` is how Envoy writes that something is not.
pub(super) fn find<'a>(object: &'a Map<String, Value>, keys: &[&str]) -> Option<&'a Value> {
    let set = |value: &&Value| !value.is_null() && value.as_str() != Some("-");
    let named = |key: &str| {
        let exact = object.get(key);
        exact.or_else(|| object.iter().find(|(name, _)| is(name, key)).map(|(_, value)| value))
    };
    keys.iter().find_map(|key| named(key).filter(set))
}

/// The request headers in it: what `named` says, and every column of text that is about nothing else.
pub(super) fn headers(object: &Map<String, Value>, named: &Headers) -> Vec<(String, String)> {
    let renamed = named.iter().filter_map(|(header, column)| {
        let value = find(object, &[column])?;
        Some((header.clone(), text(value)?))
    });
    let own = object.iter().filter_map(|(key, value)| {
        let header = key.to_ascii_lowercase().replace('_', "-");
        let taken = named.iter().any(|(name, column)| *name == header || column == key);
        (!taken && !is_known(key) && is_token(&header)).then_some(())?;
        Some((header, value.as_str().filter(|text| *text != "-")?.to_owned()))
    });
    let fits = |(_, value): &(String, String)| is_value(value);
    renamed.chain(own).filter(fits).take(MOST_HEADERS).collect()
}

/// Text, or a number as text: ids are often numbers.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn is(name: &str, key: &str) -> bool {
    let fold = |byte: u8| if byte == b'-' { b'_' } else { byte.to_ascii_lowercase() };
    name.len() == key.len() && name.bytes().zip(key.bytes()).all(|(a, b)| fold(a) == fold(b))
}

fn is_known(name: &str) -> bool {
    // The client's address is also a header of its own.
    let about = [TIME, METHOD, PATH, HOST, REQUEST, STATUS, FLAGS, DURATION, CLUSTER, GRPC, OTHER];
    let about = about.iter().copied().flatten().chain(&SOURCE[..2]);
    about.into_iter().any(|key| is(name, key))
}

/// Whether it may be the name of a header.
pub(super) fn is_token(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.!#$%&'*+^`|~".contains(&byte);
    !name.is_empty() && name.len() <= 256 && name.bytes().all(allowed)
}

/// Whether it may be the value of a header.
pub(super) fn is_value(value: &str) -> bool {
    !value.is_empty() && value.len() <= LONGEST && !value.contains(['\0', '\r', '\n'])
}
