//! The host calls, and nothing else: every status is a value here, none a panic.
//!
//! All `unsafe` of the filter is in this file. What the host returns was allocated by the module's
//! own `proxy_on_memory_allocate` at exactly that length, and is taken over as a `Vec`.
#![allow(unsafe_code)]

use std::ptr::null_mut;

/// A header map of the stream.
#[derive(Clone, Copy)]
#[repr(u32)]
pub enum Map {
    RequestHeaders = 0,
    ResponseHeaders = 2,
    ResponseTrailers = 3,
}

/// A level of Envoy's log.
#[derive(Clone, Copy)]
#[repr(u32)]
pub enum Level {
    Info = 2,
    Warn = 3,
    Error = 4,
}

/// A kind of metric.
#[derive(Clone, Copy)]
#[repr(u32)]
pub enum Metric {
    Counter = 0,
    Gauge = 1,
    Histogram = 2,
}

const OK: u32 = 0;
const PLUGIN_CONFIGURATION: u32 = 7;

mod ffi {
    #[link(wasm_import_module = "env")]
    unsafe extern "C" {
        pub fn proxy_log(level: u32, text: *const u8, len: usize) -> u32;
        pub fn proxy_get_current_time_nanoseconds(out: *mut u64) -> u32;
        pub fn proxy_set_tick_period_milliseconds(ms: u32) -> u32;
        pub fn proxy_get_property(
            path: *const u8,
            len: usize,
            out: *mut *mut u8,
            out_len: *mut usize,
        ) -> u32;
        pub fn proxy_get_buffer_bytes(
            buffer: u32,
            start: usize,
            max: usize,
            out: *mut *mut u8,
            out_len: *mut usize,
        ) -> u32;
        pub fn proxy_get_header_map_value(
            map: u32,
            key: *const u8,
            key_len: usize,
            out: *mut *mut u8,
            out_len: *mut usize,
        ) -> u32;
        pub fn proxy_add_header_map_value(
            map: u32,
            key: *const u8,
            key_len: usize,
            value: *const u8,
            value_len: usize,
        ) -> u32;
        pub fn proxy_replace_header_map_value(
            map: u32,
            key: *const u8,
            key_len: usize,
            value: *const u8,
            value_len: usize,
        ) -> u32;
        pub fn proxy_remove_header_map_value(map: u32, key: *const u8, key_len: usize) -> u32;
        pub fn proxy_get_shared_data(
            key: *const u8,
            key_len: usize,
            out: *mut *mut u8,
            out_len: *mut usize,
            cas: *mut u32,
        ) -> u32;
        pub fn proxy_set_shared_data(
            key: *const u8,
            key_len: usize,
            value: *const u8,
            value_len: usize,
            cas: u32,
        ) -> u32;
        pub fn proxy_define_metric(kind: u32, name: *const u8, len: usize, out: *mut u32) -> u32;
        pub fn proxy_increment_metric(id: u32, by: i64) -> u32;
        pub fn proxy_record_metric(id: u32, value: u64) -> u32;
        pub fn proxy_get_metric(id: u32, out: *mut u64) -> u32;
    }

    #[link(wasm_import_module = "wasi_snapshot_preview1")]
    unsafe extern "C" {
        pub fn random_get(out: *mut u8, len: usize) -> u32;
    }
}

/// Takes over what the host allocated in this module.
fn taken(status: u32, data: *mut u8, len: usize) -> Option<Vec<u8>> {
    if status != OK {
        return None;
    }
    if data.is_null() {
        return Some(Vec::new());
    }
    // SAFETY: `data` came from this module's allocator, as a boxed slice of `len` bytes.
    Some(unsafe { Vec::from_raw_parts(data, len, len) })
}

/// What a host call returns by writing a pointer and a length.
fn returned(call: impl FnOnce(*mut *mut u8, *mut usize) -> u32) -> Option<Vec<u8>> {
    let (mut data, mut len) = (null_mut(), 0);
    let status = call(&raw mut data, &raw mut len);
    taken(status, data, len)
}

/// Writes a line to Envoy's log.
pub fn log(level: Level, text: &str) {
    // SAFETY: the host reads `len` bytes and keeps nothing.
    unsafe { ffi::proxy_log(level as u32, text.as_ptr(), text.len()) };
}

/// Nanoseconds since 1970; 0 if the host has no clock.
pub fn now_ns() -> u64 {
    let mut now = 0;
    // SAFETY: the host writes one u64.
    unsafe { ffi::proxy_get_current_time_nanoseconds(&raw mut now) };
    now
}

