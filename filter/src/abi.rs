//! The entry points that Envoy calls: Proxy-Wasm ABI 0.2.1, nothing but what this filter uses.
//!
//! Written by hand rather than taken from the Rust SDK. Envoy calls every callback that a module
//! exports for every stream, and the SDK exports them all, keeps them alive in its vtables, and
//! looks a stream up in a map at each. Measured on the same filter in one run, the SDK's way costs
//! half as much again per request, and a third more bytes and memory.
//!
//! A context that Envoy names and we do not know is ignored: a panic here would be a worker that
//! answers 503.
#![allow(unsafe_code, reason = "exported names are unsafe to declare")]

use crate::http::Http;
use crate::root::Root;
use hashbrown::HashMap;
use std::cell::RefCell;
use std::hash::{BuildHasherDefault, Hasher};

/// Context ids are numbers given out in order: they are their own hash.
#[derive(Default)]
struct Identity(u64);

impl Hasher for Identity {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.0 = self.0 << 8 | u64::from(*byte));
    }

    fn write_u32(&mut self, id: u32) {
        // The table looks at the topmost bits as well as at the lowest.
        self.0 = u64::from(id).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

type Streams = RefCell<HashMap<u32, Http, BuildHasherDefault<Identity>>>;

thread_local! {
    /// One for each plugin in the VM, and for a while its predecessor.
    static ROOTS: RefCell<Vec<(u32, Root)>> = const { RefCell::new(Vec::new()) };
    static STREAMS: Streams = RefCell::default();
}

const CONTINUE: u32 = 0;

fn with_root<T>(id: u32, f: impl FnOnce(&mut Root) -> T) -> Option<T> {
    ROOTS.with_borrow_mut(|roots| {
        let root = roots.iter_mut().find(|(known, _)| *known == id);
        root.map(|(_, root)| f(root))
    })
}

fn with_stream(id: u32, f: impl FnOnce(&mut Http)) {
    STREAMS.with_borrow_mut(|streams| {
        if let Some(stream) = streams.get_mut(&id) {
            f(stream);
        }
    });
}

#[unsafe(no_mangle)]
extern "C" fn proxy_abi_version_0_2_1() {}

#[unsafe(no_mangle)]
extern "C" fn _initialize() {
    // What would otherwise die without a word. The place only: the message would be 2 KB of code.
    std::panic::set_hook(Box::new(|panic| {
        if let Some(place) = panic.location() {
            let text = format!("serinus panicked at {}:{}", place.file(), place.line());
            crate::host::log(crate::host::Level::Error, &text);
        }
    }));
}

/// Memory for what a host call returns; taken over by `host::taken`.
#[unsafe(no_mangle)]
extern "C" fn proxy_on_memory_allocate(size: usize) -> *mut u8 {
    Box::into_raw(vec![0_u8; size].into_boxed_slice()).cast()
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_context_create(id: u32, root_id: u32) {
    if root_id == 0 {
        ROOTS.with_borrow_mut(|roots| roots.push((id, Root::default())));
    } else if let Some(stream) = with_root(root_id, |root| root.stream()) {
        STREAMS.with_borrow_mut(|streams| streams.insert(id, stream));
    }
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_vm_start(_: u32, _: usize) -> bool {
    true
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_configure(id: u32, _: usize) -> bool {
    with_root(id, Root::configure).unwrap_or(false)
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_tick(id: u32) {
    with_root(id, |root| root.tick());
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_request_headers(id: u32, _: usize, _: bool) -> u32 {
    with_stream(id, Http::see_request);
    CONTINUE
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_response_headers(id: u32, _: usize, end_of_stream: bool) -> u32 {
    with_stream(id, |stream| stream.see_response(end_of_stream));
    CONTINUE
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_response_body(id: u32, _: usize, end_of_stream: bool) -> u32 {
    if end_of_stream {
        with_stream(id, Http::see_response_end);
    }
    CONTINUE
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_log(id: u32) {
    with_stream(id, Http::see_end);
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_delete(id: u32) {
    let was_stream = STREAMS.with_borrow_mut(|streams| streams.remove(&id)).is_some();
    if !was_stream {
        ROOTS.with_borrow_mut(|roots| roots.retain(|(known, _)| *known != id));
    }
}
