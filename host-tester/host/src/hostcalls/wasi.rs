//! What toolchains link of WASI. There are no files: standard output and error go to the log.

use super::memory::{self, Call};
use crate::abi::status::Fault;
use crate::abi::table::{self, HostFunction, Ty};
use crate::state::{FailureKind, HostState, HostTrap};
use wasmtime::{Caller, FuncType, Linker, Val, ValType};

/// Error numbers of WASI.
mod errno {
    pub const BADF: u32 = 8;
    pub const FAULT: u32 = 21;
    pub const INVAL: u32 = 28;
    pub const NOSYS: u32 = 52;
    pub const NOTSUP: u32 = 58;
}

/// The most bytes that one write may carry into the log.
const MAX_WRITE: usize = 1 << 20;

/// What a WASI call answers: 0, or an error number.
type Wasi = Result<(), u32>;

/// Defines functions whose answer is an error number, not a status of Proxy-Wasm.
macro_rules! wasi_calls {
    ($linker:ident, $module:expr => $($name:ident($($arg:ident: $ty:ty),*) = $work:path;)*) => {$(
        $linker.func_wrap($module, stringify!($name), |mut caller: Caller<'_, HostState>, $($arg: $ty),*| {
            let mut errno = 0;
            super::answer(stringify!($name), &mut caller, |call| {
                errno = done($work(call, $($arg),*))?;
                Ok(())
            })?;
            wasmtime::Result::Ok(errno)
        })?;
    )*};
}

fn done(result: Wasi) -> Result<u32, Fault> {
    Ok(result.err().unwrap_or(0))
}

pub(super) fn define(linker: &mut Linker<HostState>, module: &str) -> wasmtime::Result<()> {
    wasi_calls! { linker, module =>
        fd_write(fd: u32, vectors: u32, count: u32, written_at: u32) = fd_write;
        fd_read(fd: u32, vectors: u32, count: u32, read_at: u32) = fd_read;
        fd_seek(fd: u32, offset: i64, whence: u32, at: u32) = fd_seek;
        fd_close(fd: u32) = fd_close;
        fd_fdstat_get(fd: u32, at: u32) = fd_fdstat_get;
        fd_fdstat_set_flags(fd: u32, flags: u32) = fd_fdstat_set_flags;
        fd_prestat_get(fd: u32, at: u32) = fd_prestat_get;
        fd_prestat_dir_name(fd: u32, at: u32, len: u32) = fd_prestat_dir_name;
        path_open(fd: u32, how: u32, path: u32, len: u32, flags: u32, rights: i64, inherited: i64,
            fd_flags: u32, at: u32) = path_open;
        args_sizes_get(count_at: u32, size_at: u32) = args_sizes_get;
        args_get(list: u32, text: u32) = args_get;
        environ_sizes_get(count_at: u32, size_at: u32) = environ_sizes_get;
        environ_get(list: u32, text: u32) = environ_get;
        clock_time_get(clock: u32, precision: i64, at: u32) = clock_time_get;
        random_get(at: u32, len: u32) = random_get;
        sched_yield() = sched_yield;
        poll_oneoff(input: u32, output: u32, count: u32, events_at: u32) = poll_oneoff;
    }
    linker.func_wrap(module, "proc_exit", proc_exit)?;
    for function in table::WASI {
        // Refused for the ones above: they are defined already.
        let _ =
            linker.func_new(module, function.name, function_type(linker, function), unsupported);
    }
    Ok(())
}

fn function_type(linker: &Linker<HostState>, function: &HostFunction) -> FuncType {
    let value = |ty: &Ty| if *ty == Ty::I64 { ValType::I64 } else { ValType::I32 };
    let (params, results) = (function.params.iter().map(value), function.results.iter().map(value));
    FuncType::new(linker.engine(), params, results)
}

/// Files, directories and sockets: Envoy links them since 1.39, and has none.
fn unsupported(
    call: Caller<'_, HostState>,
    _: &[Val],
    results: &mut [Val],
) -> wasmtime::Result<()> {
    if call.data().starting {
        return Err(HostTrap(FailureKind::CalledAtStart { call: "a WASI function" }).into());
    }
    results.iter_mut().for_each(|result| *result = Val::I32(errno::NOTSUP.cast_signed()));
    Ok(())
}

fn fault<T>(result: Result<T, crate::abi::Status>) -> Result<T, u32> {
    result.map_err(|_| errno::FAULT)
}

fn fd_write(call: Call, fd: u32, vectors: u32, count: u32, written_at: u32) -> Wasi {
    let level = match fd {
        1 => 2,
        2 => 4,
        _ => return Err(errno::BADF),
    };
    let text = gather(call, vectors, count)?;
    if !text.is_empty() {
        let line = text.strip_suffix(b"\n").unwrap_or(&text);
        call.data().log(level, line).map_err(|_| errno::BADF)?;
    }
    fault(memory::write_u32(call, written_at, u32::try_from(text.len()).unwrap_or(u32::MAX)))
}

