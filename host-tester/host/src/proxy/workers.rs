//! VMs on workers: how a plugin comes to them, changes, dies and comes back.
//!
//! As in Envoy: a throw-away VM is configured first, and only if that succeeds the main thread's and every
//! worker's. VMs of the same settings and code are shared by plugins. A VM that died is loaded again only
//! under `FAIL_RELOAD`, at the next stream, and not too soon after it was loaded.

use super::builder::{FailurePolicy, Plugin, StartError};
use super::link::Link;
use super::simulation::Simulation;
use super::vms::{Handle, Slot, VmCell, VmKey};
use crate::filter::Filter;
use crate::process::{LogLevel, LogLine};
use crate::state::{Deferred, HostState, PluginInfo, VmFailure, VmInfo};
use crate::vm::{Callback, Vm};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use thiserror::Error;

/// Envoy reloads a VM no sooner than this after it was loaded; up to half as much is added at random.
const RELOAD_BACK_OFF_NS: u64 = 1_000_000_000;

/// A plugin would not take a configuration.
///
/// ```
/// use serinus_host::{example, proxy::*, upstream::*};
/// let mut proxy = example::builder()?.start()?;
/// assert_eq!(proxy.configure("mine", b"bad"), Err(ConfigureError::Configuration));
/// assert_eq!(proxy.configure("yours", b""), Err(ConfigureError::NoPlugin("yours".to_owned())));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ConfigureError {
    /// The proxy has no plugin of that name.
    #[error("there is no plugin named {0:?}")]
    NoPlugin(String),
    /// The plugin answered `false` to `proxy_on_configure`.
    #[error("the plugin refused its configuration; its log says why")]
    Configuration,
    /// The plugin answered `false` to `proxy_on_vm_start`, before it was configured.
    #[error("the plugin refused to start; its log says why")]
    Start,
    /// The plugin's VM died while it was started or configured.
    #[error("{0}")]
    Died(#[from] VmFailure),
}

impl Simulation {
    /// Loads a plugin on every thread.
    pub(super) fn load(&self, plugin: Plugin) -> Result<(), StartError> {
        let name = plugin.info.name.to_string();
        let (filter, vm, info, policy) = plugin.into_parts();
        self.rehearse(&filter, &vm, &info).map_err(|refused| StartError {
            plugin: name,
            refused,
            logs: self.said(),
        })?;
        let handles = self.spread(&filter, &vm, &info);
        self.vms.slots.borrow_mut().push(Slot { filter, vm, info, policy, handles });
        Ok(())
    }

    /// What plugins have said so far. The host's own lines tell of VMs that have died.
    fn said(&self) -> Box<[String]> {
        let log = self.process.log.borrow();
        let hosts = |line: &&LogLine| line.plugin.is_empty() && line.level == LogLevel::Critical;
        log.lines()
            .filter(|line| !hosts(line))
            .map(|line| format!("[{}] {}", line.level.as_str(), line.text))
            .collect()
    }

    /// Configures a plugin anew: everywhere, or nowhere.
    pub(super) fn reconfigure(
        &self,
        name: &str,
        configuration: &[u8],
    ) -> Result<(), ConfigureError> {
        let found = self.vms.slots.borrow().iter().position(|slot| slot.info.name.as_ref() == name);
        let index = found.ok_or_else(|| ConfigureError::NoPlugin(name.to_owned()))?;
        let (filter, vm, old) = {
            let slots = self.vms.slots.borrow();
            let parts = slots.get(index).map(Slot::parts);
            parts.ok_or_else(|| ConfigureError::NoPlugin(name.to_owned()))?
        };
        if old.configuration == configuration {
            return Ok(());
        }
        let info = Rc::new(PluginInfo {
            name: Rc::clone(&old.name),
            root_id: old.root_id.clone(),
            configuration: configuration.to_vec().into(),
            allow_stop_iteration: old.allow_stop_iteration,
        });
        self.rehearse(&filter, &vm, &info)?;
        let handles = self.spread(&filter, &vm, &info);
        let mut retired = Vec::new();
        if let Some(slot) = self.vms.slots.borrow_mut().get_mut(index) {
            slot.info = info;
            retired = std::mem::replace(&mut slot.handles, handles);
        }
        self.vms.retiring.borrow_mut().extend(retired.into_iter().flatten());
        self.retire();
        Ok(())
    }

