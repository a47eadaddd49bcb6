//! The host calls: each returns the status, and what came back. All `unsafe` is here.

use std::ptr::null_mut;

/// The status of a call, and what it returned.
pub type Answer<T> = (u32, T);

macro_rules! imports {
    ($($name:ident($($arg:ident: $type:ty),*);)*) => {
        mod ffi {
            #[link(wasm_import_module = "env")]
            unsafe extern "C" {
                $(pub fn $name($($arg: $type),*) -> u32;)*
            }
        }
    };
}

type Out = *mut *mut u8;
type Len = *mut usize;
type Text = *const u8;

imports! {
    proxy_log(level: u32, text: super::Text, len: usize);
    proxy_get_log_level(out: *mut u32);
    proxy_get_status(code: *mut u32, out: super::Out, len: super::Len);
    proxy_get_property(path: super::Text, len: usize, out: super::Out, out_len: super::Len);
    proxy_set_property(path: super::Text, len: usize, value: super::Text, value_len: usize);
    proxy_send_local_response(status: u32, details: super::Text, details_len: usize, body: super::Text, body_len: usize,
        headers: super::Text, headers_len: usize, grpc: i32);
    proxy_get_shared_data(key: super::Text, len: usize, out: super::Out, out_len: super::Len, cas: *mut u32);
    proxy_set_shared_data(key: super::Text, len: usize, value: super::Text, value_len: usize, cas: u32);
    proxy_register_shared_queue(name: super::Text, len: usize, out: *mut u32);
    proxy_resolve_shared_queue(vm: super::Text, vm_len: usize, name: super::Text, len: usize, out: *mut u32);
    proxy_dequeue_shared_queue(queue: u32, out: super::Out, out_len: super::Len);
    proxy_enqueue_shared_queue(queue: u32, value: super::Text, len: usize);
    proxy_get_header_map_value(map: u32, key: super::Text, len: usize, out: super::Out, out_len: super::Len);
    proxy_add_header_map_value(map: u32, key: super::Text, len: usize, value: super::Text, value_len: usize);
    proxy_replace_header_map_value(map: u32, key: super::Text, len: usize, value: super::Text, value_len: usize);
    proxy_remove_header_map_value(map: u32, key: super::Text, len: usize);
    proxy_get_header_map_pairs(map: u32, out: super::Out, out_len: super::Len);
    proxy_set_header_map_pairs(map: u32, pairs: super::Text, len: usize);
    proxy_get_header_map_size(map: u32, out: *mut usize);
    proxy_get_buffer_bytes(buffer: u32, start: usize, max: usize, out: super::Out, out_len: super::Len);
    proxy_set_buffer_bytes(buffer: u32, start: usize, len: usize, bytes: super::Text, bytes_len: usize);
    proxy_get_buffer_status(buffer: u32, len: *mut usize, flags: *mut u32);
    proxy_http_call(upstream: super::Text, upstream_len: usize, headers: super::Text, headers_len: usize, body: super::Text,
        body_len: usize, trailers: super::Text, trailers_len: usize, timeout: u32, out: *mut u32);
    proxy_grpc_call(service: super::Text, service_len: usize, name: super::Text, name_len: usize, method: super::Text,
        method_len: usize, metadata: super::Text, metadata_len: usize, message: super::Text, message_len: usize, timeout: u32,
        out: *mut u32);
    proxy_grpc_stream(service: super::Text, service_len: usize, name: super::Text, name_len: usize, method: super::Text,
        method_len: usize, metadata: super::Text, metadata_len: usize, out: *mut u32);
    proxy_grpc_send(token: u32, message: super::Text, len: usize, end_of_stream: u32);
    proxy_grpc_cancel(token: u32);
    proxy_grpc_close(token: u32);
    proxy_set_tick_period_milliseconds(ms: u32);
    proxy_get_current_time_nanoseconds(out: *mut u64);
    proxy_define_metric(kind: u32, name: super::Text, len: usize, out: *mut u32);
    proxy_increment_metric(id: u32, by: i64);
    proxy_record_metric(id: u32, value: u64);
    proxy_get_metric(id: u32, out: *mut u64);
    proxy_set_effective_context(id: u32);
    proxy_done();
    proxy_call_foreign_function(name: super::Text, len: usize, argument: super::Text, argument_len: usize, out: super::Out,
        out_len: super::Len);
    proxy_continue_stream(stream: u32);
    proxy_close_stream(stream: u32);
}

