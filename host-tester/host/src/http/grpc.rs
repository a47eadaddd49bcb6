//! gRPC as HTTP carries it.

use super::headers::HeaderMap;

/// Whether a message is gRPC's.
pub fn is_grpc(headers: &HeaderMap) -> bool {
    let kind = headers.get(b"content-type");
    kind.and_then(|kind| kind.strip_prefix(b"application/grpc"))
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(b"+"))
}

/// Envoy's gRPC status for an HTTP status.
pub fn grpc_status(http: u32) -> i32 {
    match http {
        400 => 13,
        401 => 16,
        403 => 7,
        404 => 12,
        429 | 502..=504 => 14,
        _ => 2,
    }
}
