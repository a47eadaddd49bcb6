//! `response.*`.

use crate::http::HeaderMap;
use crate::http::grpc_status;
use crate::state::HttpView;
use crate::stream::{PropertyValue, StreamInfo};
use std::cell::RefCell;

type Map = RefCell<Option<HeaderMap>>;

pub(super) fn get(view: &HttpView, info: &StreamInfo, rest: &[&[u8]]) -> Option<PropertyValue> {
    let response = &view.stream.response;
    let map = if view.logging { &response.headers } else { response.shown_headers() };
    let headers = view.response_headers || view.logging;
    let trailers = view.response_trailers || view.logging;
    match rest {
        [b"code"] => Some(PropertyValue::Number(u64::from(info.status?))),
        [b"code_details"] => Some(info.details.as_deref()?.into()),
        [b"flags"] => Some(PropertyValue::Number(info.flags.bits())),
        [b"size"] => Some(PropertyValue::Number(response.body_bytes.get())),
        [b"total_size"] => {
            let size = |map, seen| with_map(map, seen, HeaderMap::byte_size).unwrap_or(0) as u64;
            let maps = size(map, headers) + size(&response.trailers, trailers);
            Some(PropertyValue::Number(response.body_bytes.get() + maps))
        }
        [b"backend_latency"] => {
            Some(PropertyValue::Number(info.answered_at?.saturating_sub(info.asked_at)))
        }
        [b"headers", name @ ..] => in_map(map, headers, name),
        [b"trailers", name @ ..] => in_map(&response.trailers, trailers, name),
        [b"grpc_status"] => {
            let said = |map, seen| with_map(map, seen, |map| map.text("grpc-status")?.parse().ok());
            let said = said(&response.trailers, trailers).flatten();
            let said = said
                .or_else(|| with_map(map, headers, |map| map.text("grpc-status")?.parse().ok())?);
            said.or_else(|| info.status.map(mapped)).map(PropertyValue::Number)
        }
        _ => None,
    }
}

fn in_map(map: &Map, seen: bool, name: &[&[u8]]) -> Option<PropertyValue> {
    match name {
        [] => Some(PropertyValue::Map(with_map(map, seen, HeaderMap::clone).unwrap_or_default())),
        [name] => with_map(map, seen, |map| map.get(&name.to_ascii_lowercase()).cloned())?
            .map(|value| PropertyValue::Bytes(value.to_vec())),
        _ => None,
    }
}

fn with_map<T>(map: &Map, seen: bool, look: impl FnOnce(&HeaderMap) -> T) -> Option<T> {
    map.borrow().as_ref().filter(|_| seen).map(look)
}

/// What Envoy says where there is no gRPC status: one for the HTTP status.
fn mapped(status: u16) -> u64 {
    u64::try_from(grpc_status(status.into())).unwrap_or(2)
}
