//! The log, the clock, ticks, and the status of the last callout.

use super::host_calls;
use super::memory::{self, Call};
use crate::abi::AbiVersion;
use crate::abi::status::Outcome;
use crate::state::HostState;
use wasmtime::Linker;

pub(super) fn define(linker: &mut Linker<HostState>, abi: AbiVersion) -> wasmtime::Result<()> {
    host_calls! { linker, "env", "proxy_":
        log(level: u32, at: u32, len: u32) = log;
        get_current_time_nanoseconds(at: u32) = now;
        set_tick_period_milliseconds(ms: u32) = tick_every;
        get_status(code_at: u32, text_at: u32, len_at: u32) = status;
    }
    if abi == AbiVersion::V0_2_1 {
        host_calls! { linker, "env", "proxy_": get_log_level(at: u32) = log_level; }
    }
    linker.func_wrap("env", "pthread_equal", |left: u32, right: u32| u32::from(left == right))?;
    linker.func_wrap("env", "emscripten_notify_memory_growth", |_: u32| ())?;
    Ok(())
}

fn log(call: Call, level: u32, at: u32, len: u32) -> Outcome {
    let (text, host) = memory::with_host(call, at, len)?;
    Ok(host.log(level, text)?)
}

fn log_level(call: Call, at: u32) -> Outcome {
    let level = call.data().log_level as u32;
    Ok(memory::write_u32(call, at, level)?)
}

fn now(call: Call, at: u32) -> Outcome {
    let now = call.data().process.now.get();
    Ok(memory::write_u64(call, at, now)?)
}

fn tick_every(call: Call, ms: u32) -> Outcome {
    let host = call.data();
    host.port.tick_every(host.serial, host.root_id(), ms);
    Ok(())
}

fn status(call: Call, code_at: u32, text_at: u32, len_at: u32) -> Outcome {
    let (code, text) = call.data().root().map(|root| root.status.clone()).unwrap_or_default();
    memory::write_u32(call, code_at, code)?;
    memory::give(call, &text, text_at, len_at)
}
