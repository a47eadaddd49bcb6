//! `request.*`.

use crate::http::HeaderMap;
use crate::state::HttpView;
use crate::stream::{PropertyValue, StreamInfo};

pub(super) fn get(view: &HttpView, info: &StreamInfo, rest: &[&[u8]]) -> Option<PropertyValue> {
    match rest {
        [b"time"] => Some(PropertyValue::Number(info.began)),
        [b"duration"] => Some(PropertyValue::Number(info.ended?.saturating_sub(info.began))),
        [b"protocol"] => Some(if info.http2 { "HTTP/2" } else { "HTTP/1.1" }.into()),
        [b"size"] => Some(PropertyValue::Number(size(view))),
        [b"total_size"] => Some(PropertyValue::Number(total_size(view))),
        [b"headers"] => {
            Some(PropertyValue::Map(with_headers(view, HeaderMap::clone).unwrap_or_default()))
        }
        _ => with_headers(view, |headers| of_headers(headers, rest))?,
    }
}

fn of_headers(headers: &HeaderMap, rest: &[&[u8]]) -> Option<PropertyValue> {
    let header =
        |name: &str| headers.get(name.as_bytes()).map(|v| PropertyValue::Bytes(v.to_vec()));
    match rest {
        [b"path"] => header(":path"),
        [b"url_path"] => {
            let path = headers.get(b":path")?;
            let end = path.iter().position(|byte| *byte == b'?').unwrap_or(path.len());
            path.get(..end).map(|path| PropertyValue::Bytes(path.to_vec()))
        }
        [b"query"] => {
            let path = headers.get(b":path")?;
            let query = path.splitn(2, |byte| *byte == b'?').nth(1).unwrap_or_default();
            Some(PropertyValue::Bytes(query.to_vec()))
        }
        [b"host"] => header(":authority"),
        [b"scheme"] => header(":scheme"),
        [b"method"] => header(":method"),
        [b"referer"] => header("referer"),
        [b"useragent"] => header("user-agent"),
        [b"id"] => header("x-request-id"),
        [b"headers", name] => {
            headers.get(&name.to_ascii_lowercase()).map(|v| PropertyValue::Bytes(v.to_vec()))
        }
        _ => None,
    }
}

/// What `content-length` says, while the headers can be seen; else what has come.
fn size(view: &HttpView) -> u64 {
    let said = with_headers(view, |headers| headers.text("content-length")?.parse().ok());
    said.flatten().unwrap_or_else(|| view.stream.request.body_bytes.get())
}

fn total_size(view: &HttpView) -> u64 {
    view.stream.request.body_bytes.get()
        + with_headers(view, HeaderMap::byte_size).unwrap_or(0) as u64
}

/// The headers, while they can be seen.
fn with_headers<T>(view: &HttpView, look: impl FnOnce(&HeaderMap) -> T) -> Option<T> {
    let headers = view.stream.request.headers.borrow();
    headers.as_ref().filter(|_| view.request_headers || view.logging).map(look)
}
