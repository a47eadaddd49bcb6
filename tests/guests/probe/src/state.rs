//! What the probe remembers. Never borrowed across a host call: the host may call back in.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::script::Script;

/// A stream, a connection, or the root context of a plugin.
#[derive(Clone, Debug, Default)]
pub struct Context {
    /// `root`, or `s` and a number.
    pub name: String,
    pub root: bool,
    /// The root context it belongs to; itself, if it is one.
    plugin: u32,
    calls: BTreeMap<String, u32>,
}

/// What the probe remembers.
#[derive(Default)]
pub struct State {
    pub contexts: BTreeMap<u32, Context>,
    /// The script of each root context.
    scripts: BTreeMap<u32, Rc<Script>>,
    /// The callouts under way: their tokens, in the order they began, and who began them.
    pub callouts: Vec<(u32, u32)>,
    /// Who began the callout that was answered last.
    pub owner: Option<u32>,
    pub metrics: BTreeMap<String, u32>,
    pub cas: u32,
    pub queue: u32,
    streams: u32,
    roots: u32,
}

thread_local! {
    static STATE: RefCell<State> = RefCell::default();
}

/// Looks at or changes what is remembered.
pub fn with<T>(f: impl FnOnce(&mut State) -> T) -> T {
    STATE.with_borrow_mut(f)
}

impl State {
    pub fn create(&mut self, id: u32, parent: u32) -> String {
        let root = parent == 0;
        let count = if root { &mut self.roots } else { &mut self.streams };
        *count += 1;
        let name = format!("{}{count}", if root { "root" } else { "s" });
        let plugin = if root { id } else { parent };
        self.contexts
            .insert(id, Context { name: name.clone(), root, plugin, ..Context::default() });
        name
    }

    /// The script by which this context goes.
    pub fn script(&self, id: u32) -> Rc<Script> {
        let plugin = self.contexts.get(&id).map_or(0, |context| context.plugin);
        self.scripts.get(&plugin).cloned().unwrap_or_default()
    }

    pub fn set_script(&mut self, id: u32, script: Rc<Script>) {
        self.scripts.insert(id, script);
    }

    /// Counts a call of this phase in this context.
    pub fn count(&mut self, id: u32, phase: &str) -> u32 {
        let context = self.contexts.entry(id).or_default();
        let calls = context.calls.entry(phase.into()).or_default();
        *calls += 1;
        *calls
    }

    pub fn name(&self, id: u32) -> String {
        self.contexts.get(&id).map_or_else(|| "unknown".into(), |context| context.name.clone())
    }

    pub fn newest_stream(&self) -> Option<u32> {
        self.contexts.iter().rev().find(|(_, context)| !context.root).map(|(id, _)| *id)
    }

    /// A stream by its name, such as `s1`; a root by `root`.
    pub fn named(&self, name: &str) -> Option<u32> {
        self.contexts.iter().find(|(_, context)| context.name == name).map(|(id, _)| *id)
    }

    /// Notes that this callout was answered: which one it was by order of beginning, and whose.
    pub fn answered(&mut self, token: u32) -> (usize, String) {
        let at = self.callouts.iter().position(|(known, _)| *known == token);
        self.owner = at.map(|at| self.callouts[at].1);
        (at.map_or(0, |at| at + 1), self.owner.map_or_else(|| "nobody".into(), |id| self.name(id)))
    }
}
