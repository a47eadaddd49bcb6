//! What is known about a TCP connection: of a request nothing but when it began.

use super::{connection, xds};
use crate::stream::{PropertyValue, StreamInfo};

pub(super) fn get(info: &StreamInfo, first: &[u8], rest: &[&[u8]]) -> Option<PropertyValue> {
    match (first, rest) {
        (b"request", [b"time"]) => Some(PropertyValue::Number(info.began)),
        (b"response", [b"flags"]) => Some(PropertyValue::Number(info.flags.bits())),
        (b"connection", rest) => connection::get(info, rest),
        (b"connection_id", []) => Some(PropertyValue::Number(info.connection)),
        (b"source", rest) => connection::peer(info.source, rest),
        (b"destination", rest) => connection::peer(info.destination, rest),
        (b"upstream", [b"address" | b"port"]) => connection::peer(info.upstream?, rest),
        (b"xds", [b"cluster_name"]) => xds(info, rest).ok(),
        (name, []) => info.state.get(name).map(|value| PropertyValue::Bytes(value.clone())),
        _ => None,
    }
}