/// What a call returns by pointer and length.
fn bytes(call: impl FnOnce(Out, Len) -> u32) -> Answer<Vec<u8>> {
    let (mut data, mut len) = (null_mut(), 0);
    let status = call(&raw mut data, &raw mut len);
    if data.is_null() {
        return (status, Vec::new());
    }
    // SAFETY: the host had this module allocate exactly `len` bytes, as a boxed slice.
    (status, unsafe { Vec::from_raw_parts(data, len, len) })
}

/// What a call returns as one value.
fn value<T: Default>(call: impl FnOnce(*mut T) -> u32) -> Answer<T> {
    let mut out = T::default();
    let status = call(&raw mut out);
    (status, out)
}

/// A map as the ABI wants it.
fn encode(pairs: &[(Vec<u8>, Vec<u8>)]) -> Vec<u8> {
    let word = |n: usize| (n as u32).to_le_bytes();
    let mut out = word(pairs.len()).to_vec();
    for (key, value) in pairs {
        out.extend([word(key.len()), word(value.len())].concat());
    }
    for (key, value) in pairs {
        out.extend([key, &b"\0"[..], value, b"\0"].concat());
    }
    out
}

/// A map as the host serialised it; `None` if it is not one.
pub fn decode(bytes: &[u8]) -> Option<Vec<(Vec<u8>, Vec<u8>)>> {
    let word = |at: usize| {
        let bytes = bytes.get(at..at + 4)?.try_into().ok()?;
        Some(u32::from_le_bytes(bytes) as usize)
    };
    let count = if bytes.is_empty() { 0 } else { word(0)? };
    let (mut at, mut pairs) = (count.checked_mul(8)?.checked_add(4)?, Vec::new());
    for i in 0..count {
        let (key, value) = (word(4 + 8 * i)?, word(8 + 8 * i)?);
        let start = at.checked_add(key)?.checked_add(1)?;
        let end = start.checked_add(value)?;
        pairs
            .push((bytes.get(at..at.checked_add(key)?)?.to_vec(), bytes.get(start..end)?.to_vec()));
        at = end + 1;
    }
    (bytes.is_empty() || at == bytes.len()).then_some(pairs)
}

pub type Pairs<'a> = &'a [(Vec<u8>, Vec<u8>)];

pub fn log(level: u32, text: &[u8]) -> u32 {
    unsafe { ffi::proxy_log(level, text.as_ptr(), text.len()) }
}

pub fn log_level() -> Answer<u32> {
    value(|out| unsafe { ffi::proxy_get_log_level(out) })
}

pub fn status() -> Answer<(u32, Vec<u8>)> {
    let mut code = 0;
    let (status, text) =
        bytes(|out, len| unsafe { ffi::proxy_get_status(&raw mut code, out, len) });
    (status, (code, text))
}

pub fn property(path: &[u8]) -> Answer<Vec<u8>> {
    bytes(|out, len| unsafe { ffi::proxy_get_property(path.as_ptr(), path.len(), out, len) })
}

pub fn set_property(path: &[u8], value: &[u8]) -> u32 {
    unsafe { ffi::proxy_set_property(path.as_ptr(), path.len(), value.as_ptr(), value.len()) }
}

