//! The host's side of a VM: what its calls read and change.

use super::allowance::Allowance;
use super::context::{Context, HttpView, Kind, RootView};
use super::declared::DeclaredProperties;
use super::deferred::Deferred;
use super::failure::FailureKind;
use super::plugin::VmInfo;
use super::port::Port;
use crate::abi::{AbiVersion, LogLevel, Status};
use crate::callout::Tokens;
use crate::cel::Expressions;
use crate::process::{LogLine, Process};
use crate::stream::StreamInfo;
use hashbrown::HashMap;
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;
use wasmtime::{Memory, TypedFunc};

/// Which metrics a VM has defined: an id is a place in one of these, and the kind in its last bits.
#[derive(Debug, Default)]
pub struct MetricIds {
    pub(crate) by_kind: [Vec<usize>; 3],
}

/// The host's side of a VM.
pub struct HostState {
    /// The VM's number within the proxy, counted from 1.
    pub serial: u64,
    /// The worker whose VM it is; 0 is the main thread.
    pub worker: u32,
    /// The ABI version that the module speaks.
    pub abi: AbiVersion,
    /// What the VM shares with the other VMs of the proxy.
    pub process: Rc<Process>,
    /// What the VM asks of the proxy around it.
    pub port: Rc<dyn Port>,
    /// The VM's settings.
    pub vm: Rc<VmInfo>,
    /// The plugin for which the VM is started: what it logs before there is a context is that plugin's.
    pub starts_for: Rc<str>,
    /// Lines below this are not logged.
    pub log_level: LogLevel,
    /// The VM's contexts, by number.
    pub contexts: HashMap<u32, Context>,
    /// The context that is being called; 0 while the module starts.
    pub current: u32,
    /// The context that host calls are about; 0 is the VM's own, which has neither stream nor plugin.
    pub effective: u32,
    /// Left to do when the call is over.
    pub deferred: Vec<Deferred>,
    /// A local reply was asked for during this call: nothing goes on, whatever it returns.
    pub stop_iteration: bool,
    /// The start function is running: most calls are denied.
    pub starting: bool,
    /// The allocator is running, on the host's behalf: all but logging is denied.
    pub allocating: bool,
    /// The allocator died: the call that needed it answered with a status, and the VM ends with this callback.
    pub allocator_failed: Option<FailureKind>,
    /// What a foreign function hands over.
    pub call_data: Vec<u8>,
    /// The metrics that this VM defined.
    pub metrics: MetricIds,
    /// The numbers of its callouts.
    pub tokens: Tokens,
    /// Properties that its plugins have declared.
    pub declared: DeclaredProperties,
    /// CEL expressions that its plugins have compiled, by root context.
    pub expressions: HashMap<u32, Expressions>,
    /// Callouts that have not been answered.
    pub open_calls: usize,
    /// The module's memory, once it is instantiated.
    pub memory: Option<Memory>,
    /// The module's allocator, and the name it has.
    pub allocate: Option<(&'static str, TypedFunc<u32, u32>)>,
    /// How long a callback may take by the clock on the wall.
    pub deadline: Option<Duration>,
    /// How much memory it may have.
    pub allowance: Allowance,
    next_context: u32,
}

impl HostState {
    /// A VM that has not been called yet.
    pub fn new(
        serial: u64,
        worker: u32,
        abi: AbiVersion,
        process: Rc<Process>,
        port: Rc<dyn Port>,
        vm: Rc<VmInfo>,
    ) -> Self {
        let allowance = Allowance::new(process.limits.memory);
        Self {
            serial,
            worker,
            abi,
            process,
            port,
            vm,
            starts_for: Rc::from(""),
            log_level: LogLevel::Info,
            contexts: HashMap::new(),
            current: 0,
            effective: 0,
            deferred: Vec::new(),
            stop_iteration: false,
            starting: false,
            allocating: false,
            allocator_failed: None,
            call_data: Vec::new(),
            metrics: MetricIds::default(),
            tokens: Tokens::default(),
            declared: DeclaredProperties::default(),
            expressions: HashMap::new(),
            open_calls: 0,
            memory: None,
            allocate: None,
            deadline: None,
            allowance,
            next_context: 1,
        }
    }

