//! What becomes of a stream: it goes on, it ends, it is answered. Done when the call is over, as in Envoy.

use super::host_calls;
use super::memory::{self, Call};
use crate::abi::pairs;
use crate::abi::status::{Outcome, Status};
use crate::abi::{AbiVersion, StreamType};
use crate::state::{Deferred, HostState, Kind, LocalReply};
use wasmtime::Linker;

pub(super) fn define(linker: &mut Linker<HostState>, abi: AbiVersion) -> wasmtime::Result<()> {
    host_calls! { linker, "env", "proxy_":
        send_local_response(
            status: u32, details: u32, details_len: u32, body: u32, body_len: u32,
            headers: u32, headers_len: u32, grpc: u32
        ) = reply;
        set_effective_context(context: u32) = set_effective;
        done() = done;
    }
    if abi == AbiVersion::V0_1_0 {
        host_calls! { linker, "env", "proxy_":
            continue_request() = continue_request;
            continue_response() = continue_response;
            clear_route_cache() = clear_route;
        }
    } else {
        host_calls! { linker, "env", "proxy_":
            continue_stream(stream: u32) = go_on;
            close_stream(stream: u32) = close;
        }
    }
    Ok(())
}

#[expect(clippy::too_many_arguments, reason = "the ABI's")]
fn reply(
    call: Call,
    status: u32,
    details: u32,
    details_len: u32,
    body: u32,
    body_len: u32,
    headers: u32,
    headers_len: u32,
    grpc: u32,
) -> Outcome {
    let reply = LocalReply {
        status,
        details: memory::copy(call, details, details_len)?,
        body: memory::copy(call, body, body_len)?,
        headers: pairs::decode(memory::bytes(call, headers, headers_len)?),
        grpc: grpc.cast_signed(),
    };
    let host = call.data_mut();
    let context = host.subject();
    if host.http().is_some() {
        host.deferred.push(Deferred::Reply { context, reply });
    }
    host.stop_iteration = true;
    Ok(())
}

fn go_on(call: Call, stream: u32) -> Outcome {
    let stream = StreamType::try_from(stream)?;
    if stream == StreamType::Upstream {
        return Err(Status::Unimplemented.into());
    }
    let host = call.data_mut();
    let context = host.subject();
    match host.contexts.get_mut(&context).map(|context| &mut context.kind) {
        Some(Kind::Http(view)) => match stream {
            StreamType::Request | StreamType::Response => view.hide_request(),
            StreamType::Downstream | StreamType::Upstream => return Ok(()),
        },
        Some(Kind::Tcp(_)) => {}
        Some(Kind::Root(_)) | None => return Ok(()),
    }
    host.deferred.push(Deferred::Continue { context, stream });
    Ok(())
}

fn continue_request(call: Call) -> Outcome {
    go_on(call, StreamType::Request as u32)
}

fn continue_response(call: Call) -> Outcome {
    go_on(call, StreamType::Response as u32)
}

fn close(call: Call, stream: u32) -> Outcome {
    let stream = StreamType::try_from(stream)?;
    let host = call.data_mut();
    let context = host.subject();
    host.deferred.push(Deferred::Close { context, stream });
    Ok(())
}

fn clear_route(call: Call) -> Outcome {
    if let Some(view) = call.data().http() {
        view.stream.stale_route.set(true);
    }
    Ok(())
}

fn set_effective(call: Call, context: u32) -> Outcome {
    let host = call.data_mut();
    if context != 0 && !host.contexts.contains_key(&context) {
        return Err(Status::BadArgument.into());
    }
    host.effective = context;
    Ok(())
}

/// A plugin that was asked to end, and asked for time, is done.
fn done(call: Call) -> Outcome {
    let host = call.data_mut();
    let context = host.root_id();
    let waits = host.contexts.get(&context).is_some_and(|context| context.ending);
    if !waits {
        return Err(Status::NotFound.into());
    }
    host.deferred.push(Deferred::Done { context });
    Ok(())
}
