//! What can be read at this moment: every map, every buffer, the properties.

use crate::host;
use crate::line::{guessed, quoted, status};
use crate::script::Script;

pub const MAPS: [&str; 8] = [
    "request",
    "request_trailers",
    "response",
    "response_trailers",
    "grpc_initial",
    "grpc_trailing",
    "callout",
    "callout_trailers",
];

pub const BUFFERS: [&str; 9] = [
    "request_body",
    "response_body",
    "downstream",
    "upstream",
    "callout_body",
    "grpc_message",
    "vm_config",
    "plugin_config",
    "call_data",
];

/// What is asked for if the script names none.
const PROPERTIES: &[&str] = &[
    "plugin_name",
    "plugin_root_id",
    "plugin_vm_id",
    "cluster_name",
    "route_name",
    "node",
    "listener_direction",
    "listener_metadata",
    "cluster_metadata",
    "route_metadata",
    "upstream_host_metadata",
    "connection_id",
    "xds/cluster_name",
    "xds/route_name",
    "xds/node/id",
    "xds/node/cluster",
    "xds/listener_direction",
    "xds/listener_metadata",
    "xds/cluster_metadata",
    "xds/route_metadata",
    "xds/upstream_host_metadata",
    "xds/upstream_host_locality_metadata",
    "xds/filter_chain_name",
    "xds/virtual_host_name",
    "request/path",
    "request/url_path",
    "request/host",
    "request/scheme",
    "request/method",
    "request/headers",
    "request/headers/x-a",
    "request/headers/missing",
    "request/referer",
    "request/useragent",
    "request/time",
    "request/id",
    "request/protocol",
    "request/query",
    "request/duration",
    "request/size",
    "request/total_size",
    "response/code",
    "response/code_details",
    "response/flags",
    "response/grpc_status",
    "response/headers",
    "response/headers/x-upstream",
    "response/trailers",
    "response/size",
    "response/total_size",
    "response/backend_latency",
    "source/address",
    "source/port",
    "destination/address",
    "destination/port",
    "connection/id",
    "connection/mtls",
    "connection/requested_server_name",
    "connection/tls_version",
    "connection/subject_local_certificate",
    "connection/termination_details",
    "connection/transport_failure_reason",
    "upstream/address",
    "upstream/port",
    "upstream/tls_version",
    "upstream/local_address",
    "upstream/transport_failure_reason",
    "upstream/request_attempt_count",
    "upstream/cx_pool_ready_duration",
    "upstream/locality",
    "metadata",
    "filter_state",
    "request",
    "response",
    "missing",
    "request/missing",
];

/// Logs a line of the probe.
pub fn say(text: &str) {
    host::log(2, format!("probe {text}").as_bytes());
}

/// Logs all that the script wants shown.
pub fn everything(who: &str, script: &Script) {
    if script.shows("maps") {
        maps(who);
    }
    if script.shows("buffers") {
        buffers(who);
    }
    if script.shows("statuses") {
        statuses(who);
    }
    if script.shows("properties") || !script.properties.is_empty() {
        properties(who, script);
    }
}

/// Those that hold something: a map that is not there reads as an empty one does. The size would tell them apart, but
/// asking for it is no reading: in the last callback of a body it makes Envoy add trailers.
fn maps(who: &str) {
    for (map, name) in (0..).zip(MAPS) {
        match host::headers(map) {
            (0, bytes) if bytes.is_empty() => {}
            (0, bytes) => say(&format!("{who}   map {name}: {}", pairs(&bytes))),
            (code, _) => say(&format!("{who}   map {name}: {}", status(code))),
        }
    }
}

/// The statuses of all maps and buffers, by each way to ask.
fn statuses(who: &str) {
    for (map, name) in (0..).zip(MAPS) {
        let one = status(host::header(map, b":path").0);
        let (pairs, size) = (status(host::headers(map).0), status(host::headers_size(map).0));
        say(&format!("{who}   status of {name}: pairs {pairs} value {one} size {size}"));
    }
    for (buffer, name) in (0..).zip(BUFFERS) {
        let (bytes, size) = (host::buffer(buffer, 0, usize::MAX).0, host::buffer_status(buffer).0);
        say(&format!("{who}   status of {name}: bytes {} status {}", status(bytes), status(size)));
    }
}

/// The pairs of a serialised map.
pub fn pairs(bytes: &[u8]) -> String {
    let Some(pairs) = host::decode(bytes) else {
        return format!("malformed {}", quoted(bytes));
    };
    let pairs = pairs
        .iter()
        .map(|(key, value)| format!("{}: {}", key.escape_ascii(), value.escape_ascii()));
    format!("[{}]", pairs.collect::<Vec<_>>().join(" | "))
}

fn buffers(who: &str) {
    for (buffer, name) in (0..).zip(BUFFERS).filter(|(_, name)| !name.ends_with("_config")) {
        let (code, bytes) = host::buffer(buffer, 0, usize::MAX);
        let (_, (size, flags)) = host::buffer_status(buffer);
        if code == 0 && (size, flags) != (0, 0) {
            let flags = if flags == 0 { String::new() } else { format!(" flags {flags}") };
            say(&format!("{who}   buffer {name} {size}{flags}: {}", quoted(&bytes)));
        }
    }
}

fn properties(who: &str, script: &Script) {
    let all = PROPERTIES.iter().copied().filter(|_| script.shows("properties"));
    let mut missing = String::new();
    for path in all.chain(script.properties.iter().map(String::as_str)) {
        match property(path) {
            (0, value) => say(&format!("{who}   property {path} = {value}")),
            (code, _) => missing += &format!(" {path}={}", status(code)),
        }
    }
    if !missing.is_empty() {
        say(&format!("{who}   no property{missing}"));
    }
}

/// A property by its path, with `/` between the segments.
pub fn property(path: &str) -> (u32, String) {
    let path: Vec<Vec<u8>> = path.split('/').map(crate::line::unescaped).collect();
    let (code, value) = host::property(&path.join(&0));
    (code, guessed(&value))
}
