//! Shared data and queues. Between any two of these calls another worker may have run.

use super::{host_calls, limit};
use crate::abi::memory::{self, Call};
use crate::abi::status::Outcome;
use crate::process::Listener;
use crate::vm::Guest;
use wasmtime::Linker;

pub(super) fn define(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    host_calls! { linker, "env", "proxy_":
        get_shared_data(key: u32, key_len: u32, at: u32, len_at: u32, cas_at: u32) = get;
        set_shared_data(key: u32, key_len: u32, value: u32, len: u32, cas: u32) = set;
        register_shared_queue(name: u32, len: u32, token_at: u32) = register;
        resolve_shared_queue(vm: u32, vm_len: u32, name: u32, len: u32, token_at: u32) = resolve;
        enqueue_shared_queue(token: u32, at: u32, len: u32) = enqueue;
        dequeue_shared_queue(token: u32, at: u32, len_at: u32) = dequeue;
    }
    Ok(())
}

fn get(call: Call, key: u32, key_len: u32, at: u32, len_at: u32, cas_at: u32) -> Outcome {
    give_way(call);
    let (key, guest) = memory::with_guest(call, key, key_len)?;
    let (value, cas) = {
        let data = guest.process.data.borrow();
        let (value, cas) = data.read(&guest.vm.id, key)?;
        (value.to_vec(), cas)
    };
    memory::give(call, &value, at, len_at)?;
    Ok(memory::write_u32(call, cas_at, cas)?)
}

fn set(call: Call, key: u32, key_len: u32, value: u32, len: u32, cas: u32) -> Outcome {
    give_way(call);
    let key = memory::copy(call, key, key_len)?;
    let (value, guest) = memory::with_guest(call, value, len)?;
    let mut data = guest.process.data.borrow_mut();
    data.set(&guest.vm.id, &key, value, cas)?;
    let room = guest.process.limits.shared_data;
    if data.bytes() > room { limit("shared data", room) } else { Ok(()) }
}

fn register(call: Call, name: u32, len: u32, token_at: u32) -> Outcome {
    let (name, guest) = memory::with_guest(call, name, len)?;
    let listener = Listener { vm: guest.serial, context: guest.root_id() };
    let token = guest.process.queues.borrow_mut().register(&guest.vm.id, name, listener);
    Ok(memory::write_u32(call, token_at, token)?)
}

fn resolve(call: Call, vm: u32, vm_len: u32, name: u32, len: u32, token_at: u32) -> Outcome {
    let name = memory::copy(call, name, len)?;
    let (vm, guest) = memory::with_guest(call, vm, vm_len)?;
    let vm = String::from_utf8_lossy(vm);
    let vm = if vm.is_empty() { guest.vm.id.as_str() } else { &vm };
    let token = guest.process.queues.borrow().resolve(vm, &name)?;
    Ok(memory::write_u32(call, token_at, token)?)
}

fn enqueue(call: Call, token: u32, at: u32, len: u32) -> Outcome {
    give_way(call);
    let (item, guest) = memory::with_guest(call, at, len)?;
    let (listener, bytes) = {
        let mut queues = guest.process.queues.borrow_mut();
        (queues.enqueue(token, item)?, queues.bytes())
    };
    guest.port.wake(listener, token);
    let room = guest.process.limits.queues;
    if bytes > room { limit("queues", room) } else { Ok(()) }
}

fn dequeue(call: Call, token: u32, at: u32, len_at: u32) -> Outcome {
    give_way(call);
    let item = call.data().process.queues.borrow_mut().dequeue(token)?;
    memory::give(call, &item, at, len_at)
}

fn give_way(call: Call) {
    let guest = call.data();
    guest.port.give_way(guest.worker);
}
