//! HTTP and gRPC requests of the filter's own. They belong to its root context, which gets the answers.

use super::memory::{self, Call};
use super::{host_calls, limit};
use crate::abi::pairs;
use crate::abi::status::{Outcome, Status};
use crate::callout::{self, Ends, GrpcCall, GrpcMessage};
use crate::state::{HostState, HttpCall};
use wasmtime::Linker;

pub(super) fn define(linker: &mut Linker<HostState>) -> wasmtime::Result<()> {
    host_calls! { linker, "env", "proxy_":
        http_call(
            cluster: u32, cluster_len: u32, headers: u32, headers_len: u32, body: u32, body_len: u32,
            trailers: u32, trailers_len: u32, timeout_ms: u32, token_at: u32
        ) = http;
        grpc_call(
            cluster: u32, cluster_len: u32, service: u32, service_len: u32, method: u32, method_len: u32,
            metadata: u32, metadata_len: u32, message: u32, message_len: u32, timeout_ms: u32,
            token_at: u32
        ) = grpc;
        grpc_stream(
            cluster: u32, cluster_len: u32, service: u32, service_len: u32, method: u32, method_len: u32,
            metadata: u32, metadata_len: u32, token_at: u32
        ) = grpc_stream;
        grpc_send(token: u32, at: u32, len: u32, end: u32) = send;
        grpc_close(token: u32) = close;
        grpc_cancel(token: u32) = cancel;
    }
    host_calls! { linker, "env", "": envoy_resolve_dns(name: u32, len: u32, token_at: u32) = resolve; }
    Ok(())
}

/// No network is touched here: no name is resolved. Envoy's answer comes in a callback (`envoy_on_resolve_dns`), empty for
/// a name that there is not; no SDK has that callback, and a call that would never be answered is refused at once.
fn resolve(call: Call, name: u32, len: u32, _: u32) -> Outcome {
    memory::bytes(call, name, len)?;
    Err(Status::InternalFailure.into())
}

#[expect(clippy::too_many_arguments, reason = "the ABI's")]
fn http(
    call: Call,
    cluster: u32,
    cluster_len: u32,
    headers: u32,
    headers_len: u32,
    body: u32,
    body_len: u32,
    trailers: u32,
    trailers_len: u32,
    timeout_ms: u32,
    token_at: u32,
) -> Outcome {
    let cluster = text(call, cluster, cluster_len)?;
    let body = memory::copy(call, body, body_len)?;
    let headers = pairs::decode(memory::bytes(call, headers, headers_len)?);
    // Envoy reads the trailers of a callout, and never sends them.
    memory::bytes(call, trailers, trailers_len)?;
    // Envoy tries the pointer before it begins what it could not report.
    memory::write_u32(call, token_at, 0)?;
    let required = [b":path".as_slice(), b":method", b":authority"];
    let given = |name: &&[u8]| headers.iter().any(|(key, _)| key.eq_ignore_ascii_case(name));
    let host = call.data_mut();
    let sound = timeout_ms.cast_signed() >= 0 && host.port.has_cluster(&cluster);
    if !sound || !required.iter().all(given) {
        return Err(Status::BadArgument.into());
    }
    let room = host.process.limits.callouts;
    if host.open_calls >= room {
        return limit("open callouts", room);
    }
    let (vm, context) = (host.serial, host.root_id());
    host.root().ok_or(Status::BadArgument)?;
    let token = host.tokens.next_http();
    let port = std::rc::Rc::clone(&host.port);
    port.http_call(HttpCall { vm, context, token, cluster, headers, body, timeout_ms })?;
    host.open_calls += 1;
    Ok(memory::write_u32(call, token_at, token)?)
}

#[expect(clippy::too_many_arguments, reason = "the ABI's")]
fn grpc(
    call: Call,
    cluster: u32,
    cluster_len: u32,
    service: u32,
    service_len: u32,
    method: u32,
    method_len: u32,
    metadata: u32,
    metadata_len: u32,
    message: u32,
    message_len: u32,
    timeout_ms: u32,
    token_at: u32,
) -> Outcome {
    let message = memory::copy(call, message, message_len)?;
    let asked = Asked {
        cluster: memory::copy(call, cluster, cluster_len)?,
        service: text(call, service, service_len)?,
        method: text(call, method, method_len)?,
        metadata: pairs::decode(memory::bytes(call, metadata, metadata_len)?),
    };
    begin(call, asked, Some(message), timeout_ms, token_at)
}

