//! What a module exports, looked up once and checked against the ABI's signatures.

use super::callback::Callback;
use crate::abi::AbiVersion;
use crate::filter::LoadError;
use crate::state::HostState;
use wasmtime::{AsContextMut, Extern, Instance, Store, TypedFunc, WasmParams, WasmResults};

type One = (u32,);
type Two = (u32, u32);
type Three = (u32, u32, u32);
type Five = (u32, u32, u32, u32, u32);
type Export<P, R> = Option<TypedFunc<P, R>>;

/// The header callbacks, which have one argument more since 0.2.0.
#[derive(Clone)]
enum Headers {
    Old(Export<Two, u32>),
    New(Export<Three, u32>),
}

/// Every export that a host calls.
#[derive(Clone)]
pub struct Exports {
    pub(super) initialize: Export<(), ()>,
    pub(super) main: Export<Two, u32>,
    pub(super) start: Export<(), ()>,
    context_create: Export<Two, ()>,
    vm_start: Export<Two, u32>,
    configure: Export<Two, u32>,
    tick: Export<One, ()>,
    queue_ready: Export<Two, ()>,
    new_connection: Export<One, u32>,
    downstream_data: Export<Three, u32>,
    upstream_data: Export<Three, u32>,
    downstream_close: Export<Two, ()>,
    upstream_close: Export<Two, ()>,
    request_headers: Headers,
    request_body: Export<Three, u32>,
    request_trailers: Export<Two, u32>,
    response_headers: Headers,
    response_body: Export<Three, u32>,
    response_trailers: Export<Two, u32>,
    http_call_response: Export<Five, ()>,
    grpc_initial_metadata: Export<Three, ()>,
    grpc_receive: Export<Three, ()>,
    grpc_trailing_metadata: Export<Three, ()>,
    grpc_close: Export<Three, ()>,
    done: Export<One, u32>,
    log: Export<One, ()>,
    delete: Export<One, ()>,
}

/// Looks one up: absent is fine, of another signature is not.
pub(super) fn export<P: WasmParams, R: WasmResults>(
    store: &mut Store<HostState>,
    instance: &Instance,
    name: &'static str,
) -> Result<Export<P, R>, LoadError> {
    match instance.get_export(&mut *store, name) {
        Some(Extern::Func(func)) => {
            let typed = func.typed(&mut *store);
            typed.map(Some).map_err(|_| LoadError::ExportSignature { name })
        }
        _ => Ok(None),
    }
}

impl Exports {
    pub(super) fn find(
        store: &mut Store<HostState>,
        instance: &Instance,
        abi: AbiVersion,
    ) -> Result<Self, LoadError> {
        /// One after the other, each by its own type.
        macro_rules! all {
            ($($field:ident = $name:literal,)*) => {
                Self {
                    request_headers: headers(store, instance, abi, "proxy_on_request_headers")?,
                    response_headers: headers(store, instance, abi, "proxy_on_response_headers")?,
                    $($field: export(store, instance, $name)?,)*
                }
            };
        }
        // Envoy wants these of the right signature, too, and never calls them.
        export::<Two, u32>(store, instance, "proxy_validate_configuration")?;
        if abi != AbiVersion::V0_1_0 {
            export::<Three, ()>(store, instance, "proxy_on_foreign_function")?;
        }
        Ok(all! {
            initialize = "_initialize",
            main = "main",
            start = "_start",
            context_create = "proxy_on_context_create",
            vm_start = "proxy_on_vm_start",
            configure = "proxy_on_configure",
            tick = "proxy_on_tick",
            queue_ready = "proxy_on_queue_ready",
            new_connection = "proxy_on_new_connection",
            downstream_data = "proxy_on_downstream_data",
            upstream_data = "proxy_on_upstream_data",
            downstream_close = "proxy_on_downstream_connection_close",
            upstream_close = "proxy_on_upstream_connection_close",
            request_body = "proxy_on_request_body",
            request_trailers = "proxy_on_request_trailers",
            response_body = "proxy_on_response_body",
            response_trailers = "proxy_on_response_trailers",
            http_call_response = "proxy_on_http_call_response",
            grpc_initial_metadata = "proxy_on_grpc_receive_initial_metadata",
            grpc_receive = "proxy_on_grpc_receive",
            grpc_trailing_metadata = "proxy_on_grpc_receive_trailing_metadata",
            grpc_close = "proxy_on_grpc_close",
            done = "proxy_on_done",
            log = "proxy_on_log",
            delete = "proxy_on_delete",
        })
    }

    /// Calls what is exported; `None` if it is not.
    pub(super) fn call(
        &self,
        store: &mut Store<HostState>,
        id: u32,
        callback: Callback,
    ) -> Option<wasmtime::Result<u32>> {
        use Callback as C;
        let silent = |result: wasmtime::Result<()>| result.map(|()| 0);
        /// Calls one export, if it is there.
        macro_rules! on {
            ($export:ident $(, $arg:expr)*) => { self.$export.as_ref()?.call(store, (id, $($arg,)*)) };
        }
        Some(match callback {
            C::ContextCreate { parent } => silent(on!(context_create, parent)),
            C::VmStart { size } => on!(vm_start, size),
            C::Configure { size } => on!(configure, size),
            C::Tick => silent(on!(tick)),
            C::QueueReady { token } => silent(on!(queue_ready, token)),
            C::NewConnection => on!(new_connection),
            C::DownstreamData { size, end } => on!(downstream_data, size, end.into()),
            C::UpstreamData { size, end } => on!(upstream_data, size, end.into()),
            C::DownstreamClose { kind } => silent(on!(downstream_close, kind)),
            C::UpstreamClose { kind } => silent(on!(upstream_close, kind)),
            C::RequestHeaders { count, end } => self.request_headers.call(store, id, count, end)?,
            C::RequestBody { size, end } => on!(request_body, size, end.into()),
            C::RequestTrailers { count } => on!(request_trailers, count),
            C::ResponseHeaders { count, end } => {
                self.response_headers.call(store, id, count, end)?
            }
            C::ResponseBody { size, end } => on!(response_body, size, end.into()),
            C::ResponseTrailers { count } => on!(response_trailers, count),
            C::HttpCallResponse { token, headers, body, trailers } => {
                silent(on!(http_call_response, token, headers, body, trailers))
            }
            C::GrpcInitialMetadata { token, count } => {
                silent(on!(grpc_initial_metadata, token, count))
            }
            C::GrpcReceive { token, size } => silent(on!(grpc_receive, token, size)),
            C::GrpcTrailingMetadata { token, count } => {
                silent(on!(grpc_trailing_metadata, token, count))
            }
            C::GrpcClose { token, status } => silent(on!(grpc_close, token, status)),
            C::Done => on!(done),
            C::Log => silent(on!(log)),
            C::Delete => silent(on!(delete)),
        })
    }
}

fn headers(
    store: &mut Store<HostState>,
    instance: &Instance,
    abi: AbiVersion,
    name: &'static str,
) -> Result<Headers, LoadError> {
    Ok(match abi {
        AbiVersion::V0_1_0 => Headers::Old(export(store, instance, name)?),
        AbiVersion::V0_2_0 | AbiVersion::V0_2_1 => Headers::New(export(store, instance, name)?),
    })
}

impl Headers {
    fn call(
        &self,
        store: impl AsContextMut,
        id: u32,
        count: u32,
        end: bool,
    ) -> Option<wasmtime::Result<u32>> {
        Some(match self {
            Self::Old(export) => export.as_ref()?.call(store, (id, count)),
            Self::New(export) => export.as_ref()?.call(store, (id, count, end.into())),
        })
    }
}
