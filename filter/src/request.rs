//! What a request shows, by host calls. Nothing is read that no rule asks for.

use crate::host::{self, Map};
use serinus_core::cohort::attribute::Attributes;

/// Where Envoy's `jwt_authn` puts the claims of a verified token (`payload_in_metadata: payload`,
/// as Istio sets it).
const JWT_PAYLOAD: [&str; 4] =
    ["metadata", "filter_metadata", "envoy.filters.http.jwt_authn", "payload"];

/// The request of the stream that is being handled.
pub struct Request;

impl Attributes for Request {
    fn header(&self, name: &str) -> Option<Vec<u8>> {
        host::header(Map::RequestHeaders, name)
    }

    fn jwt_claim(&self, claim: &str) -> Option<Vec<u8>> {
        let [a, b, c, d] = JWT_PAYLOAD;
        host::property(&[a, b, c, d, claim])
    }

    fn source_address(&self) -> Option<Vec<u8>> {
        host::property(&["source", "address"])
    }

    fn now(&self) -> u64 {
        host::now_ms()
    }

    fn random(&self) -> Option<[u8; 16]> {
        host::random()
    }
}
