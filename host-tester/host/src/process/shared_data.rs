//! Key-value pairs that outlive a VM, with compare-and-swap.
//!
//! Names are kept per `vm_id` and nothing else: two plugins without one share a namespace, as in Envoy.

use crate::abi::Status;
use std::collections::HashMap;

#[derive(Debug)]
struct Entry {
    value: Vec<u8>,
    cas: u32,
}

/// The shared data of a proxy.
///
/// ```
/// use serinus_host::{example, proxy::*, upstream::*};
/// let mut proxy = example::builder()?.start()?;
/// proxy.send(Request::get("/")).unwrap();
/// let data = proxy.shared_data();
/// assert_eq!(data.get("", b"seen"), Some(&b"hello"[..]));
/// assert_eq!(data.get("other", b"seen"), None);
/// assert_eq!(data.keys(""), [b"seen"]);
/// assert_eq!(data.bytes(), 9);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Default)]
pub struct SharedData {
    spaces: HashMap<String, HashMap<Vec<u8>, Entry>>,
    last_cas: u32,
    bytes: usize,
}

impl SharedData {
    /// The value under a key, in the namespace of a `vm_id`.
    pub fn get(&self, vm_id: &str, key: &[u8]) -> Option<&[u8]> {
        self.entry(vm_id, key).map(|entry| entry.value.as_slice())
    }

    /// A value and its compare-and-swap number.
    ///
    /// # Errors
    /// [`Status::NotFound`].
    pub(crate) fn read(&self, vm_id: &str, key: &[u8]) -> Result<(&[u8], u32), Status> {
        let entry = self.entry(vm_id, key).ok_or(Status::NotFound)?;
        Ok((entry.value.as_slice(), entry.cas))
    }

    fn entry(&self, vm_id: &str, key: &[u8]) -> Option<&Entry> {
        self.spaces.get(vm_id)?.get(key)
    }

    /// Sets a value. A number of 0 overwrites; so does any number where there is no value yet.
    ///
    /// # Errors
    /// [`Status::CasMismatch`].
    pub(crate) fn set(
        &mut self,
        vm_id: &str,
        key: &[u8],
        value: &[u8],
        cas: u32,
    ) -> Result<(), Status> {
        let space = match self.spaces.get_mut(vm_id) {
            Some(space) => space,
            None => self.spaces.entry(vm_id.to_owned()).or_default(),
        };
        let known = space.get_mut(key);
        if known.as_ref().is_some_and(|entry| cas != 0 && cas != entry.cas) {
            return Err(Status::CasMismatch);
        }
        self.last_cas = self.last_cas.checked_add(1).unwrap_or(1);
        let cas = self.last_cas;
        match known {
            Some(entry) => {
                self.bytes -= entry.value.len();
                value.clone_into(&mut entry.value);
                entry.cas = cas;
            }
            None => {
                self.bytes += key.len();
                space.insert(key.to_owned(), Entry { value: value.to_owned(), cas });
            }
        }
        self.bytes += value.len();
        Ok(())
    }

    /// Every key of a namespace, in order.
    pub fn keys(&self, vm_id: &str) -> Vec<&[u8]> {
        let space = self.spaces.get(vm_id);
        let mut keys: Vec<_> =
            space.into_iter().flat_map(HashMap::keys).map(Vec::as_slice).collect();
        keys.sort_unstable();
        keys
    }

    /// Bytes of all keys and values.
    pub fn bytes(&self) -> usize {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_is_out_of_date_is_refused() {
        let mut data = SharedData::default();
        data.set("vm", b"k", b"1", 0).unwrap();
        let (_, cas) = data.read("vm", b"k").unwrap();
        data.set("vm", b"k", b"2", cas).unwrap();
        assert_eq!(data.set("vm", b"k", b"3", cas), Err(Status::CasMismatch));
        assert_eq!(data.get("vm", b"k").unwrap(), b"2");
        data.set("vm", b"k", b"4", 0).unwrap();
        assert_eq!(data.get("vm", b"k").unwrap(), b"4");
    }

    #[test]
    fn any_number_creates_what_is_missing() {
        let mut data = SharedData::default();
        data.set("", b"k", b"v", 77).unwrap();
        assert_eq!(data.get("", b"k").unwrap(), b"v");
        assert_eq!(data.read("other", b"k"), Err(Status::NotFound));
        assert_eq!((data.keys(""), data.bytes()), (vec![b"k".as_slice()], 2));
    }
}
