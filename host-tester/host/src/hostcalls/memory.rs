//! Pointers of a module, turned into bytes. The only place where that happens.

use crate::abi::status::{Outcome, Status};
use crate::state::HostState;
use bytes::Bytes;
use wasmtime::{AsContextMut, Caller, Memory};

/// A call from a module, with what is needed to answer it.
pub type Call<'a, 'b> = &'a mut Caller<'b, HostState>;

fn memory(call: &Caller<'_, HostState>) -> Result<Memory, Status> {
    call.data().memory.ok_or(Status::InvalidMemoryAccess)
}

fn range(at: u32, len: u32) -> Result<std::ops::Range<usize>, Status> {
    let end = u64::from(at) + u64::from(len);
    let end = usize::try_from(end).map_err(|_| Status::InvalidMemoryAccess)?;
    Ok(at as usize..end)
}

/// The bytes at a pointer.
pub fn bytes<'a>(call: &'a Caller<'_, HostState>, at: u32, len: u32) -> Result<&'a [u8], Status> {
    memory(call)?.data(call).get(range(at, len)?).ok_or(Status::InvalidMemoryAccess)
}

/// A copy of the bytes at a pointer.
pub fn copy(call: &Caller<'_, HostState>, at: u32, len: u32) -> Result<Bytes, Status> {
    bytes(call, at, len).map(Bytes::copy_from_slice)
}

/// The bytes at a pointer, together with the host's side.
pub fn with_host<'a>(
    call: &'a mut Caller<'_, HostState>,
    at: u32,
    len: u32,
) -> Result<(&'a [u8], &'a mut HostState), Status> {
    let memory = memory(call)?;
    let (memory, host) = memory.data_and_store_mut(call.as_context_mut());
    Ok((memory.get(range(at, len)?).ok_or(Status::InvalidMemoryAccess)?, host))
}

/// Writes bytes to a pointer.
pub fn write(call: &mut Caller<'_, HostState>, at: u32, bytes: &[u8]) -> Result<(), Status> {
    let memory = memory(call)?;
    let len = u32::try_from(bytes.len()).map_err(|_| Status::InvalidMemoryAccess)?;
    let target = memory.data_mut(call).get_mut(range(at, len)?);
    target.ok_or(Status::InvalidMemoryAccess)?.copy_from_slice(bytes);
    Ok(())
}

/// Writes a number to a pointer.
pub fn write_u32(call: &mut Caller<'_, HostState>, at: u32, number: u32) -> Result<(), Status> {
    write(call, at, &number.to_le_bytes())
}

/// Writes a number to a pointer.
pub fn write_u64(call: &mut Caller<'_, HostState>, at: u32, number: u64) -> Result<(), Status> {
    write(call, at, &number.to_le_bytes())
}

/// Hands bytes over: into memory that the module allocates, with pointer and length written to where
/// it wants them. Nothing is allocated for no bytes, as in Envoy.
pub fn give(
    call: &mut Caller<'_, HostState>,
    bytes: &[u8],
    pointer_at: u32,
    len_at: u32,
) -> Outcome {
    let len = u32::try_from(bytes.len()).map_err(|_| Status::InternalFailure)?;
    let pointer = if len == 0 { 0 } else { place(call, bytes, len)? };
    write_u32(call, pointer_at, pointer)?;
    write_u32(call, len_at, len)?;
    Ok(())
}

/// Has the module allocate, and writes there. Its allocator is code of the module's: it may trap, lie,
/// or call the host again. As on Envoy, one that dies makes the call fail and the VM end, but only when the
/// callback is over; and it is not asked twice.
fn place(call: &mut Caller<'_, HostState>, bytes: &[u8], len: u32) -> Outcome<u32> {
    if call.data().allocator_failed.is_some() {
        return Err(Status::InvalidMemoryAccess.into());
    }
    let (_, allocate) = call.data().allocate.clone().ok_or(Status::InvalidMemoryAccess)?;
    call.data_mut().allocating = true;
    let allocated = allocate.call(call.as_context_mut(), len);
    let host = call.data_mut();
    host.allocating = false;
    let pointer = match allocated {
        Ok(pointer) => pointer,
        Err(error) => {
            host.allocator_failed = Some(host.cause_of(&error));
            return Err(Status::InvalidMemoryAccess.into());
        }
    };
    if pointer == 0 {
        return Err(Status::InvalidMemoryAccess.into());
    }
    write(call, pointer, bytes)?;
    Ok(pointer)
}
