//! What is known about a request.

use super::host_calls;
use super::memory::{self, Call};
use crate::abi::status::{Outcome, Status};
use crate::properties;
use crate::state::HostState;
use wasmtime::Linker;

pub(super) fn define(linker: &mut Linker<HostState>) -> wasmtime::Result<()> {
    host_calls! { linker, "env", "proxy_":
        get_property(path: u32, len: u32, at: u32, len_at: u32) = get;
        set_property(path: u32, path_len: u32, value: u32, len: u32) = set;
    }
    Ok(())
}

fn get(call: Call, path: u32, len: u32, at: u32, len_at: u32) -> Outcome {
    let (path, host) = memory::with_host(call, path, len)?;
    let value = properties::get(host, path)?;
    memory::give(call, &value, at, len_at)
}

/// Sets a value of the stream's filter state, where `get_property` finds it under the same path.
fn set(call: Call, path: u32, path_len: u32, value: u32, len: u32) -> Outcome {
    let path = memory::copy(call, path, path_len)?;
    let value = memory::copy(call, value, len)?;
    let host = call.data();
    let info = host.info().ok_or(Status::NotFound)?;
    let state = &mut info.borrow_mut().state;
    if state.contains_key(path.as_ref()) && host.declared.is_readonly(host.root_id(), &path) {
        return Err(Status::BadArgument.into());
    }
    state.insert(path.to_vec(), value.to_vec());
    Ok(())
}