/// Milliseconds since 1970.
pub fn now_ms() -> u64 {
    now_ns() / 1_000_000
}

/// Asks for ticks.
pub fn set_tick_period(ms: u32) {
    // SAFETY: no memory is involved.
    unsafe { ffi::proxy_set_tick_period_milliseconds(ms) };
}

/// Unpredictable bytes.
pub fn random<const N: usize>() -> Option<[u8; N]> {
    let mut bytes = [0; N];
    // SAFETY: the host writes `N` bytes.
    let errno = unsafe { ffi::random_get(bytes.as_mut_ptr(), N) };
    (errno == 0).then_some(bytes)
}

/// A property, by its path.
pub fn property(path: &[&str]) -> Option<Vec<u8>> {
    let path = path.join("\0");
    // SAFETY: the host reads the path and writes pointer and length.
    returned(|data, len| unsafe { ffi::proxy_get_property(path.as_ptr(), path.len(), data, len) })
}

/// The configuration of this plugin, whole.
pub fn plugin_configuration() -> Vec<u8> {
    // SAFETY: the host writes pointer and length.
    returned(|data, len| unsafe {
        ffi::proxy_get_buffer_bytes(PLUGIN_CONFIGURATION, 0, usize::MAX, data, len)
    })
    .unwrap_or_default()
}

/// The value of a header; the first, if Envoy holds several.
pub fn header(map: Map, key: &str) -> Option<Vec<u8>> {
    // SAFETY: the host reads the key and writes pointer and length.
    returned(|data, len| unsafe {
        ffi::proxy_get_header_map_value(map as u32, key.as_ptr(), key.len(), data, len)
    })
}

/// Adds a header.
pub fn add_header(map: Map, key: &str, value: &str) {
    // SAFETY: the host reads key and value.
    unsafe {
        ffi::proxy_add_header_map_value(
            map as u32,
            key.as_ptr(),
            key.len(),
            value.as_ptr(),
            value.len(),
        );
    }
}

/// Sets a header to one value.
pub fn replace_header(map: Map, key: &str, value: &str) {
    // SAFETY: the host reads key and value.
    unsafe {
        ffi::proxy_replace_header_map_value(
            map as u32,
            key.as_ptr(),
            key.len(),
            value.as_ptr(),
            value.len(),
        );
    }
}

/// Removes every copy of a header.
pub fn remove_header(map: Map, key: &str) {
    // SAFETY: the host reads the key.
    unsafe { ffi::proxy_remove_header_map_value(map as u32, key.as_ptr(), key.len()) };
}

/// Shared data with its compare-and-swap number.
pub fn shared(key: &str) -> Option<(Vec<u8>, u32)> {
    let mut cas = 0;
    // SAFETY: the host reads the key and writes pointer, length and number.
    let bytes = returned(|data, len| unsafe {
        ffi::proxy_get_shared_data(key.as_ptr(), key.len(), data, len, &raw mut cas)
    });
    Some((bytes?, cas))
}

/// Sets shared data if its number is still `cas`; whether it did.
pub fn set_shared(key: &str, value: &[u8], cas: u32) -> bool {
    // SAFETY: the host reads key and value.
    let status = unsafe {
        ffi::proxy_set_shared_data(key.as_ptr(), key.len(), value.as_ptr(), value.len(), cas)
    };
    status == OK
}

/// Defines a metric, or finds it if it exists; `None` if the host refuses.
pub fn define_metric(kind: Metric, name: &str) -> Option<u32> {
    let mut id = 0;
    // SAFETY: the host reads the name and writes the id.
    let status =
        unsafe { ffi::proxy_define_metric(kind as u32, name.as_ptr(), name.len(), &raw mut id) };
    (status == OK).then_some(id)
}

/// Adds to a counter or gauge.
pub fn increment_metric(id: u32, by: i64) {
    // SAFETY: no memory is involved.
    unsafe { ffi::proxy_increment_metric(id, by) };
}

/// Sets a gauge, or adds a value to a histogram.
pub fn record_metric(id: u32, value: u64) {
    // SAFETY: no memory is involved.
    unsafe { ffi::proxy_record_metric(id, value) };
}

/// The value of a counter or gauge, over all workers.
pub fn metric(id: u32) -> u64 {
    let mut value = 0;
    // SAFETY: the host writes one u64.
    unsafe { ffi::proxy_get_metric(id, &raw mut value) };
    value
}
