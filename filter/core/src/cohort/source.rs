//! Where a rule or a unit looks.

use super::{attribute::Reads, cookie, query, value::Value};
use std::borrow::Cow;

#[cfg(test)]
mod tests;

/// A place in the request. Names of headers are in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// The first value of a header.
    Header(String),
    /// A cookie; see [`cookie::find`].
    Cookie(String),
    /// A query parameter; see [`query::find`].
    Query(String),
    /// The path without query and fragment.
    Path,
    /// The request method.
    Method,
    /// A claim of the JWT that Envoy verified.
    Jwt(String),
    /// The peer's address without its port.
    SourceAddress,
}

impl Source {
    /// What is there, if anything is. An empty value is there.
    pub fn read<'r, 'a: 'r>(&'a self, reads: &'r Reads<'a>) -> Option<Value<'r>> {
        let text = match self {
            Self::Header(name) => reads.header(name),
            Self::Cookie(name) => narrow(reads.header("cookie")?, |header| {
                cookie::find(header, name).map(Cow::Borrowed)
            }),
            Self::Query(name) => narrow(reads.header(":path")?, |target| query::find(target, name)),
            Self::Path => {
                narrow(reads.header(":path")?, |target| Some(Cow::Borrowed(query::path(target))))
            }
            Self::Method => reads.header(":method"),
            Self::Jwt(claim) => return reads.jwt_claim(claim).map(Value::from_claim),
            Self::SourceAddress => narrow(reads.source_address()?, |address| {
                Some(Cow::Borrowed(without_port(address)))
            }),
        };
        text.map(Value::Text)
    }

    /// Whether a client can choose what is read here. (`SourceAddress` is the peer of the connection, or
    /// what Envoy is configured to trust in its place.)
    pub const fn forgeable(&self) -> bool {
        !matches!(self, Self::Jwt(_) | Self::SourceAddress)
    }
}

/// A part of what was read, without a copy where that is possible.
fn narrow<'r>(
    whole: Cow<'r, [u8]>,
    part: impl Fn(&[u8]) -> Option<Cow<'_, [u8]>>,
) -> Option<Cow<'r, [u8]>> {
    match whole {
        Cow::Borrowed(whole) => part(whole),
        Cow::Owned(whole) => part(&whole).map(|part| Cow::Owned(part.into_owned())),
    }
}

/// `1.2.3.4:567`, `[::1]:567`, or either without a port (or brackets). Anything else is left as it is.
fn without_port(address: &[u8]) -> &[u8] {
    let mut pieces = address.split(|byte| *byte == b':');
    match address.strip_prefix(b"[") {
        Some(inner) => inner.split(|byte| *byte == b']').next().unwrap_or_default(),
        None => match (pieces.next(), pieces.next(), pieces.next()) {
            (Some(host), Some(_), None) => host,
            _ => address,
        },
    }
}