fn gather(call: Call, vectors: u32, count: u32) -> Result<Vec<u8>, u32> {
    let size = count.checked_mul(8).ok_or(errno::FAULT)?;
    let mut text = Vec::new();
    for vector in fault(memory::bytes(call, vectors, size))?.chunks_exact(8) {
        let (at, len) = vector.split_at(4);
        let part = fault(memory::bytes(call, number(at), number(len)))?;
        if text.len() + part.len() > MAX_WRITE {
            return Err(errno::INVAL);
        }
        text.extend_from_slice(part);
    }
    Ok(text)
}

fn number(bytes: &[u8]) -> u32 {
    bytes.first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes))
}

fn fd_read(_: Call, _: u32, _: u32, _: u32, _: u32) -> Wasi {
    Err(errno::NOSYS)
}

fn fd_seek(_: Call, _: u32, _: i64, _: u32, _: u32) -> Wasi {
    Ok(())
}

fn fd_close(_: Call, _: u32) -> Wasi {
    Ok(())
}

/// Standard output and error can be written to, and nothing else.
fn fd_fdstat_get(call: Call, fd: u32, at: u32) -> Wasi {
    if fd != 1 && fd != 2 {
        return Err(errno::BADF);
    }
    let mut stat = [0; 24];
    if let Some(rights) = stat.get_mut(8..16) {
        rights.copy_from_slice(&64_u64.to_le_bytes());
    }
    fault(memory::write(call, at, &stat))
}

fn fd_fdstat_set_flags(_: Call, _: u32, _: u32) -> Wasi {
    Err(errno::NOSYS)
}

fn fd_prestat_get(_: Call, _: u32, _: u32) -> Wasi {
    Err(errno::BADF)
}

fn fd_prestat_dir_name(_: Call, _: u32, _: u32, _: u32) -> Wasi {
    Err(errno::NOTSUP)
}

#[expect(clippy::too_many_arguments, reason = "WASI's")]
fn path_open(
    _: Call,
    _: u32,
    _: u32,
    _: u32,
    _: u32,
    _: u32,
    _: i64,
    _: i64,
    _: u32,
    _: u32,
) -> Wasi {
    Err(44)
}

fn args_sizes_get(call: Call, count_at: u32, size_at: u32) -> Wasi {
    fault(memory::write_u32(call, count_at, 0))?;
    fault(memory::write_u32(call, size_at, 0))
}

fn args_get(_: Call, _: u32, _: u32) -> Wasi {
    Ok(())
}

/// The environment as WASI lays it out: `KEY=value` and a zero, each.
fn environment(call: &Caller<'_, HostState>) -> Vec<Vec<u8>> {
    let variables = call.data().vm.environment.iter();
    variables.map(|(key, value)| format!("{key}={value}\0").into_bytes()).collect()
}

fn environ_sizes_get(call: Call, count_at: u32, size_at: u32) -> Wasi {
    let environment = environment(call);
    let size: usize = environment.iter().map(Vec::len).sum();
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    fault(memory::write_u32(call, count_at, number(environment.len())))?;
    fault(memory::write_u32(call, size_at, number(size)))
}

fn environ_get(call: Call, mut list: u32, mut text: u32) -> Wasi {
    for variable in environment(call) {
        fault(memory::write_u32(call, list, text))?;
        fault(memory::write(call, text, &variable))?;
        list = list.wrapping_add(4);
        text = text.wrapping_add(u32::try_from(variable.len()).unwrap_or(u32::MAX));
    }
    Ok(())
}

/// Real and monotonic time are both the virtual clock.
fn clock_time_get(call: Call, clock: u32, _: i64, at: u32) -> Wasi {
    if clock > 1 {
        return Err(errno::NOTSUP);
    }
    let now = call.data().process.now.get();
    fault(memory::write_u64(call, at, now))
}

fn random_get(call: Call, at: u32, len: u32) -> Wasi {
    fault(memory::bytes(call, at, len))?;
    let mut random = vec![0; len as usize];
    call.data().process.random.borrow_mut().fill(&mut random);
    fault(memory::write(call, at, &random))
}

fn sched_yield(_: Call) -> Wasi {
    Ok(())
}

fn poll_oneoff(_: Call, _: u32, _: u32, _: u32, _: u32) -> Wasi {
    Err(errno::NOSYS)
}

/// Envoy does not end anything here either: the module runs on into its own `unreachable`.
fn proc_exit(call: Caller<'_, HostState>, code: u32) {
    let said = format!("the module called proc_exit({code})");
    // Debug is a level that there is.
    let _ = call.data().log(1, said.as_bytes());
}
