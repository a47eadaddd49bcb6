//! What Envoy serves a module, and what it calls in one: the only table of it.
//!
//! The facts were read from Envoy's host (proxy-wasm-cpp-host) and then tried: a module per row was loaded by Envoy
//! 1.36, 1.39 and 1.40, and each refused a wrong signature with the one that is here. Which WASI functions 1.37 and 1.38
//! serve was read from their binaries. 1.32 to 1.35 could not be had; theirs are from the sources and release notes.

use super::envoy::{Version, Versions};
use super::version::AbiVersion;
use std::fmt;

/// A type of the ABI, or one that no function of it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ty {
    /// Pointers, lengths, ids, flags.
    I32,
    /// Metrics, times, file offsets.
    I64,
    /// In no signature of the ABI.
    F32,
    /// In no signature of the ABI.
    F64,
    /// In no signature of the ABI: a vector or a reference.
    Other,
}

impl fmt::Display for Ty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::I32 => "i32",
            Self::I64 => "i64",
            Self::F32 => "f32",
            Self::F64 => "f64",
            Self::Other => "?",
        })
    }
}

/// A function that the host serves.
#[derive(Clone, Copy, Debug)]
pub struct HostFunction {
    /// The function's name within its module.
    pub name: &'static str,
    /// The types of its arguments.
    pub params: &'static [Ty],
    /// The types of its results.
    pub results: &'static [Ty],
    /// The ABI versions that have it.
    pub abis: &'static [AbiVersion],
    /// The first Envoy that serves it.
    pub since: Version,
}

/// A function that Envoy calls, if the module exports it.
#[derive(Clone, Copy, Debug)]
pub struct Callback {
    /// The name of the export.
    pub name: &'static str,
    /// The types of its arguments.
    pub params: &'static [Ty],
    /// The types of its results.
    pub results: &'static [Ty],
    /// The ABI versions that have it, with this signature.
    pub abis: &'static [AbiVersion],
    /// What Envoy calls it for.
    pub of: Of,
    /// What it returns if it does nothing, which is what Envoy assumes without the export.
    pub neutral: Option<i32>,
}

/// For what a callback is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// For the plugin: its start, its configuration, its ticks.
    Plugin,
    /// For every HTTP stream.
    Http,
    /// For every TCP connection.
    Tcp,
    /// For every stream of either kind, and for the plugin.
    Every,
    /// For an answer to something that the module asked for.
    Answer,
}

const I: Ty = Ty::I32;
const L: Ty = Ty::I64;
const OLD: &[AbiVersion] = &[AbiVersion::V0_1_0];
const NEW: &[AbiVersion] = &[AbiVersion::V0_2_0, AbiVersion::V0_2_1];
const NEWEST: &[AbiVersion] = &[AbiVersion::V0_2_1];

const fn served(name: &'static str, params: &'static [Ty]) -> HostFunction {
    HostFunction {
        name,
        params,
        results: &[I],
        abis: AbiVersion::ALL,
        since: Versions::KNOWN.first,
    }
}

const fn only(abis: &'static [AbiVersion], function: HostFunction) -> HostFunction {
    HostFunction { abis, ..function }
}

const fn since(minor: u8, name: &'static str, params: &'static [Ty]) -> HostFunction {
    HostFunction { since: Version::minor(minor), ..served(name, params) }
}

const fn void(function: HostFunction) -> HostFunction {
    HostFunction { results: &[], ..function }
}