pub fn reply(status: u32, body: &[u8], headers: Pairs<'_>, grpc: i32) -> u32 {
    let (details, headers) = (b"probe_details", encode(headers));
    unsafe {
        ffi::proxy_send_local_response(
            status,
            details.as_ptr(),
            details.len(),
            body.as_ptr(),
            body.len(),
            headers.as_ptr(),
            headers.len(),
            grpc,
        )
    }
}

pub fn shared(key: &[u8]) -> Answer<(Vec<u8>, u32)> {
    let mut cas = 0;
    let (status, bytes) = bytes(|out, len| unsafe {
        ffi::proxy_get_shared_data(key.as_ptr(), key.len(), out, len, &raw mut cas)
    });
    (status, (bytes, cas))
}

pub fn set_shared(key: &[u8], value: &[u8], cas: u32) -> u32 {
    unsafe { ffi::proxy_set_shared_data(key.as_ptr(), key.len(), value.as_ptr(), value.len(), cas) }
}

pub fn register_queue(name: &[u8]) -> Answer<u32> {
    value(|out| unsafe { ffi::proxy_register_shared_queue(name.as_ptr(), name.len(), out) })
}

pub fn resolve_queue(vm: &[u8], name: &[u8]) -> Answer<u32> {
    value(|out| unsafe {
        ffi::proxy_resolve_shared_queue(vm.as_ptr(), vm.len(), name.as_ptr(), name.len(), out)
    })
}

pub fn dequeue(queue: u32) -> Answer<Vec<u8>> {
    bytes(|out, len| unsafe { ffi::proxy_dequeue_shared_queue(queue, out, len) })
}

pub fn enqueue(queue: u32, value: &[u8]) -> u32 {
    unsafe { ffi::proxy_enqueue_shared_queue(queue, value.as_ptr(), value.len()) }
}

pub fn header(map: u32, key: &[u8]) -> Answer<Vec<u8>> {
    bytes(|out, len| unsafe {
        ffi::proxy_get_header_map_value(map, key.as_ptr(), key.len(), out, len)
    })
}

pub fn add_header(map: u32, key: &[u8], value: &[u8]) -> u32 {
    unsafe {
        ffi::proxy_add_header_map_value(map, key.as_ptr(), key.len(), value.as_ptr(), value.len())
    }
}

pub fn replace_header(map: u32, key: &[u8], value: &[u8]) -> u32 {
    unsafe {
        ffi::proxy_replace_header_map_value(
            map,
            key.as_ptr(),
            key.len(),
            value.as_ptr(),
            value.len(),
        )
    }
}

pub fn remove_header(map: u32, key: &[u8]) -> u32 {
    unsafe { ffi::proxy_remove_header_map_value(map, key.as_ptr(), key.len()) }
}

pub fn headers(map: u32) -> Answer<Vec<u8>> {
    bytes(|out, len| unsafe { ffi::proxy_get_header_map_pairs(map, out, len) })
}

pub fn set_headers(map: u32, pairs: Pairs<'_>) -> u32 {
    let pairs = encode(pairs);
    unsafe { ffi::proxy_set_header_map_pairs(map, pairs.as_ptr(), pairs.len()) }
}

pub fn headers_size(map: u32) -> Answer<usize> {
    value(|out| unsafe { ffi::proxy_get_header_map_size(map, out) })
}

pub fn buffer(buffer: u32, start: usize, max: usize) -> Answer<Vec<u8>> {
    bytes(|out, len| unsafe { ffi::proxy_get_buffer_bytes(buffer, start, max, out, len) })
}

pub fn set_buffer(buffer: u32, start: usize, len: usize, bytes: &[u8]) -> u32 {
    unsafe { ffi::proxy_set_buffer_bytes(buffer, start, len, bytes.as_ptr(), bytes.len()) }
}

pub fn buffer_status(buffer: u32) -> Answer<(usize, u32)> {
    let (mut len, mut flags) = (0, 0);
    let status = unsafe { ffi::proxy_get_buffer_status(buffer, &raw mut len, &raw mut flags) };
    (status, (len, flags))
}

