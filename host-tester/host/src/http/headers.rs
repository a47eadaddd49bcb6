//! A map of headers, in the order in which they came.
//!
//! Names are lower case. Envoy keeps a few names in slots of their own, which hold one value: when one of
//! those comes twice over the wire, its values are joined with a comma. Setting a header moves it to the
//! end, and pseudo-headers stay in front; both can be seen by a filter, and by the upstream.

use bytes::Bytes;

/// Names that hold one value in Envoy.
const JOINED: &[&[u8]] = &[
    b":authority",
    b":method",
    b":path",
    b":protocol",
    b":scheme",
    b":status",
    b"accept",
    b"accept-encoding",
    b"authorization",
    b"connection",
    b"content-length",
    b"content-type",
    b"date",
    b"expect",
    b"grpc-message",
    b"grpc-status",
    b"grpc-timeout",
    b"keep-alive",
    b"location",
    b"proxy-connection",
    b"server",
    b"te",
    b"transfer-encoding",
    b"upgrade",
    b"user-agent",
    b"via",
    b"x-client-trace-id",
    b"x-envoy-attempt-count",
    b"x-envoy-external-address",
    b"x-envoy-internal",
    b"x-envoy-max-retries",
    b"x-envoy-original-path",
    b"x-envoy-retry-on",
    b"x-envoy-upstream-rq-timeout-ms",
    b"x-envoy-upstream-service-time",
    b"x-forwarded-client-cert",
    b"x-forwarded-for",
    b"x-forwarded-host",
    b"x-forwarded-proto",
    b"x-request-id",
];

/// One entry.
///
/// ```
/// use serinus_host::http::HeaderMap;
///
/// let map: HeaderMap = [("X-User", "ann")].into_iter().collect();
/// let header = map.iter().next().ok_or("empty")?;
/// assert_eq!((&header.name[..], &header.value[..]), (&b"x-user"[..], &b"ann"[..]));
/// # Ok::<(), &str>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The name, in lower case.
    pub name: Bytes,
    /// The value, as it came.
    pub value: Bytes,
}

/// Headers, trailers or metadata.
///
/// ```
/// use serinus_host::{example, proxy::*, upstream::*};
/// let mut proxy = example::builder()?.start()?;
/// let exchange = proxy.send(Request::get("/").header("accept", "text/plain")).unwrap();
/// let sent = exchange.sent.unwrap().headers;
/// assert_eq!(sent.text("x-cohort"), Some("canary"));
/// assert_eq!(sent.get(b"accept").unwrap(), "text/plain");
/// assert_eq!(sent.get(b"x-user"), None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeaderMap(Vec<Header>);

impl HeaderMap {
    /// A map without entries.
    ///
    /// ```
    /// use serinus_host::http::HeaderMap;
    ///
    /// let map = HeaderMap::new();
    /// assert!(map.is_empty() && map.len() == 0);
    /// ```
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Room for some.
    pub(crate) fn with_capacity(count: usize) -> Self {
        Self(Vec::with_capacity(count))
    }

    /// The number of entries; a name may have several.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The bytes of all names and values.
    pub(crate) fn byte_size(&self) -> usize {
        self.0.iter().map(|header| header.name.len() + header.value.len()).sum()
    }

    /// The entries, in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Header> + Clone {
        self.0.iter()
    }

    /// Every entry as bytes, for the boundary.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&[u8], &[u8])> + Clone {
        self.0.iter().map(|header| (header.name.as_ref(), header.value.as_ref()))
    }

    /// The first value under a name in lower case.
    pub fn get(&self, name: &[u8]) -> Option<&Bytes> {
        self.0.iter().find(|header| header.name == name).map(|header| &header.value)
    }

    /// The first value under a name, if it is text.
    pub fn text(&self, name: &str) -> Option<&str> {
        std::str::from_utf8(self.get(name.as_bytes())?).ok()
    }

    /// The values of all entries under a name in lower case.
    ///
    /// ```
    /// use serinus_host::http::HeaderMap;
    ///
    /// let map: HeaderMap = [("set-cookie", "a=1"), ("date", "now"), ("set-cookie", "b=2")].into_iter().collect();
    /// assert!(map.all(b"set-cookie").eq(["a=1", "b=2"]));
    /// ```
    pub fn all<'a>(&'a self, name: &'a [u8]) -> impl Iterator<Item = &'a Bytes> {
        self.0.iter().filter(move |header| header.name == name).map(|header| &header.value)
    }

    /// Puts an entry at the end, as a wire does: nothing is joined.
    ///
    /// ```
    /// use serinus_host::http::HeaderMap;
    ///
    /// let mut map = HeaderMap::new();
    /// map.push("accept", "text/html");
    /// map.push("accept", "text/plain");
    /// assert_eq!(map.len(), 2);
    /// ```
    pub fn push(&mut self, name: impl Into<Bytes>, value: impl Into<Bytes>) {
        self.0.push(Header { name: name.into(), value: value.into() });
    }

    /// Adds a value, as Envoy adds it for a filter: after those that are there.
    pub(crate) fn add(&mut self, name: impl Into<Bytes>, value: impl Into<Bytes>) {
        self.insert(lower(name.into()), value.into());
    }

    /// Adds a value, as Envoy adds it from the wire: a few names hold one value, joined with commas.
    pub(crate) fn join(&mut self, name: impl Into<Bytes>, value: impl Into<Bytes>) {
        let (name, value) = (lower(name.into()), value.into());
        let known = self.0.iter_mut().find(|header| header.name == name);
        match known {
            Some(header) if is_joined(&name) => header.value = joined(&header.value, &value),
            _ => self.insert(name, value),
        }
    }

    /// Sets a name to one value.
    pub(crate) fn set(&mut self, name: impl Into<Bytes>, value: impl Into<Bytes>) {
        let name = lower(name.into());
        self.remove(&name);
        self.insert(name, value.into());
    }

    /// Sets a name to one value, where its first one is; at the end if there is none.
    pub(crate) fn overwrite(&mut self, name: &'static [u8], value: impl Into<Bytes>) {
        let value = value.into();
        match self.0.iter_mut().find(|header| header.name == name) {
            Some(header) => header.value = value,
            None => self.insert(Bytes::from_static(name), value),
        }
    }

    /// Removes every entry of a name; whether there was one.
    pub(crate) fn remove(&mut self, name: &[u8]) -> bool {
        let before = self.0.len();
        self.0.retain(|header| !header.name.eq_ignore_ascii_case(name));
        self.0.len() < before
    }

    fn insert(&mut self, name: Bytes, value: Bytes) {
        let entry = Header { name, value };
        if !entry.name.starts_with(b":") {
            return self.0.push(entry);
        }
        let front = self.0.iter().take_while(|header| header.name.starts_with(b":")).count();
        self.0.insert(front, entry);
    }
}

impl<N: Into<Bytes>, V: Into<Bytes>> FromIterator<(N, V)> for HeaderMap {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        let mut map = Self::new();
        pairs.into_iter().for_each(|(name, value)| map.add(name, value));
        map
    }
}

/// A name in lower case, without a copy where it is already.
fn lower(name: Bytes) -> Bytes {
    if name.iter().any(u8::is_ascii_uppercase) { name.to_ascii_lowercase().into() } else { name }
}

fn is_joined(name: &[u8]) -> bool {
    JOINED.contains(&name)
}

fn joined(first: &[u8], second: &[u8]) -> Bytes {
    if first.is_empty() {
        return Bytes::copy_from_slice(second);
    }
    [first, b",", second].concat().into()
}

#[cfg(test)]
mod tests;
