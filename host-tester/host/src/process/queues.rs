//! Queues between VMs.
//!
//! A queue wakes one VM: the one that registered it last, as in Envoy, where workers that all register
//! the same name take it from each other.

use crate::abi::Status;
use std::collections::{HashMap, VecDeque};

/// Who is woken when a queue has something: a root context of a worker's VM.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Listener {
    /// Which VM of this proxy, by [`crate::state::Guest::serial`].
    pub vm: u64,
    /// The root context that is told.
    pub context: u32,
}

#[derive(Debug)]
struct Queue {
    listener: Listener,
    items: VecDeque<Vec<u8>>,
}

/// The queues of a proxy.
#[derive(Debug, Default)]
pub(crate) struct Queues {
    names: HashMap<(String, Vec<u8>), u32>,
    queues: HashMap<u32, Queue>,
    bytes: usize,
}

impl Queues {
    /// Registers a queue, or takes it over; its token.
    pub(crate) fn register(&mut self, vm_id: &str, name: &[u8], listener: Listener) -> u32 {
        let next = u32::try_from(self.names.len() + 1).unwrap_or(u32::MAX);
        let token = *self.names.entry((vm_id.to_owned(), name.to_owned())).or_insert(next);
        let queue = self.queues.entry(token);
        queue
            .and_modify(|queue| queue.listener = listener)
            .or_insert_with(|| Queue { listener, items: VecDeque::new() });
        token
    }

    /// The token of a queue that somebody registered.
    ///
    /// # Errors
    /// [`Status::NotFound`].
    pub(crate) fn resolve(&self, vm_id: &str, name: &[u8]) -> Result<u32, Status> {
        let token = self.names.get(&(vm_id.to_owned(), name.to_owned()));
        token.copied().ok_or(Status::NotFound)
    }

    /// Puts an item at the end; who is to be woken.
    ///
    /// # Errors
    /// [`Status::NotFound`].
    pub(crate) fn enqueue(&mut self, token: u32, item: &[u8]) -> Result<Listener, Status> {
        let queue = self.queues.get_mut(&token).ok_or(Status::NotFound)?;
        queue.items.push_back(item.to_owned());
        self.bytes += item.len();
        Ok(queue.listener)
    }

    /// Takes the first item.
    ///
    /// # Errors
    /// [`Status::NotFound`], [`Status::Empty`].
    pub(crate) fn dequeue(&mut self, token: u32) -> Result<Vec<u8>, Status> {
        let queue = self.queues.get_mut(&token).ok_or(Status::NotFound)?;
        let item = queue.items.pop_front().ok_or(Status::Empty)?;
        self.bytes -= item.len();
        Ok(item)
    }

    /// Bytes of all items.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_to_register_is_woken_and_items_stay() {
        let mut queues = Queues::default();
        let (first, second) = (Listener { vm: 1, context: 2 }, Listener { vm: 2, context: 2 });
        let token = queues.register("vm", b"q", first);
        assert_eq!(queues.enqueue(token, b"a"), Ok(first));
        assert_eq!(queues.register("vm", b"q", second), token);
        assert_eq!(queues.enqueue(token, b"b"), Ok(second));
        assert_eq!(queues.dequeue(token).unwrap(), b"a");
        assert_eq!(queues.dequeue(token).unwrap(), b"b");
        assert_eq!(queues.dequeue(token), Err(Status::Empty));
        assert_eq!((queues.dequeue(9), queues.bytes()), (Err(Status::NotFound), 0));
        assert_eq!(queues.resolve("vm", b"q"), Ok(token));
        assert_eq!(queues.resolve("", b"q"), Err(Status::NotFound));
    }
}