    /// The throw-away VM.
    fn rehearse(
        &self,
        filter: &Filter,
        vm: &Rc<VmInfo>,
        info: &Rc<PluginInfo>,
    ) -> Result<(), ConfigureError> {
        let cell = self.instantiate(filter, vm, info, 0)?;
        let configured = self.configure(&cell, info).map(|_| ());
        cell.dead.set(true);
        configured
    }

    /// The main thread and every worker. One that fails here, where the rehearsal did not, is left out.
    fn spread(
        &self,
        filter: &Filter,
        vm: &Rc<VmInfo>,
        info: &Rc<PluginInfo>,
    ) -> Vec<Option<Rc<Handle>>> {
        let on = |worker| self.load_on(filter, vm, info, worker).ok().map(Rc::new);
        (0..=self.workers).map(on).collect()
    }

    fn load_on(
        &self,
        filter: &Filter,
        vm: &Rc<VmInfo>,
        info: &Rc<PluginInfo>,
        worker: u32,
    ) -> Result<Handle, ConfigureError> {
        let key = VmKey { code: filter.digest(), info: Rc::clone(vm) };
        let cell = match self.vms.serving(&key, worker) {
            Some(cell) => cell,
            None => {
                let cell = self.instantiate(filter, vm, info, worker)?;
                self.vms.insert(&cell);
                cell
            }
        };
        let root = self.configure(&cell, info)?;
        let loaded_at = Cell::new(self.now());
        Ok(Handle { vm: cell, root, info: Rc::clone(info), loaded_at, streams: Cell::new(0) })
    }

    fn instantiate(
        &self,
        filter: &Filter,
        vm: &Rc<VmInfo>,
        info: &PluginInfo,
        worker: u32,
    ) -> Result<Rc<VmCell>, VmFailure> {
        let serial = self.vms.next_serial();
        let port = Rc::new(Link::to(self));
        let process = Rc::clone(&self.process);
        let mut host =
            HostState::new(serial, worker, filter.abi_version(), process, port, Rc::clone(vm));
        host.log_level = self.log_level;
        host.starts_for = Rc::clone(&info.name);
        let started = Vm::start(filter, host).inspect_err(|failure| self.died(failure));
        Ok(Rc::new(VmCell {
            serial,
            worker,
            vm: RefCell::new(started?),
            dead: Cell::new(false),
            key: VmKey { code: filter.digest(), info: Rc::clone(vm) },
        }))
    }

    /// A new root context: created, started (even in a VM that others have started) and configured.
    fn configure(&self, cell: &Rc<VmCell>, info: &Rc<PluginInfo>) -> Result<u32, ConfigureError> {
        let id = cell.add_root(info);
        let size = |bytes: &[u8]| u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        let vm_size = size(&cell.key.info.configuration);
        self.call(cell, id, Callback::ContextCreate { parent: 0 })?;
        if self.call(cell, id, Callback::VmStart { size: vm_size })? == Some(0) {
            return Err(ConfigureError::Start);
        }
        cell.set_configuring(id, true);
        let size = size(&info.configuration);
        let configured = self.call(cell, id, Callback::Configure { size });
        cell.set_configuring(id, false);
        if configured? == Some(0) { Err(ConfigureError::Configuration) } else { Ok(id) }
    }

    /// A plugin on a worker for a new stream, loaded again if it died and may be. `None`: skip it.
    fn handle_for(&self, index: usize, worker: u32) -> Option<Rc<Handle>> {
        let (handle, policy) = {
            let slots = self.vms.slots.borrow();
            let slot = slots.get(index)?;
            (slot.handles.get(worker as usize)?.clone()?, slot.policy)
        };
        if !handle.vm.dead.get() {
            return Some(handle);
        }
        match policy {
            FailurePolicy::Open => None,
            FailurePolicy::Closed => Some(handle),
            FailurePolicy::Reload => Some(self.reload(index, worker, handle)),
        }
    }

    /// Every plugin on a worker for a new stream, in the order of the chain.
    pub(super) fn handles_for(&self, worker: u32) -> Vec<Option<Rc<Handle>>> {
        let plugins = self.vms.slots.borrow().len();
        (0..plugins).map(|index| self.handle_for(index, worker)).collect()
    }