/// What the module `env` has.
pub const ENV: &[HostFunction] = &[
    served("proxy_log", &[I, I, I]),
    only(NEWEST, served("proxy_get_log_level", &[I])),
    served("proxy_get_status", &[I, I, I]),
    only(OLD, served("proxy_get_configuration", &[I, I])),
    served("proxy_get_property", &[I, I, I, I]),
    served("proxy_set_property", &[I, I, I, I]),
    only(OLD, served("proxy_continue_request", &[])),
    only(OLD, served("proxy_continue_response", &[])),
    only(NEW, served("proxy_continue_stream", &[I])),
    only(NEW, served("proxy_close_stream", &[I])),
    served("proxy_send_local_response", &[I, I, I, I, I, I, I, I]),
    only(OLD, served("proxy_clear_route_cache", &[])),
    served("proxy_get_shared_data", &[I, I, I, I, I]),
    served("proxy_set_shared_data", &[I, I, I, I, I]),
    served("proxy_register_shared_queue", &[I, I, I]),
    served("proxy_resolve_shared_queue", &[I, I, I, I, I]),
    served("proxy_dequeue_shared_queue", &[I, I, I]),
    served("proxy_enqueue_shared_queue", &[I, I, I]),
    served("proxy_get_header_map_value", &[I, I, I, I, I]),
    served("proxy_add_header_map_value", &[I, I, I, I, I]),
    served("proxy_replace_header_map_value", &[I, I, I, I, I]),
    served("proxy_remove_header_map_value", &[I, I, I]),
    served("proxy_get_header_map_pairs", &[I, I, I]),
    served("proxy_set_header_map_pairs", &[I, I, I]),
    served("proxy_get_header_map_size", &[I, I]),
    served("proxy_get_buffer_status", &[I, I, I]),
    served("proxy_get_buffer_bytes", &[I, I, I, I, I]),
    served("proxy_set_buffer_bytes", &[I, I, I, I, I]),
    served("proxy_http_call", &[I, I, I, I, I, I, I, I, I, I]),
    served("proxy_grpc_call", &[I, I, I, I, I, I, I, I, I, I, I, I]),
    served("proxy_grpc_stream", &[I, I, I, I, I, I, I, I, I]),
    served("proxy_grpc_close", &[I]),
    served("proxy_grpc_cancel", &[I]),
    served("proxy_grpc_send", &[I, I, I, I]),
    served("proxy_set_tick_period_milliseconds", &[I]),
    served("proxy_get_current_time_nanoseconds", &[I]),
    served("proxy_define_metric", &[I, I, I, I]),
    served("proxy_increment_metric", &[I, L]),
    served("proxy_record_metric", &[I, L]),
    served("proxy_get_metric", &[I, I]),
    served("proxy_set_effective_context", &[I]),
    served("proxy_done", &[]),
    served("proxy_call_foreign_function", &[I, I, I, I, I, I]),
    served("envoy_resolve_dns", &[I, I, I]),
    served("pthread_equal", &[I, I]),
    void(served("emscripten_notify_memory_growth", &[I])),
];

/// What both WASI modules have. Envoy's `path_link` and `path_symlink` have an argument less than WASI's.
pub const WASI: &[HostFunction] = &[
    served("fd_write", &[I, I, I, I]),
    served("fd_read", &[I, I, I, I]),
    served("fd_seek", &[I, L, I, I]),
    served("fd_close", &[I]),
    served("fd_fdstat_get", &[I, I]),
    served("environ_get", &[I, I]),
    served("environ_sizes_get", &[I, I]),
    served("args_get", &[I, I]),
    served("args_sizes_get", &[I, I]),
    served("clock_time_get", &[I, L, I]),
    served("random_get", &[I, I]),
    void(served("proc_exit", &[I])),
    served("path_open", &[I, I, I, I, I, L, L, I, I]),
    served("fd_prestat_get", &[I, I]),
    served("fd_prestat_dir_name", &[I, I, I]),
    since(33, "sched_yield", &[]),
    since(33, "poll_oneoff", &[I, I, I, I]),
    since(33, "fd_fdstat_set_flags", &[I, I]),
    since(39, "clock_res_get", &[I, I]),
    since(39, "fd_advise", &[I, L, L, I]),
    since(39, "fd_allocate", &[I, L, L]),
    since(39, "fd_datasync", &[I]),
    since(39, "fd_fdstat_set_rights", &[I, L, L]),
    since(39, "fd_filestat_get", &[I, I]),
    since(39, "fd_filestat_set_size", &[I, L]),
    since(39, "fd_filestat_set_times", &[I, L, L, I]),
    since(39, "fd_pread", &[I, I, I, L, I]),
    since(39, "fd_pwrite", &[I, I, I, L, I]),
    since(39, "fd_readdir", &[I, I, I, L, I]),
    since(39, "fd_renumber", &[I, I]),
    since(39, "fd_sync", &[I]),
    since(39, "fd_tell", &[I, I]),
    since(39, "path_create_directory", &[I, I, I]),
    since(39, "path_filestat_get", &[I, I, I, I, I]),
    since(39, "path_filestat_set_times", &[I, I, I, I, L, L, I]),
    since(39, "path_link", &[I, I, I, I, I, I]),
    since(39, "path_readlink", &[I, I, I, I, I, I]),
    since(39, "path_remove_directory", &[I, I, I]),
    since(39, "path_rename", &[I, I, I, I, I, I]),
    since(39, "path_symlink", &[I, I, I, I]),
    since(39, "path_unlink_file", &[I, I, I]),
    since(39, "sock_accept", &[I, I, I]),
    since(39, "sock_recv", &[I, I, I, I, I, I]),
    since(39, "sock_send", &[I, I, I, I, I]),
    since(39, "sock_shutdown", &[I, I]),
];

