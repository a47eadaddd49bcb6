//! `request.*`.

use super::value::Value;
use crate::http::{HeaderMap, Info};
use crate::vm::HttpView;

pub(super) fn get(view: &HttpView, info: &Info, rest: &[&[u8]]) -> Option<Value> {
    match rest {
        [b"time"] => Some(Value::Number(info.began)),
        [b"duration"] => Some(Value::Number(info.ended?.saturating_sub(info.began))),
        [b"protocol"] => Some("HTTP/1.1".into()),
        [b"size"] => Some(Value::Number(size(view))),
        [b"total_size"] => Some(Value::Number(total_size(view))),
        _ => {
            let seen = view.request_headers || view.logging;
            let headers = view.stream.request.headers.borrow();
            of_headers(headers.as_ref().filter(|_| seen)?, rest)
        }
    }
}

fn of_headers(headers: &HeaderMap, rest: &[&[u8]]) -> Option<Value> {
    let header = |name: &str| headers.get(name.as_bytes()).map(|v| Value::Bytes(v.to_vec()));
    match rest {
        [b"path"] => header(":path"),
        [b"url_path"] => {
            let path = headers.get(b":path")?;
            let end = path.iter().position(|byte| *byte == b'?').unwrap_or(path.len());
            path.get(..end).map(|path| Value::Bytes(path.to_vec()))
        }
        [b"query"] => {
            let path = headers.get(b":path")?;
            let query = path.splitn(2, |byte| *byte == b'?').nth(1).unwrap_or_default();
            Some(Value::Bytes(query.to_vec()))
        }
        [b"host"] => header(":authority"),
        [b"scheme"] => header(":scheme"),
        [b"method"] => header(":method"),
        [b"referer"] => header("referer"),
        [b"useragent"] => header("user-agent"),
        [b"id"] => header("x-request-id"),
        [b"headers"] => Some(Value::Map(headers.clone())),
        [b"headers", name] => {
            headers.get(&name.to_ascii_lowercase()).map(|v| Value::Bytes(v.to_vec()))
        }
        _ => None,
    }
}

/// The body so far; before there is any, what `content-length` says.
fn size(view: &HttpView) -> u64 {
    let headers = view.stream.request.headers.borrow();
    let said = headers.as_ref().and_then(|headers| headers.text("content-length")?.parse().ok());
    said.unwrap_or_else(|| view.stream.request.body_bytes.get())
}

fn total_size(view: &HttpView) -> u64 {
    let headers = view.stream.request.headers.borrow();
    let headers = headers.as_ref().map_or(0, HeaderMap::byte_size);
    view.stream.request.body_bytes.get() + headers as u64
}