    fn reload(&self, index: usize, worker: u32, dead: Rc<Handle>) -> Rc<Handle> {
        let now = self.now();
        let jitter = self.random.borrow_mut().u64(0..=RELOAD_BACK_OFF_NS / 2);
        if dead.loaded_at.get() + RELOAD_BACK_OFF_NS + jitter > now {
            return dead;
        }
        let parts = {
            let slots = self.vms.slots.borrow();
            slots.get(index).map(Slot::parts)
        };
        let Some((filter, vm, info)) = parts else {
            return dead;
        };
        let loaded = self.load_on(&filter, &vm, &info, worker).map(Rc::new);
        let Ok(handle) = loaded else {
            dead.loaded_at.set(now);
            return dead;
        };
        let mut slots = self.vms.slots.borrow_mut();
        if let Some(slot) =
            slots.get_mut(index).and_then(|slot| slot.handles.get_mut(worker as usize))
        {
            *slot = Some(Rc::clone(&handle));
        }
        handle
    }

    /// Ends the root contexts of replaced configurations that no stream uses any more.
    pub(super) fn retire(&self) {
        let mut retiring = self.vms.retiring.borrow_mut();
        if retiring.is_empty() {
            return;
        }
        let (idle, busy) = retiring.drain(..).partition(|handle| handle.streams.get() == 0);
        *retiring = busy;
        drop(retiring);
        let idle: Vec<Rc<Handle>> = idle;
        idle.iter().for_each(|handle| self.end_root(handle));
    }

    /// The last plugin ends first, after the TCP connections that it still has.
    pub(super) fn stop(&self) {
        for worker in (1..=self.workers).chain([0]) {
            self.tcp_stop(worker);
            let handles = self.handles_on(worker as usize);
            handles.iter().rev().for_each(|handle| self.end_root(handle));
        }
    }

    fn handles_on(&self, worker: usize) -> Vec<Rc<Handle>> {
        let slots = self.vms.slots.borrow();
        slots.iter().filter_map(|slot| slot.handles.get(worker)?.clone()).collect()
    }

    fn end_root(&self, handle: &Handle) {
        if handle.vm.dead.get() {
            return;
        }
        match self.call(&handle.vm, handle.root, Callback::Done) {
            Ok(Some(0)) => handle.vm.mark_ending(handle.root),
            Ok(_) => self.delete_root(&handle.vm, handle.root),
            Err(_) => {}
        }
    }

    pub(super) fn delete_root(&self, cell: &Rc<VmCell>, root: u32) {
        self.tick_every(cell.serial, root, 0);
        // A VM that dies here has been reported, and nobody waits for an answer.
        let _ = self.call(cell, root, Callback::Delete);
        if !cell.dead.get() {
            cell.vm.borrow_mut().host_mut().contexts.remove(&root);
        }
    }

    /// Calls a context back and does what the call left to do.
    pub(super) fn call(
        &self,
        cell: &Rc<VmCell>,
        context: u32,
        callback: Callback,
    ) -> Result<Option<u32>, VmFailure> {
        let (result, deferred, _) = self.call_only(cell, context, callback)?;
        if let Callback::HttpCallResponse { .. } = callback {
            // The answer can be read in its own callback, not in those that this one sets off.
            cell.with_root(context, |root| root.answer = None);
        }
        self.settle(cell, deferred);
        Ok(result)
    }

    /// Calls a context back; what it left to do is the caller's.
    pub(super) fn call_only(
        &self,
        cell: &Rc<VmCell>,
        context: u32,
        callback: Callback,
    ) -> Result<(Option<u32>, Vec<Deferred>, bool), VmFailure> {
        let (result, deferred, stopped) = {
            self.vms.begin_call(cell.worker);
            let mut vm = cell.vm.borrow_mut();
            let result = vm.call(context, callback);
            let (deferred, stopped) = vm.take_deferred();
            self.vms.end_call();
            (result, deferred, stopped)
        };
        match result {
            Ok(result) => Ok((result, deferred, stopped)),
            Err(failure) => {
                cell.dead.set(true);
                self.died(&failure);
                self.vms.remove(cell.serial);
                Err(failure)
            }
        }
    }
}
