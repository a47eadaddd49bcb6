//! What an upstream has been asked.

use std::collections::BTreeMap;
use std::time::Instant;

use bytes::Bytes;
use hyper::http::HeaderMap;
use hyper::http::request::Parts;

use crate::USER_HEADER;

/// One request that reached an upstream.
#[derive(Clone, Debug)]
pub struct Hit {
    /// When it arrived.
    pub at: Instant,
    /// Who asked, by [`USER_HEADER`].
    pub user: Option<String>,
    /// The path asked for.
    pub path: String,
    /// The status sent back; `None` where none ever is (reset, hang).
    pub status: Option<u16>,
    /// The request's headers, if the upstream [keeps](crate::Upstream::keep_headers) them.
    pub headers: Option<HeaderMap>,
    /// The request's body, if the upstream keeps headers and all of it came.
    pub body: Option<Bytes>,
    /// The request's trailers, if the upstream keeps headers and there were any.
    pub trailers: Option<HeaderMap>,
}

#[derive(Default)]
pub(super) struct Record {
    pub hits: Vec<Hit>,
    pub total: u64,
    pub by_status: BTreeMap<Option<u16>, u64>,
    pub by_user: BTreeMap<String, u64>,
    pub keep_headers: bool,
}

impl Record {
    pub fn add(&mut self, at: Instant, request: &Parts, status: Option<u16>) {
        let user = request
            .headers
            .get(USER_HEADER)
            .map(|v| String::from_utf8_lossy(v.as_bytes()).into_owned());
        self.total += 1;
        *self.by_status.entry(status).or_default() += 1;
        if let Some(user) = &user {
            *self.by_user.entry(user.clone()).or_default() += 1;
        }
        self.hits.push(Hit {
            at,
            user,
            path: request.uri.path_and_query().map(ToString::to_string).unwrap_or_default(),
            status,
            headers: self.keep_headers.then(|| request.headers.clone()),
            body: None,
            trailers: None,
        });
    }

    /// Notes the rest of the request that came at this instant.
    pub fn complete(&mut self, at: Instant, body: Bytes, trailers: Option<HeaderMap>) {
        if let Some(hit) = self.hits.iter_mut().find(|hit| hit.at == at && self.keep_headers) {
            hit.body = Some(body);
            hit.trailers = trailers;
        }
    }
}
