//! `connection.*`, `source.*`, `destination.*`, `upstream.*`.

use crate::stream::{PropertyValue, StreamInfo};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

pub(super) fn get(info: &StreamInfo, rest: &[&[u8]]) -> Option<PropertyValue> {
    match rest {
        [b"id"] => Some(PropertyValue::Number(info.connection)),
        [b"mtls"] => Some(PropertyValue::Truth(false)),
        [b"requested_server_name"] => Some("".into()),
        _ => None,
    }
}

pub(super) fn peer(address: SocketAddr, rest: &[&[u8]]) -> Option<PropertyValue> {
    match rest {
        [b"address"] => Some(address.to_string().as_str().into()),
        [b"port"] => Some(PropertyValue::Number(address.port().into())),
        _ => None,
    }
}

/// How long a connection takes: what is done at the moment of asking finds none yet.
const CONNECT_NS: u64 = 1_000_000;

pub(super) fn upstream(info: &StreamInfo, now: u64, rest: &[&[u8]]) -> Option<PropertyValue> {
    let tried = info.upstream.filter(|_| now > info.asked_at);
    match rest {
        [b"local_address"] => {
            tried.filter(|_| info.transport_failure.is_none())?;
            Some(local_address(info).to_string().as_str().into())
        }
        [b"cx_pool_ready_duration"] => tried.map(|_| PropertyValue::Number(CONNECT_NS)),
        [b"request_attempt_count"] => Some(PropertyValue::Number(info.attempts.into())),
        [b"transport_failure_reason"] => {
            info.upstream?;
            Some(info.transport_failure.as_deref().unwrap_or_default().into())
        }
        [b"locality"] => info.upstream.map(|_| "".into()),
        rest => peer(info.upstream?, rest),
    }
}

/// The proxy's end of the connection to the upstream: any port that is not the client's.
fn local_address(info: &StreamInfo) -> SocketAddr {
    SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), info.source.port() ^ 1)
}
