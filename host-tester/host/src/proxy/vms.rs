//! The VMs of a proxy, and the plugins that run in them.

use super::builder::FailurePolicy;
use crate::filter::Filter;
use crate::state::{Context, Kind, PluginInfo, RootView, VmInfo};
use crate::vm::Vm;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// The VMs of a proxy, and its plugins.
pub(super) struct Vms {
    /// The plugins, in the order of the chain.
    pub(super) slots: RefCell<Vec<Slot>>,
    /// The VMs that live.
    cells: RefCell<Vec<Rc<VmCell>>>,
    /// Plugins whose configuration was replaced, and whose old root contexts may still have streams.
    pub(super) retiring: RefCell<Vec<Rc<Handle>>>,
    /// The workers whose VMs are being called, the innermost last.
    busy: RefCell<Vec<u32>>,
    next_serial: Cell<u64>,
}

impl Default for Vms {
    fn default() -> Self {
        Self {
            slots: RefCell::default(),
            cells: RefCell::default(),
            retiring: RefCell::default(),
            busy: RefCell::default(),
            next_serial: Cell::new(1),
        }
    }
}

impl Vms {
    /// The number of the next VM, counted from 1.
    pub(super) fn next_serial(&self) -> u64 {
        self.next_serial.replace(self.next_serial.get() + 1)
    }

    /// A VM lives.
    pub(super) fn insert(&self, cell: &Rc<VmCell>) {
        self.cells.borrow_mut().push(Rc::clone(cell));
    }

    /// A VM has died.
    pub(super) fn remove(&self, serial: u64) {
        self.cells.borrow_mut().retain(|known| known.serial != serial);
    }

    /// The VM of a number, if it lives.
    pub(super) fn get(&self, serial: u64) -> Option<Rc<VmCell>> {
        self.cells.borrow().iter().find(|cell| cell.serial == serial).cloned()
    }

    /// The VM of a worker that plugins with these settings and this code share, if it lives.
    pub(super) fn serving(&self, key: &VmKey, worker: u32) -> Option<Rc<VmCell>> {
        self.cells.borrow().iter().find(|cell| cell.serves(key, worker)).cloned()
    }

    /// A VM of a worker is being called; calls nest.
    pub(super) fn begin_call(&self, worker: u32) {
        self.busy.borrow_mut().push(worker);
    }

    /// The innermost call is over.
    pub(super) fn end_call(&self) {
        self.busy.borrow_mut().pop();
    }

    /// The workers whose VMs are being called.
    pub(super) fn busy(&self) -> Vec<u32> {
        self.busy.borrow().clone()
    }
}

/// A VM on a worker.
pub(super) struct VmCell {
    pub(super) serial: u64,
    pub(super) worker: u32,
    pub(super) vm: RefCell<Vm>,
    pub(super) dead: Cell<bool>,
    pub(super) key: VmKey,
}

/// What plugins must have in common to share a VM.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct VmKey {
    pub(super) code: u64,
    pub(super) info: Rc<VmInfo>,
}

/// A plugin on a worker: its VM and its root context there.
pub(super) struct Handle {
    pub(super) vm: Rc<VmCell>,
    pub(super) root: u32,
    pub(super) info: Rc<PluginInfo>,
    pub(super) loaded_at: Cell<u64>,
    /// Streams in flight that use it.
    pub(super) streams: Cell<usize>,
}

impl Handle {
    /// One stream more uses the plugin.
    pub(super) fn enter(&self) {
        self.streams.set(self.streams.get() + 1);
    }

    /// One stream less uses the plugin, which may end if it has been replaced.
    pub(super) fn leave(&self) {
        self.streams.set(self.streams.get() - 1);
    }
}

/// A plugin of the proxy.
pub(super) struct Slot {
    pub(super) filter: Filter,
    pub(super) vm: Rc<VmInfo>,
    pub(super) info: Rc<PluginInfo>,
    pub(super) policy: FailurePolicy,
    /// By worker; 0 is the main thread. `None` where it could not be loaded.
    pub(super) handles: Vec<Option<Rc<Handle>>>,
}

impl Slot {
    pub(super) fn parts(&self) -> (Filter, Rc<VmInfo>, Rc<PluginInfo>) {
        (self.filter.clone(), Rc::clone(&self.vm), Rc::clone(&self.info))
    }
}

impl VmCell {
    fn serves(&self, key: &VmKey, worker: u32) -> bool {
        self.worker == worker && !self.dead.get() && self.key == *key
    }

    pub(super) fn add_root(&self, info: &Rc<PluginInfo>) -> u32 {
        let mut vm = self.vm.borrow_mut();
        let host = vm.host_mut();
        let id = host.new_context_id();
        let kind = Kind::Root(RootView::default());
        let plugin = Rc::clone(info);
        host.contexts.insert(id, Context { root: id, plugin, ending: false, kind });
        id
    }

    pub(super) fn set_configuring(&self, id: u32, configuring: bool) {
        self.with_root(id, |root| root.configuring = configuring);
    }

    pub(super) fn mark_ending(&self, id: u32) {
        if let Some(context) = self.vm.borrow_mut().host_mut().contexts.get_mut(&id) {
            context.ending = true;
        }
    }

    pub(super) fn with_root<T>(&self, id: u32, work: impl FnOnce(&mut RootView) -> T) -> Option<T> {
        let mut vm = self.vm.borrow_mut();
        match &mut vm.host_mut().contexts.get_mut(&id)?.kind {
            Kind::Root(root) => Some(work(root)),
            Kind::Http(_) | Kind::Tcp(_) => None,
        }
    }
}
