//! Functions by name.

use super::host_calls;
use super::memory::{self, Call};
use crate::abi::status::Outcome;
use crate::state::HostState;
use wasmtime::Linker;

pub(super) fn define(linker: &mut Linker<HostState>) -> wasmtime::Result<()> {
    host_calls! { linker, "env", "proxy_":
        call_foreign_function(name: u32, name_len: u32, args: u32, args_len: u32, at: u32, len_at: u32)
            = foreign;
    }
    Ok(())
}

fn foreign(
    call: Call,
    name: u32,
    name_len: u32,
    args: u32,
    args_len: u32,
    at: u32,
    len_at: u32,
) -> Outcome {
    let name = memory::copy(call, name, name_len)?;
    let args = memory::copy(call, args, args_len)?;
    let result = crate::foreign::call(call.data_mut(), &name, &args)?;
    if at != 0 && len_at != 0 { memory::give(call, &result, at, len_at) } else { Ok(()) }
}
