//! Properties that a test gives: what this host does not simulate (TLS, metadata, localities), or what only another host
//! than Envoy has.

use super::value::PropertyValue;
use crate::http::HeaderMap;
use bytes::Bytes;

/// Values under paths with dots between the names. A module's path has zeros there, and names may have dots in them, so
/// two paths are the same if they are with every zero a dot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GivenProperties(Vec<(String, Bytes)>);

impl GivenProperties {
    /// These; of two under one path the later.
    pub fn new(all: &[(String, Bytes)]) -> Self {
        Self(all.to_vec())
    }

    /// The value under a path; as a map, what is under it.
    pub fn get(&self, path: &[u8]) -> Option<PropertyValue> {
        if self.0.is_empty() {
            return None;
        }
        let path = String::from_utf8_lossy(path).replace('\0', ".");
        if let Some((_, value)) = self.0.iter().rev().find(|(known, _)| *known == path) {
            return Some(PropertyValue::Bytes(value.to_vec()));
        }
        let below = |known: &str| Some(known.strip_prefix(&path)?.strip_prefix('.')?.to_owned());
        let below = self.0.iter().filter_map(|(known, value)| Some((below(known)?, value.clone())));
        let map: HeaderMap = below.collect();
        (!map.is_empty()).then_some(PropertyValue::Map(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn get(path: &str) -> Option<Vec<u8>> {
        let given = [("a.b.c", "1"), ("a.b.d", "2"), ("a.b.c", "3")];
        let given =
            given.map(|(path, value)| (path.to_owned(), Bytes::from_static(value.as_bytes())));
        GivenProperties::new(&given).get(path.as_bytes()).map(PropertyValue::into_bytes)
    }

    #[test]
    fn dots_and_zeros_are_the_same_and_the_last_counts() {
        for path in ["a.b.c", "a\0b.c", "a\0b\0c"] {
            assert_eq!(get(path).unwrap(), b"3", "{path:?}");
        }
        assert_eq!((get("a\0b\0"), get("a\0x"), get("")), (None, None, None));
    }

    #[test]
    fn what_is_around_some_is_a_map_of_them() {
        let map = get("a\0b").unwrap();
        assert_eq!(map.first(), Some(&3));
        assert!(map.ends_with(b"c\x001\0d\x002\0c\x003\0"), "{map:?}");
    }
}
