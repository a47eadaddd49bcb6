//! A plugin's life: configuration, ticks, new streams.
//!
//! A new configuration makes a new root context in the same VM, and Envoy asks a throw-away VM
//! first. There and at start-up nobody must be left without an answer:
//!
//! | the configuration is | and before it was | the filter |
//! |---|---|---|
//! | good | anything | takes it |
//! | bad | good | refuses it; Envoy keeps the old one serving |
//! | bad | nothing | accepts, and gives everyone the baseline: refusing would end Envoy |

use crate::adviser::{self, Adviser};
use crate::evaluate::{Claimant, TICK_MS};
use crate::host::{self, Level};
use crate::http::Http;
use crate::meters;
use crate::store;
use crate::trial::LiveRollout;
use serinus_core::cohort::attribute::Reads;
use serinus_core::config::{self, Errors, Rollout};
use std::cell::RefCell;
use std::rc::{Rc, Weak};

/// The header that is taken away from clients while no rollout could be read.
const DEFAULT_HEADER: &str = "x-serinus-cohort";

/// The same bad configuration reaches every VM within this time, and is one mistake.
const SAME_MISTAKE_MS: u64 = 10_000;

thread_local! {
    /// The trials of this VM under their present configuration. Streams that began under an older
    /// one report to these. Weak, so that a rollout which leaves the configuration is gone with the
    /// last stream that knows it.
    static TRIALS: RefCell<Vec<Weak<LiveRollout>>> = const { RefCell::new(Vec::new()) };
}

/// A plugin under one configuration.
pub struct Plugin {
    trials: Vec<Rc<LiveRollout>>,
    /// Every header that a rollout of this plugin routes by.
    pub route_headers: Vec<String>,
    pub claimant: Claimant,
}

impl Plugin {
    fn new(trials: Vec<Rc<LiveRollout>>) -> Self {
        let mut route_headers: Vec<String> = Vec::new();
        for header in trials.iter().map(|trial| &trial.rollout.route.header) {
            if !route_headers.contains(header) {
                route_headers.push(header.clone());
            }
        }
        if route_headers.is_empty() {
            route_headers.push(DEFAULT_HEADER.to_owned());
        }
        Self { trials, route_headers, claimant: Claimant::new() }
    }

    /// The first rollout that the request is for.
    pub fn trial_for<'a>(&'a self, reads: &Reads<'a>) -> Option<&'a Rc<LiveRollout>> {
        self.trials.iter().find(|trial| {
            let matches = &trial.rollout.matches;
            // Each is read only if a rollout asks for it.
            let host = matches.hosts.is_empty()
                || matches.host(&reads.header(":authority").unwrap_or_default());
            host && (matches.path_prefix.is_empty()
                || matches.path(&reads.header(":path").unwrap_or_default()))
        })
    }
}

/// The root context.
pub struct Root {
    plugin: Rc<Plugin>,
}

impl Default for Root {
    fn default() -> Self {
        Self { plugin: Rc::new(Plugin::new(Vec::new())) }
    }
}

impl Root {
    /// Reads the plugin's configuration; whether it is accepted.
    pub fn configure(&mut self) -> bool {
        let bytes = host::plugin_configuration();
        let name = plugin_name();
        let good_before = store::key("good", &name);
        match read(&bytes) {
            Ok((rollouts, advisers)) => {
                store::create(&good_before, b"1");
                let advised = rollouts.into_iter().zip(advisers);
                let trials = advised.map(|(rollout, adviser)| install(&name, rollout, adviser));
                let trials = trials.collect();
                self.plugin = Rc::new(Plugin::new(trials));
                host::set_tick_period(TICK_MS);
                true
            }
            Err(errors) => {
                complain(&name, &bytes, &errors);
                store::read(&good_before, |_| Some(())).is_none()
            }
        }
    }

    /// Time has passed.
    pub fn tick(&self) {
        let now = host::now_ms();
        let present = self.plugin.trials.iter().filter(|trial| !trial.retired.get());
        present.for_each(|trial| trial.tick(now, &self.plugin.claimant));
    }

    /// A new stream.
    pub fn stream(&self) -> Http {
        Http::new(Rc::clone(&self.plugin))
    }
}

/// Reads a configuration and makes its policies ready, before anything of it is installed: one bad policy
/// leaves all of the old configuration in its place.
fn read(bytes: &[u8]) -> Result<(Vec<Rollout>, impl Iterator<Item = Adviser>), Errors> {
    let mut rollouts = config::parse(bytes)?;
    let advisers = adviser::engage(&mut rollouts)?;
    Ok((rollouts, advisers))
}

/// Opens a trial and retires the one that had its name in the same plugin.
fn install(plugin: &str, rollout: Rollout, adviser: Adviser) -> Rc<LiveRollout> {
    TRIALS.with_borrow_mut(|trials| {
        trials.retain(|old| match old.upgrade() {
            Some(old) if old.plugin == plugin && old.rollout.name == rollout.name => {
                old.flush(host::now_ms());
                old.retired.set(true);
                false
            }
            old => old.is_some(),
        });
        let trial = Rc::new(LiveRollout::open(plugin.to_owned(), rollout, adviser));
        trials.push(Rc::downgrade(&trial));
        trial
    })
}

/// The trial that has taken the place of `retired`.
pub fn successor(retired: &LiveRollout) -> Option<Rc<LiveRollout>> {
    TRIALS.with_borrow(|trials| {
        let mut present = trials.iter().filter_map(Weak::upgrade);
        present.find(|trial| {
            trial.plugin == retired.plugin && trial.rollout.name == retired.rollout.name
        })
    })
}

/// Says once what is wrong, though every VM is asked.
fn complain(name: &str, bytes: &[u8], errors: &Errors) {
    let now = host::now_ms();
    let first = store::update(&store::key("mistake", name), |present| {
        let (mistake, said) = (fingerprint(bytes), present.and_then(decode_mistake));
        let known =
            said.is_some_and(|(m, at)| m == mistake && now < at.saturating_add(SAME_MISTAKE_MS));
        (!known).then(|| ([mistake.to_le_bytes(), now.to_le_bytes()].concat(), ()))
    });
    if first.is_some() {
        meters::config_error(name);
        host::log(Level::Error, &format!("serinus.config_error plugin={name} {errors}"));
    }
}

fn decode_mistake(bytes: &[u8]) -> Option<(u64, u64)> {
    let (mistake, rest) = bytes.split_first_chunk()?;
    let (at, _) = rest.split_first_chunk()?;
    Some((u64::from_le_bytes(*mistake), u64::from_le_bytes(*at)))
}

/// FNV-1a, 64 bits: tells one configuration from another.
fn fingerprint(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// What tells this plugin from others in the same namespace.
fn plugin_name() -> String {
    let part = |property| {
        let bytes = host::property(&[property]).unwrap_or_default();
        String::from_utf8(bytes).unwrap_or_default()
    };
    let (name, root_id) = (part("plugin_name"), part("plugin_root_id"));
    if root_id.is_empty() { name } else { format!("{name}/{root_id}") }
}
