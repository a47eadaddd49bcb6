//! The functions that a module can import, under the names and signatures of its ABI version.
//!
//! | file | what |
//! |---|---|
//! | [`headers`] | maps of headers, trailers and metadata |
//! | [`buffers`] | bodies, configurations, and other bytes |
//! | [`properties`] | what is known about a request, under Envoy's attribute names |
//! | [`streams`] | continue, close, answer; whose call this is |
//! | [`callouts`] | HTTP and gRPC requests of the filter's own |
//! | [`shared`] | shared data and queues |
//! | [`metrics`] | counters, gauges, histograms |
//! | [`system`] | log, clock, ticks, status |
//! | [`foreign`] | functions by name |
//! | [`wasi`] | what toolchains link |

mod buffers;
mod callouts;
mod foreign;
mod headers;
mod memory;
mod metrics;
mod properties;
mod shared;
mod streams;
mod system;
mod wasi;

use crate::abi::AbiVersion;
use crate::abi::status::{Fault, Outcome, Status};
use crate::state::{FailureKind, HostState, HostTrap};
use wasmtime::{Caller, Engine, Linker};

/// Defines host functions: `name(arguments) = function;`.
macro_rules! host_calls {
    ($linker:ident, $module:expr, $prefix:literal: $($name:ident($($arg:ident: $ty:ty),*) = $work:path;)*) => {$(
        $linker.func_wrap(
            $module,
            concat!($prefix, stringify!($name)),
            |mut caller: wasmtime::Caller<'_, crate::state::HostState>, $($arg: $ty),*| {
                $crate::hostcalls::answer(
                    concat!($prefix, stringify!($name)),
                    &mut caller,
                    |call| $work(call, $($arg),*),
                )
            },
        )?;
    )*};
}
pub(crate) use host_calls;

/// What a module may call while its start function runs: it has no context yet.
const AT_START: [&str; 10] = [
    "proxy_log",
    "fd_write",
    "args_sizes_get",
    "args_get",
    "environ_sizes_get",
    "environ_get",
    "fd_prestat_get",
    "fd_prestat_dir_name",
    "clock_time_get",
    "random_get",
];

/// What a module may call while its allocator runs inside another host call.
const IN_ALLOCATOR: [&str; 2] = ["proxy_log", "fd_write"];

/// Every function that a host of an ABI version provides.
///
/// # Errors
/// Never, unless two functions had one name.
pub fn linker(engine: &Engine, abi: AbiVersion) -> wasmtime::Result<Linker<HostState>> {
    let mut linker = Linker::new(engine);
    headers::define(&mut linker)?;
    buffers::define(&mut linker, abi)?;
    properties::define(&mut linker)?;
    streams::define(&mut linker, abi)?;
    callouts::define(&mut linker)?;
    shared::define(&mut linker)?;
    metrics::define(&mut linker)?;
    system::define(&mut linker, abi)?;
    foreign::define(&mut linker)?;
    for module in ["wasi_snapshot_preview1", "wasi_unstable"] {
        wasi::define(&mut linker, module)?;
    }
    Ok(linker)
}

/// Runs a host call and turns what it comes to into what the module sees.
pub(crate) fn answer(
    name: &'static str,
    call: &mut Caller<'_, HostState>,
    work: impl FnOnce(&mut Caller<'_, HostState>) -> Outcome,
) -> wasmtime::Result<u32> {
    if call.data().starting && !AT_START.contains(&name) {
        return Err(HostTrap(FailureKind::CalledAtStart { call: name }).into());
    }
    if call.data().allocating && !IN_ALLOCATOR.contains(&name) {
        return Err(HostTrap(FailureKind::CalledInAllocator { call: name }).into());
    }
    match work(call) {
        Ok(()) => Ok(Status::Ok.code()),
        Err(Fault::Status(status)) => Ok(status.code()),
        Err(Fault::Dead(error)) => Err(error),
    }
}

/// Ends a VM that takes more than its share.
pub(crate) fn limit<T>(what: &'static str, limit: usize) -> Outcome<T> {
    Err(Fault::Dead(HostTrap(FailureKind::Limit { what, limit }).into()))
}
