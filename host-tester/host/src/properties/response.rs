//! `response.*`.

use super::value::Value;
use crate::http::{HeaderMap, Info};
use crate::proxy::grpc_status;
use crate::vm::HttpView;
use std::cell::RefCell;

type Map = RefCell<Option<HeaderMap>>;

pub(super) fn get(view: &HttpView, info: &Info, rest: &[&[u8]]) -> Option<Value> {
    let response = &view.stream.response;
    let map = if view.logging { &response.headers } else { response.shown_headers() };
    let headers = view.response_headers || view.logging;
    let trailers = view.response_trailers || view.logging;
    match rest {
        [b"code"] => Some(Value::Number(u64::from(info.status?))),
        [b"code_details"] => Some(info.details.as_deref()?.into()),
        [b"flags"] => Some(Value::Number(info.flags.bits())),
        [b"size"] => Some(Value::Number(response.body_bytes.get())),
        [b"total_size"] => {
            let size = |map, seen| with_map(map, seen, HeaderMap::byte_size).unwrap_or(0) as u64;
            let maps = size(map, headers) + size(&response.trailers, trailers);
            Some(Value::Number(response.body_bytes.get() + maps))
        }
        [b"backend_latency"] => {
            Some(Value::Number(info.answered_at?.saturating_sub(info.asked_at)))
        }
        [b"headers", name @ ..] => in_map(map, headers, name),
        [b"trailers", name @ ..] => in_map(&response.trailers, trailers, name),
        [b"grpc_status"] => {
            let said = |map, seen| with_map(map, seen, |map| map.text("grpc-status")?.parse().ok());
            let said = said(&response.trailers, trailers).flatten();
            let said = said
                .or_else(|| with_map(map, headers, |map| map.text("grpc-status")?.parse().ok())?);
            said.or_else(|| info.status.map(mapped)).map(Value::Number)
        }
        _ => None,
    }
}

fn in_map(map: &Map, seen: bool, name: &[&[u8]]) -> Option<Value> {
    match name {
        [] => Some(Value::Map(with_map(map, seen, HeaderMap::clone).unwrap_or_default())),
        [name] => with_map(map, seen, |map| map.get(&name.to_ascii_lowercase()).cloned())?
            .map(|value| Value::Bytes(value.to_vec())),
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