/// The two names under which Envoy serves WASI.
pub const WASI_MODULES: &[&str] = &["wasi_snapshot_preview1", "wasi_unstable"];

const fn called(of: Of, name: &'static str, params: &'static [Ty]) -> Callback {
    Callback { name, params, results: &[], abis: AbiVersion::ALL, of, neutral: None }
}

/// One that answers; `neutral` is the answer that changes nothing.
const fn asked(of: Of, name: &'static str, params: &'static [Ty], neutral: i32) -> Callback {
    Callback { results: &[I], neutral: Some(neutral), ..called(of, name, params) }
}

const fn by(abis: &'static [AbiVersion], callback: Callback) -> Callback {
    Callback { abis, ..callback }
}

/// Every callback that Envoy looks for. A wrong signature keeps the module from loading.
pub const CALLBACKS: &[Callback] = &[
    asked(Of::Plugin, "proxy_validate_configuration", &[I, I], 1),
    asked(Of::Plugin, "proxy_on_vm_start", &[I, I], 1),
    asked(Of::Plugin, "proxy_on_configure", &[I, I], 1),
    called(Of::Plugin, "proxy_on_tick", &[I]),
    called(Of::Every, "proxy_on_context_create", &[I, I]),
    asked(Of::Tcp, "proxy_on_new_connection", &[I], 0),
    asked(Of::Tcp, "proxy_on_downstream_data", &[I, I, I], 0),
    asked(Of::Tcp, "proxy_on_upstream_data", &[I, I, I], 0),
    called(Of::Tcp, "proxy_on_downstream_connection_close", &[I, I]),
    called(Of::Tcp, "proxy_on_upstream_connection_close", &[I, I]),
    by(OLD, asked(Of::Http, "proxy_on_request_headers", &[I, I], 0)),
    by(NEW, asked(Of::Http, "proxy_on_request_headers", &[I, I, I], 0)),
    asked(Of::Http, "proxy_on_request_body", &[I, I, I], 0),
    asked(Of::Http, "proxy_on_request_trailers", &[I, I], 0),
    asked(Of::Http, "proxy_on_request_metadata", &[I, I], 0),
    by(OLD, asked(Of::Http, "proxy_on_response_headers", &[I, I], 0)),
    by(NEW, asked(Of::Http, "proxy_on_response_headers", &[I, I, I], 0)),
    asked(Of::Http, "proxy_on_response_body", &[I, I, I], 0),
    asked(Of::Http, "proxy_on_response_trailers", &[I, I], 0),
    asked(Of::Http, "proxy_on_response_metadata", &[I, I], 0),
    called(Of::Answer, "proxy_on_http_call_response", &[I, I, I, I, I]),
    called(Of::Answer, "proxy_on_grpc_receive", &[I, I, I]),
    called(Of::Answer, "proxy_on_grpc_close", &[I, I, I]),
    called(Of::Answer, "proxy_on_grpc_receive_initial_metadata", &[I, I, I]),
    called(Of::Answer, "proxy_on_grpc_receive_trailing_metadata", &[I, I, I]),
    called(Of::Answer, "proxy_on_queue_ready", &[I, I]),
    by(NEW, called(Of::Plugin, "proxy_on_foreign_function", &[I, I, I])),
    asked(Of::Every, "proxy_on_done", &[I], 1),
    called(Of::Every, "proxy_on_log", &[I]),
    called(Of::Every, "proxy_on_delete", &[I]),
    called(Of::Answer, "envoy_on_resolve_dns", &[I, I, I]),
    called(Of::Plugin, "envoy_on_stats_update", &[I, I]),
];

/// What Envoy runs once, before the first callback: `_initialize` and then `main`, or else `_start`.
pub const STARTS: &[Callback] = &[
    called(Of::Plugin, "_initialize", &[]),
    asked(Of::Plugin, "main", &[I, I], 0),
    called(Of::Plugin, "_start", &[]),
];

/// By which Envoy has the module make room: the first that is exported.
pub const ALLOCATORS: &[Callback] =
    &[asked(Of::Plugin, "malloc", &[I], 0), asked(Of::Plugin, "proxy_on_memory_allocate", &[I], 0)];

/// The host function of this name, of whatever ABI version.
pub fn host_function(module: &str, name: &str) -> Option<&'static HostFunction> {
    let table = if module == "env" {
        ENV
    } else if WASI_MODULES.contains(&module) {
        WASI
    } else {
        return None;
    };
    table.iter().find(|function| function.name == name)
}

/// The callback of this name in an ABI version.
pub fn callback(name: &str, abi: AbiVersion) -> Option<&'static Callback> {
    CALLBACKS.iter().find(|callback| callback.name == name && callback.abis.contains(&abi))
}
