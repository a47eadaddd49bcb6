//! `response.*`.

use super::value::Value;
use crate::http::{HeaderMap, Info};
use crate::vm::HttpView;

pub(super) fn get(view: &HttpView, info: &Info, rest: &[&[u8]]) -> Option<Value> {
    let response = &view.stream.response;
    match rest {
        [b"code"] => Some(Value::Number(u64::from(info.status?))),
        [b"code_details"] => Some(info.details.as_deref()?.into()),
        [b"flags"] => Some(Value::Number(info.flags.bits())),
        [b"size"] => Some(Value::Number(response.body_bytes.get())),
        [b"total_size"] => {
            let headers = response.headers.borrow().as_ref().map_or(0, HeaderMap::byte_size);
            Some(Value::Number(response.body_bytes.get() + headers as u64))
        }
        [b"headers", name @ ..] => {
            let seen = view.response_headers || view.logging;
            in_map(response.headers.borrow().as_ref().filter(|_| seen)?, name)
        }
        [b"trailers", name @ ..] => {
            let seen = view.response_trailers || view.logging;
            in_map(response.trailers.borrow().as_ref().filter(|_| seen)?, name)
        }
        [b"grpc_status"] => grpc_status(view),
        _ => None,
    }
}

fn in_map(map: &HeaderMap, name: &[&[u8]]) -> Option<Value> {
    match name {
        [] => Some(Value::Map(map.clone())),
        [name] => map.get(&name.to_ascii_lowercase()).map(|value| Value::Bytes(value.to_vec())),
        _ => None,
    }
}

/// From the trailers, else from the headers.
fn grpc_status(view: &HttpView) -> Option<Value> {
    let response = &view.stream.response;
    let of = |map: &std::cell::RefCell<Option<HeaderMap>>, seen: bool| {
        let map = map.borrow();
        map.as_ref().filter(|_| seen)?.text("grpc-status")?.parse().ok()
    };
    let trailers = of(&response.trailers, view.response_trailers || view.logging);
    let status = trailers.or_else(|| of(&response.headers, view.response_headers || view.logging));
    status.map(Value::Number)
}
