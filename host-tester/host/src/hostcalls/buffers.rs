//! Bodies, configurations, and other bytes.

use super::host_calls;
use super::memory::{self, Call};
use crate::abi::status::{Outcome, Status};
use crate::abi::{AbiVersion, BufferType};
use crate::state::{Body, HostState, HttpView, Kind};
use std::cell::RefCell;
use wasmtime::Linker;

pub(super) fn define(linker: &mut Linker<HostState>, abi: AbiVersion) -> wasmtime::Result<()> {
    host_calls! { linker, "env", "proxy_":
        get_buffer_bytes(buffer: u32, start: u32, max: u32, at: u32, len_at: u32) = get;
        get_buffer_status(buffer: u32, len_at: u32, flags_at: u32) = status;
        set_buffer_bytes(buffer: u32, start: u32, size: u32, at: u32, len: u32) = set;
    }
    if abi == AbiVersion::V0_1_0 {
        host_calls! { linker, "env", "proxy_": get_configuration(at: u32, len_at: u32) = configuration; }
    }
    Ok(())
}

fn get(call: Call, buffer: u32, start: u32, max: u32, at: u32, len_at: u32) -> Outcome {
    let buffer = BufferType::try_from(buffer)?;
    let start = start as usize;
    let wanted = read(call.data(), buffer, |bytes| {
        let end = start.saturating_add(max as usize).min(bytes.len());
        bytes.get(start..end).unwrap_or_default().to_vec()
    });
    let bytes = wanted.ok_or(Status::NotFound)?;
    // For no bytes Envoy says OK and writes nothing: the module keeps what was there.
    if bytes.is_empty() { Ok(()) } else { memory::give(call, &bytes, at, len_at) }
}

fn status(call: Call, buffer: u32, len_at: u32, flags_at: u32) -> Outcome {
    let buffer = BufferType::try_from(buffer)?;
    let len = read(call.data(), buffer, <[u8]>::len).ok_or(Status::NotFound)?;
    memory::write_u32(call, len_at, u32::try_from(len).unwrap_or(u32::MAX))?;
    Ok(memory::write_u32(call, flags_at, 0)?)
}

fn set(call: Call, buffer: u32, start: u32, size: u32, at: u32, len: u32) -> Outcome {
    let buffer = BufferType::try_from(buffer)?;
    let (data, host) = memory::with_host(call, at, len)?;
    read(host, buffer, |_| ()).ok_or(Status::NotFound)?;
    let (start, size) = (start as usize, size as usize);
    let done = change(host, buffer, |bytes| splice(bytes, start, size, data));
    Ok(done.unwrap_or(Err(Status::BadArgument))?)
}

/// What Envoy makes of start and size: the front is replaced, or something appended; never in between.
fn splice(bytes: &mut Vec<u8>, start: usize, size: usize, data: &[u8]) -> Result<(), Status> {
    if start == 0 {
        bytes.splice(..size.min(bytes.len()), data.iter().copied());
    } else if start >= bytes.len() {
        bytes.extend_from_slice(data);
    } else {
        return Err(Status::BadArgument);
    }
    Ok(())
}

/// ABI 0.1.0: the plugin's configuration while it is configured, else the VM's.
fn configuration(call: Call, at: u32, len_at: u32) -> Outcome {
    let host = call.data();
    let configuring = host.root().is_some_and(|root| root.configuring);
    let buffer =
        if configuring { BufferType::PluginConfiguration } else { BufferType::VmConfiguration };
    let bytes = read(host, buffer, <[u8]>::to_vec).unwrap_or_default();
    memory::give(call, &bytes, at, len_at)
}

/// Reads a buffer. One whose phase has passed is empty, as in Envoy; `None` for one that there is not.
fn read<T>(host: &HostState, buffer: BufferType, look: impl FnOnce(&[u8]) -> T) -> Option<T> {
    Some(match buffer {
        BufferType::RequestBody | BufferType::ResponseBody => match body(host, buffer) {
            Some(bytes) => look(bytes.borrow().as_deref().unwrap_or_default()),
            None => look(&[]),
        },
        BufferType::DownstreamData | BufferType::UpstreamData => match pipe(host, buffer) {
            Some(bytes) => look(&bytes.borrow()),
            None => look(&[]),
        },
        BufferType::CallResponseBody => look(&host.root()?.answer.as_ref()?.body),
        BufferType::GrpcMessage => look(host.root()?.grpc.message.as_deref().unwrap_or_default()),
        BufferType::VmConfiguration => look(&host.vm.configuration),
        BufferType::PluginConfiguration => {
            host.root().filter(|root| root.configuring)?;
            look(&host.context()?.plugin.configuration)
        }
        BufferType::CallData => look(&host.call_data),
    })
}

/// Changes a buffer, if it can be changed now.
fn change<T>(
    host: &mut HostState,
    buffer: BufferType,
    work: impl FnOnce(&mut Vec<u8>) -> T,
) -> Option<T> {
    match buffer {
        BufferType::RequestBody | BufferType::ResponseBody => {
            body(host, buffer)?.borrow_mut().as_mut().map(work)
        }
        BufferType::DownstreamData | BufferType::UpstreamData => {
            Some(work(&mut pipe(host, buffer)?.borrow_mut()))
        }
        _ => None,
    }
}

/// The piece of a body that a filter may see now.
fn body(host: &HostState, buffer: BufferType) -> Option<&RefCell<Option<Vec<u8>>>> {
    let view: &HttpView = host.http()?;
    let (half, seen) = match buffer {
        BufferType::RequestBody => (&view.stream.request, view.request_body),
        _ => (&view.stream.response, view.response_body),
    };
    match seen {
        Body::Hidden => None,
        Body::Passing => Some(&half.passing),
        Body::Held => Some(&half.held),
    }
}

/// The bytes of a TCP connection that a filter may see now.
fn pipe(host: &HostState, buffer: BufferType) -> Option<&RefCell<Vec<u8>>> {
    let Kind::Tcp(view) = &host.context()?.kind else {
        return None;
    };
    let connection = &view.connection;
    match buffer {
        BufferType::DownstreamData => view.downstream.then_some(&connection.downstream),
        _ => view.upstream.then_some(&connection.upstream),
    }
}
