//! Shared data: what all workers and the main thread know together.
//!
//! It outlives configurations and crashed VMs, and goes with the last VM of its `vm_id`. Other plugins may write
//! there too, so what is read is decoded as if a stranger had written it. The keys are those of
//! [`serinus_core::contract::key`].

use crate::host;
use serinus_core::codec::Stored;
use serinus_core::engine::Store;

/// Writing with this number creates a key and never overwrites one: a non-zero number is ignored
/// for a key that does not exist, and no entry ever has this one.
const CREATE: u32 = u32::MAX;

/// How often a lost race is repeated. Each loss means that another VM made progress.
const ATTEMPTS: usize = 32;

/// Reads and decodes; `None` if it is missing or a stranger's.
pub fn read<T>(key: &str, decode: impl Fn(&[u8]) -> Option<T>) -> Option<T> {
    host::shared(key).and_then(|(bytes, _)| decode(&bytes))
}

/// Creates; whether there was nothing before.
pub fn create(key: &str, value: &[u8]) -> bool {
    host::set_shared(key, value, CREATE)
}

/// Changes a value against all races: `change` gets the present bytes (if any) and gives the new
/// ones with a result, or `None` to leave it. `None` also if the race was lost too often.
pub fn update<T>(
    key: &str,
    mut change: impl FnMut(Option<&[u8]>) -> Option<(Vec<u8>, T)>,
) -> Option<T> {
    let mut result = None;
    let written = write(key, &mut |present| {
        let (bytes, value) = change(present)?;
        result = Some(value);
        Some(bytes)
    });
    result.filter(|_| written)
}

/// From the present bytes, if there are any, to the new ones, if there shall be any.
type Change<'a> = dyn FnMut(Option<&[u8]>) -> Option<Vec<u8>> + 'a;

/// The loop of [`update`], once for all its result types.
fn write(key: &str, change: &mut Change<'_>) -> bool {
    for _ in 0..ATTEMPTS {
        let present = host::shared(key);
        let cas = present.as_ref().map_or(CREATE, |(_, cas)| *cas);
        let Some(bytes) = change(present.as_ref().map(|(bytes, _)| bytes.as_slice())) else {
            return false;
        };
        if host::set_shared(key, &bytes, cas) {
            return true;
        }
    }
    false
}

/// Envoy's shared data as the store of an engine.
pub struct SharedData;

impl Store for SharedData {
    fn read<T: Stored>(&self, key: &str, context: &T::Context) -> Option<T> {
        read(key, |bytes| T::decode(bytes, context))
    }

    fn update<T: Stored, U>(
        &self,
        key: &str,
        context: &T::Context,
        mut change: impl FnMut(&mut Option<T>) -> Option<U>,
    ) -> Option<U> {
        update(key, |bytes| {
            let mut value = bytes.and_then(|bytes| T::decode(bytes, context));
            let result = change(&mut value)?;
            Some((value?.encode(context), result))
        })
    }
}
