//! The callbacks, all of them.

use crate::act::run;
use crate::script::Script;
use crate::show::{everything, say};
use crate::{host, state};

/// One call from the host.
struct Call<'a> {
    id: u32,
    phase: &'a str,
    arguments: String,
    end: bool,
    returns: u32,
}

impl Call<'_> {
    /// Logs it, does what the script says, and returns what it says to return.
    fn answer(self) -> u32 {
        let (who, nth, script) = state::with(|state| {
            let nth = state.count(self.id, self.phase);
            (state.name(self.id), nth, state.script(self.id))
        });
        let hushed = script.hushes(self.phase);
        if !hushed {
            say(&format!("{who} {}({})", self.phase, self.arguments));
            everything(&who, &script);
        }
        let mut returned = self.returns;
        for rule in script.rules.iter().filter(|rule| rule.applies(self.phase, nth, self.end)) {
            for action in &rule.actions {
                if let Some(value) = run(self.id, &who, action) {
                    returned = value;
                }
            }
        }
        if returned != self.returns && !hushed {
            say(&format!("{who}   returns {}", returned as i32));
        }
        returned
    }
}

fn call(id: u32, phase: &str, arguments: String, end: bool) -> u32 {
    Call { id, phase, arguments, end, returns: 0 }.answer()
}

fn agreed(id: u32, phase: &str, arguments: String) -> u32 {
    Call { id, phase, arguments, end: false, returns: 1 }.answer()
}

fn end_of(end: u32) -> String {
    if end == 0 {
        String::new()
    } else if end == 1 {
        ", end".into()
    } else {
        format!(", end {end}")
    }
}

#[unsafe(no_mangle)]
extern "C" fn proxy_abi_version_0_2_1() {}

#[unsafe(no_mangle)]
extern "C" fn _initialize() {}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_memory_allocate(size: usize) -> *mut u8 {
    Box::into_raw(vec![0_u8; size].into_boxed_slice()).cast()
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_context_create(id: u32, parent: u32) {
    let name = state::with(|state| state.create(id, parent));
    let parent = state::with(|state| if parent == 0 { "0".into() } else { state.name(parent) });
    call(id, "context_create", format!("{name}, {parent}"), false);
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_vm_start(id: u32, size: usize) -> u32 {
    agreed(id, "vm_start", format!("{size}"))
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_configure(id: u32, size: usize) -> u32 {
    let (_, config) = host::buffer(7, 0, usize::MAX);
    match Script::parse(&String::from_utf8_lossy(&config)) {
        Ok(script) => state::with(|state| state.set_script(id, script)),
        Err(line) => {
            say(&format!("does not understand {line}"));
            return 0;
        }
    }
    agreed(id, "configure", format!("{size}"))
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_tick(id: u32) {
    call(id, "tick", String::new(), false);
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_queue_ready(id: u32, queue: u32) {
    call(id, "queue_ready", format!("{queue}"), false);
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_foreign_function(id: u32, function: u32, size: usize) {
    call(id, "foreign_function", format!("{function}, {size}"), false);
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_new_connection(id: u32) -> u32 {
    call(id, "new_connection", String::new(), false)
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_downstream_data(id: u32, size: usize, end: u32) -> u32 {
    call(id, "downstream_data", format!("{size}{}", end_of(end)), end != 0)
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_downstream_connection_close(id: u32, peer: u32) {
    call(id, "downstream_close", format!("{peer}"), false);
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_upstream_data(id: u32, size: usize, end: u32) -> u32 {
    call(id, "upstream_data", format!("{size}{}", end_of(end)), end != 0)
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_upstream_connection_close(id: u32, peer: u32) {
    call(id, "upstream_close", format!("{peer}"), false);
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_request_headers(id: u32, count: u32, end: u32) -> u32 {
    call(id, "request_headers", format!("{count}{}", end_of(end)), end != 0)
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_request_body(id: u32, size: usize, end: u32) -> u32 {
    call(id, "request_body", format!("{size}{}", end_of(end)), end != 0)
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_request_trailers(id: u32, count: u32) -> u32 {
    call(id, "request_trailers", format!("{count}"), true)
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_request_metadata(id: u32, count: u32) -> u32 {
    call(id, "request_metadata", format!("{count}"), false)
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_response_headers(id: u32, count: u32, end: u32) -> u32 {
    call(id, "response_headers", format!("{count}{}", end_of(end)), end != 0)
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_response_body(id: u32, size: usize, end: u32) -> u32 {
    call(id, "response_body", format!("{size}{}", end_of(end)), end != 0)
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_response_trailers(id: u32, count: u32) -> u32 {
    call(id, "response_trailers", format!("{count}"), true)
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_response_metadata(id: u32, count: u32) -> u32 {
    call(id, "response_metadata", format!("{count}"), false)
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_http_call_response(
    id: u32,
    token: u32,
    headers: u32,
    body: usize,
    trailers: u32,
) {
    answered(id, "callout", token, format!("{headers}, {body}, {trailers}"));
}

/// The answer to a callout: which one of whom, and its arguments.
fn answered(id: u32, phase: &str, token: u32, arguments: impl std::fmt::Display) {
    let (nth, owner) = state::with(|state| state.answered(token));
    call(id, phase, format!("{nth} of {owner}, {arguments}"), false);
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_grpc_receive_initial_metadata(id: u32, token: u32, count: u32) {
    answered(id, "grpc_initial", token, count);
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_grpc_receive(id: u32, token: u32, size: u32) {
    answered(id, "grpc_message", token, size);
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_grpc_receive_trailing_metadata(id: u32, token: u32, count: u32) {
    answered(id, "grpc_trailing", token, count);
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_grpc_close(id: u32, token: u32, code: u32) {
    answered(id, "grpc_close", token, code as i32);
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_done(id: u32) -> u32 {
    agreed(id, "done", String::new())
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_log(id: u32) {
    call(id, "log", String::new(), false);
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_delete(id: u32) {
    call(id, "delete", String::new(), false);
    state::with(|state| state.contexts.remove(&id));
}