    /// Takes the number for the next context; 0 is never one.
    pub fn new_context_id(&mut self) -> u32 {
        loop {
            let id = self.next_context;
            self.next_context = id.checked_add(1).unwrap_or(1);
            if !self.contexts.contains_key(&id) {
                return id;
            }
        }
    }

    /// The number of the context that host calls are about.
    pub fn subject(&self) -> u32 {
        let there = self.effective == 0 || self.contexts.contains_key(&self.effective);
        if there { self.effective } else { self.current }
    }

    /// The context that host calls are about.
    pub fn context(&self) -> Option<&Context> {
        self.contexts.get(&self.subject())
    }

    /// The HTTP stream that host calls are about.
    pub fn http(&self) -> Option<&HttpView> {
        match &self.context()?.kind {
            Kind::Http(view) => Some(view),
            Kind::Root(_) | Kind::Tcp(_) => None,
        }
    }

    /// The HTTP stream that host calls are about.
    pub fn http_mut(&mut self) -> Option<&mut HttpView> {
        match &mut self.contexts.get_mut(&self.subject())?.kind {
            Kind::Http(view) => Some(view),
            Kind::Root(_) | Kind::Tcp(_) => None,
        }
    }

    /// What is known about the stream that host calls are about.
    pub fn info(&self) -> Option<&RefCell<StreamInfo>> {
        match &self.context()?.kind {
            Kind::Http(view) => Some(&view.stream.info),
            Kind::Tcp(view) => Some(&view.connection.info),
            Kind::Root(_) => None,
        }
    }

    /// The number of the root context behind what host calls are about.
    pub fn root_id(&self) -> u32 {
        self.context().map_or(0, |context| context.root)
    }

    /// The plugin behind what host calls are about.
    pub fn root(&self) -> Option<&RootView> {
        match &self.contexts.get(&self.root_id())?.kind {
            Kind::Root(root) => Some(root),
            Kind::Http(_) | Kind::Tcp(_) => None,
        }
    }

    /// The plugin behind what host calls are about.
    pub fn root_mut(&mut self) -> Option<&mut RootView> {
        match &mut self.contexts.get_mut(&self.root_id())?.kind {
            Kind::Root(root) => Some(root),
            Kind::Http(_) | Kind::Tcp(_) => None,
        }
    }

    /// What an error of the runtime means.
    pub fn cause_of(&self, error: &wasmtime::Error) -> FailureKind {
        let ms = self.deadline.map_or(0, |deadline| deadline.as_millis());
        let ms = u64::try_from(ms).unwrap_or(u64::MAX);
        FailureKind::of(error, self.process.limits.fuel, ms)
    }

    /// Writes a line to the log.
    ///
    /// # Errors
    /// [`Status::BadArgument`] for a level that there is none of.
    pub fn log(&self, level: u32, text: &[u8]) -> Result<(), Status> {
        let level = LogLevel::try_from(level)?;
        if level >= self.log_level {
            let text = String::from_utf8_lossy(text).into_owned();
            let (plugin, stream) = self.speaker();
            let (at, worker) = (self.process.now.get(), self.worker);
            let line = LogLine { at, worker, plugin, stream, level, text };
            self.process.log.borrow_mut().push(line);
        }
        Ok(())
    }

    fn speaker(&self) -> (Rc<str>, Option<u64>) {
        let Some(context) = self.context() else {
            return (Rc::clone(&self.starts_for), None);
        };
        let stream = match &context.kind {
            Kind::Http(view) => Some(view.stream.id),
            Kind::Tcp(view) => Some(view.connection.id),
            Kind::Root(_) => None,
        };
        (Rc::clone(&context.plugin.name), stream)
    }
}
