//! A request for tests, which keeps count of what was read.

use super::attribute::Attributes;
use std::{cell::RefCell, collections::HashMap};

#[derive(Default)]
pub(super) struct Request {
    headers: HashMap<String, Vec<u8>>,
    claims: HashMap<String, Vec<u8>>,
    address: Option<Vec<u8>>,
    now: u64,
    random: Option<[u8; 16]>,
    log: RefCell<Vec<String>>,
}

impl Request {
    pub(super) fn new() -> Self {
        Self::default()
    }

    pub(super) fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.headers.insert(name.into(), value.as_ref().to_vec());
        self
    }

    pub(super) fn claim(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.claims.insert(name.into(), value.as_ref().to_vec());
        self
    }

    pub(super) fn address(mut self, value: &str) -> Self {
        self.address = Some(value.into());
        self
    }

    pub(super) fn at(mut self, now: u64) -> Self {
        self.now = now;
        self
    }

    pub(super) fn random(mut self, bytes: [u8; 16]) -> Self {
        self.random = Some(bytes);
        self
    }

    pub(super) fn log(&self) -> Vec<String> {
        self.log.borrow().clone()
    }

    fn note(&self, read: String) {
        self.log.borrow_mut().push(read);
    }
}

impl Attributes for Request {
    fn header(&self, name: &str) -> Option<Vec<u8>> {
        self.note(format!("header {name}"));
        self.headers.get(name).cloned()
    }

    fn jwt_claim(&self, claim: &str) -> Option<Vec<u8>> {
        self.note(format!("claim {claim}"));
        self.claims.get(claim).cloned()
    }

    fn source_address(&self) -> Option<Vec<u8>> {
        self.note("address".into());
        self.address.clone()
    }

    fn now(&self) -> u64 {
        self.note("now".into());
        self.now
    }

    fn random(&self) -> Option<[u8; 16]> {
        self.note("random".into());
        self.random
    }
}

/// A list as Envoy serialises it: count, lengths, then each element with its NUL and an empty value.
pub(super) fn envoy_list(elements: &[&[u8]]) -> Vec<u8> {
    let mut bytes = (elements.len() as u32).to_le_bytes().to_vec();
    for element in elements {
        bytes.extend((element.len() as u32).to_le_bytes());
        bytes.extend(0_u32.to_le_bytes());
    }
    for element in elements {
        bytes.extend(*element);
        bytes.extend([0, 0]);
    }
    bytes
}