#[expect(clippy::too_many_arguments, reason = "the ABI's")]
fn grpc_stream(
    call: Call,
    cluster: u32,
    cluster_len: u32,
    service: u32,
    service_len: u32,
    method: u32,
    method_len: u32,
    metadata: u32,
    metadata_len: u32,
    token_at: u32,
) -> Outcome {
    let asked = Asked {
        cluster: memory::copy(call, cluster, cluster_len)?,
        service: text(call, service, service_len)?,
        method: text(call, method, method_len)?,
        metadata: pairs::decode(memory::bytes(call, metadata, metadata_len)?),
    };
    begin(call, asked, None, 0, token_at)
}

/// Whom a gRPC callout asks for what.
struct Asked {
    cluster: bytes::Bytes,
    service: String,
    method: String,
    metadata: Vec<pairs::Pair>,
}

fn begin(
    call: Call,
    asked: Asked,
    message: Option<bytes::Bytes>,
    timeout_ms: u32,
    token_at: u32,
) -> Outcome {
    let host = call.data_mut();
    let port = std::rc::Rc::clone(&host.port);
    let cluster = callout::cluster_of(&asked.cluster, |name| port.has_cluster(name))?;
    let room = host.process.limits.callouts;
    let (vm, context) = (host.serial, host.root_id());
    if host.open_calls >= room {
        return limit("open callouts", room);
    }
    host.root().ok_or(Status::BadArgument)?;
    let call_token = message.is_some();
    let tokens = &mut host.tokens;
    let token = if call_token { tokens.next_call() } else { tokens.next_stream() };
    let Asked { service, method, metadata, .. } = asked;
    port.grpc_call(GrpcCall {
        vm,
        context,
        token,
        cluster,
        service,
        method,
        metadata,
        message,
        timeout_ms,
    })?;
    host.open_calls += 1;
    if let Some(root) = host.root_mut() {
        root.grpc.open.insert(token, Ends::default());
    }
    Ok(memory::write_u32(call, token_at, token)?)
}

fn send(call: Call, token: u32, at: u32, len: u32, end: u32) -> Outcome {
    let message = memory::copy(call, at, len)?;
    if !callout::is_stream(token) {
        return Err(Status::BadArgument.into());
    }
    let host = call.data_mut();
    ends(host, token)?;
    tell(host, token, GrpcMessage::Send { message, end: end != 0 });
    Ok(())
}

/// A call is cancelled; a stream is closed at this end, and forgotten once it is closed at both.
fn close(call: Call, token: u32) -> Outcome {
    let host = call.data_mut();
    if callout::is_call(token) {
        return give_up(host, token);
    }
    let remote = ends(host, token)?.remote;
    tell(host, token, GrpcMessage::Close);
    if remote {
        forget(host, token);
    } else if let Some(ends) = host.root_mut().and_then(|root| root.grpc.open.get_mut(&token)) {
        ends.local = true;
    }
    Ok(())
}

fn cancel(call: Call, token: u32) -> Outcome {
    give_up(call.data_mut(), token)
}

fn give_up(host: &mut HostState, token: u32) -> Outcome {
    ends(host, token)?;
    tell(host, token, GrpcMessage::Cancel);
    forget(host, token);
    Ok(())
}

/// What has closed of a call or stream that is still known.
fn ends(host: &HostState, token: u32) -> Result<Ends, Status> {
    if !callout::is_call(token) && !callout::is_stream(token) {
        return Err(Status::BadArgument);
    }
    let known = host.root().and_then(|root| root.grpc.open.get(&token));
    known.copied().ok_or(Status::NotFound)
}

fn forget(host: &mut HostState, token: u32) {
    if let Some(root) = host.root_mut() {
        root.grpc.open.remove(&token);
    }
}

fn tell(host: &mut HostState, token: u32, message: GrpcMessage) {
    let cancelled = matches!(message, GrpcMessage::Cancel);
    let told = host.port.grpc_send(host.serial, token, message);
    host.open_calls -= usize::from(cancelled && told);
}

fn text(call: Call, at: u32, len: u32) -> Result<String, Status> {
    memory::bytes(call, at, len).map(|bytes| String::from_utf8_lossy(bytes).into_owned())
}
