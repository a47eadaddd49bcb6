//! `connection.*`, `source.*`, `destination.*`, `upstream.*`.

use super::value::Value;
use crate::http::Info;
use std::net::SocketAddr;

pub(super) fn get(info: &Info, rest: &[&[u8]]) -> Option<Value> {
    match rest {
        [b"id"] => Some(Value::Number(info.connection)),
        [b"mtls"] => Some(Value::Truth(false)),
        [b"requested_server_name"] => Some("".into()),
        _ => None,
    }
}

pub(super) fn peer(address: SocketAddr, rest: &[&[u8]]) -> Option<Value> {
    match rest {
        [b"address"] => Some(address.to_string().as_str().into()),
        [b"port"] => Some(Value::Number(address.port().into())),
        _ => None,
    }
}

pub(super) fn upstream(info: &Info, rest: &[&[u8]]) -> Option<Value> {
    match rest {
        [b"request_attempt_count"] => Some(Value::Number(info.attempts.into())),
        [b"transport_failure_reason"] => {
            info.upstream?;
            Some(info.transport_failure.as_deref().unwrap_or_default().into())
        }
        [b"locality"] => info.upstream.map(|_| "".into()),
        rest => peer(info.upstream?, rest),
    }
}
