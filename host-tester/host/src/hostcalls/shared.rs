//! Shared data and queues. Between any two of these calls another worker may have run.

use super::memory::{self, Call};
use super::{host_calls, limit};
use crate::abi::status::Outcome;
use crate::process::Listener;
use crate::state::HostState;
use wasmtime::Linker;

pub(super) fn define(linker: &mut Linker<HostState>) -> wasmtime::Result<()> {
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
    let (key, host) = memory::with_host(call, key, key_len)?;
    let (value, cas) = {
        let data = host.process.data.borrow();
        let (value, cas) = data.read(&host.vm.id, key)?;
        (value.to_vec(), cas)
    };
    memory::give(call, &value, at, len_at)?;
    Ok(memory::write_u32(call, cas_at, cas)?)
}

fn set(call: Call, key: u32, key_len: u32, value: u32, len: u32, cas: u32) -> Outcome {
    give_way(call);
    let key = memory::copy(call, key, key_len)?;
    let (value, host) = memory::with_host(call, value, len)?;
    let mut data = host.process.data.borrow_mut();
    data.set(&host.vm.id, &key, value, cas)?;
    let room = host.process.limits.shared_data;
    if data.bytes() > room { limit("shared data", room) } else { Ok(()) }
}

fn register(call: Call, name: u32, len: u32, token_at: u32) -> Outcome {
    let (name, host) = memory::with_host(call, name, len)?;
    let listener = Listener { vm: host.serial, context: host.root_id() };
    let token = host.process.queues.borrow_mut().register(&host.vm.id, name, listener);
    Ok(memory::write_u32(call, token_at, token)?)
}

fn resolve(call: Call, vm: u32, vm_len: u32, name: u32, len: u32, token_at: u32) -> Outcome {
    let name = memory::copy(call, name, len)?;
    let (vm, host) = memory::with_host(call, vm, vm_len)?;
    let vm = String::from_utf8_lossy(vm);
    let vm = if vm.is_empty() { host.vm.id.as_str() } else { &vm };
    let token = host.process.queues.borrow().resolve(vm, &name)?;
    Ok(memory::write_u32(call, token_at, token)?)
}

fn enqueue(call: Call, token: u32, at: u32, len: u32) -> Outcome {
    give_way(call);
    let (item, host) = memory::with_host(call, at, len)?;
    let (listener, bytes) = {
        let mut queues = host.process.queues.borrow_mut();
        (queues.enqueue(token, item)?, queues.bytes())
    };
    host.port.wake(listener, token);
    let room = host.process.limits.queues;
    if bytes > room { limit("queues", room) } else { Ok(()) }
}

fn dequeue(call: Call, token: u32, at: u32, len_at: u32) -> Outcome {
    give_way(call);
    let item = call.data().process.queues.borrow_mut().dequeue(token)?;
    memory::give(call, &item, at, len_at)
}

fn give_way(call: Call) {
    let host = call.data();
    host.port.give_way(host.worker);
}