pub fn http_call(
    upstream: &[u8],
    headers: Pairs<'_>,
    body: &[u8],
    trailers: Pairs<'_>,
    timeout: u32,
) -> Answer<u32> {
    let (headers, trailers) = (encode(headers), encode(trailers));
    value(|out| unsafe {
        ffi::proxy_http_call(
            upstream.as_ptr(),
            upstream.len(),
            headers.as_ptr(),
            headers.len(),
            body.as_ptr(),
            body.len(),
            trailers.as_ptr(),
            trailers.len(),
            timeout,
            out,
        )
    })
}

pub fn grpc_call(
    service: &[u8],
    name: &[u8],
    method: &[u8],
    metadata: Pairs<'_>,
    message: &[u8],
    timeout: u32,
) -> Answer<u32> {
    let metadata = encode(metadata);
    value(|out| unsafe {
        ffi::proxy_grpc_call(
            service.as_ptr(),
            service.len(),
            name.as_ptr(),
            name.len(),
            method.as_ptr(),
            method.len(),
            metadata.as_ptr(),
            metadata.len(),
            message.as_ptr(),
            message.len(),
            timeout,
            out,
        )
    })
}

pub fn grpc_stream(service: &[u8], name: &[u8], method: &[u8], metadata: Pairs<'_>) -> Answer<u32> {
    let metadata = encode(metadata);
    value(|out| unsafe {
        ffi::proxy_grpc_stream(
            service.as_ptr(),
            service.len(),
            name.as_ptr(),
            name.len(),
            method.as_ptr(),
            method.len(),
            metadata.as_ptr(),
            metadata.len(),
            out,
        )
    })
}

pub fn grpc_send(token: u32, message: &[u8], end_of_stream: u32) -> u32 {
    unsafe { ffi::proxy_grpc_send(token, message.as_ptr(), message.len(), end_of_stream) }
}

pub fn grpc_cancel(token: u32) -> u32 {
    unsafe { ffi::proxy_grpc_cancel(token) }
}

pub fn grpc_close(token: u32) -> u32 {
    unsafe { ffi::proxy_grpc_close(token) }
}

pub fn set_tick_period(ms: u32) -> u32 {
    unsafe { ffi::proxy_set_tick_period_milliseconds(ms) }
}

pub fn time() -> Answer<u64> {
    value(|out| unsafe { ffi::proxy_get_current_time_nanoseconds(out) })
}

pub fn define_metric(kind: u32, name: &[u8]) -> Answer<u32> {
    value(|out| unsafe { ffi::proxy_define_metric(kind, name.as_ptr(), name.len(), out) })
}

pub fn increment_metric(id: u32, by: i64) -> u32 {
    unsafe { ffi::proxy_increment_metric(id, by) }
}

pub fn record_metric(id: u32, value: u64) -> u32 {
    unsafe { ffi::proxy_record_metric(id, value) }
}

pub fn metric(id: u32) -> Answer<u64> {
    value(|out| unsafe { ffi::proxy_get_metric(id, out) })
}

pub fn set_effective_context(id: u32) -> u32 {
    unsafe { ffi::proxy_set_effective_context(id) }
}

pub fn done() -> u32 {
    unsafe { ffi::proxy_done() }
}

pub fn call_foreign(name: &[u8], argument: &[u8]) -> Answer<Vec<u8>> {
    bytes(|out, len| unsafe {
        ffi::proxy_call_foreign_function(
            name.as_ptr(),
            name.len(),
            argument.as_ptr(),
            argument.len(),
            out,
            len,
        )
    })
}

pub fn continue_stream(stream: u32) -> u32 {
    unsafe { ffi::proxy_continue_stream(stream) }
}

pub fn close_stream(stream: u32) -> u32 {
    unsafe { ffi::proxy_close_stream(stream) }
}
