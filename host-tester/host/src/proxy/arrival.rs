//! A request's headers, as Envoy's decoder and connection manager leave them to the first filter.

use super::request::Request;
use super::simulation::Simulation;
use crate::http::HeaderMap;
use bytes::Bytes;

/// Headers of the client's that are not for the filters.
const HOP: [&[u8]; 5] = [
    b"connection",
    b"x-envoy-internal",
    b"x-envoy-expected-rq-timeout-ms",
    b"transfer-encoding",
    b"keep-alive",
];

impl Simulation {
    /// What the first filter sees: the client's headers, and what Envoy adds.
    pub(super) fn request_headers(&self, request: &Request) -> HeaderMap {
        let mut headers = HeaderMap::with_capacity(request.headers.len() + 8);
        pseudo_headers(&mut headers, request);
        let hops = hops(request);
        let is_hop = |name: &[u8]| HOP.contains(&name) || hops.contains(&name);
        let given = request.headers.iter().filter(|(name, _)| !is_hop(name));
        given.for_each(|(name, value)| headers.join(name.clone(), value.clone()));
        if request.http2 {
            join_cookies(&mut headers);
        }
        if let [body] = request.body.as_slice()
            && request.trailers.is_empty()
            && headers.get(b"content-length").is_none()
        {
            headers.push("content-length", body.len().to_string());
        }
        match headers.get(b"x-forwarded-proto").cloned() {
            // HTTP/2 has a scheme of its own.
            Some(_) if request.http2 => {}
            Some(scheme) => headers.overwrite(b":scheme", scheme),
            None => headers.push("x-forwarded-proto", "http"),
        }
        if headers.get(b"x-request-id").is_none() {
            headers.push("x-request-id", self.request_id());
        }
        headers
    }

    /// A random UUID, as Envoy makes one.
    fn request_id(&self) -> Bytes {
        const HEX: &[u8; 16] = b"0123456789abcdef";
        let random = self.random.borrow_mut().u128(..);
        let mut id = Vec::with_capacity(36);
        for digit in 0..32_u32 {
            if matches!(digit, 8 | 12 | 16 | 20) {
                id.push(b'-');
            }
            let nibble = usize::try_from(random >> (4 * digit) & 15).unwrap_or(0);
            let nibble = if digit == 12 {
                4
            } else if digit == 16 {
                8 | nibble & 3
            } else {
                nibble
            };
            id.push(HEX.get(nibble).copied().unwrap_or(b'0'));
        }
        id.into()
    }
}

/// The headers that `connection` names: they are for the next hop alone.
fn hops(request: &Request) -> Vec<&[u8]> {
    let connection = request.headers.iter().filter(|(name, _)| name == "connection");
    let names = connection.flat_map(|(_, value)| value.split(|byte| *byte == b','));
    names.map(<[u8]>::trim_ascii).collect()
}

/// HTTP/2 lets a client send its cookies apart; Envoy puts them together again, behind the rest.
fn join_cookies(headers: &mut HeaderMap) {
    let cookies: Vec<&[u8]> = headers.all(b"cookie").map(AsRef::as_ref).collect();
    if !cookies.is_empty() {
        let cookies = cookies.join(&b"; "[..]);
        headers.set("cookie", cookies);
    }
}

/// In the order in which Envoy's decoders leave them: HTTP/1.1 has them apart, HTTP/2 as they were sent.
fn pseudo_headers(headers: &mut HeaderMap, request: &Request) {
    let (method, path) = (request.method.clone(), request.path.clone());
    if request.http2 {
        headers.push(":method", method);
        headers.push(":scheme", "http");
        headers.push(":authority", request.host.clone());
        headers.push(":path", path);
    } else {
        headers.push(":authority", request.host.clone());
        headers.push(":path", path);
        headers.push(":method", method);
        headers.push(":scheme", "http");
    }
}
