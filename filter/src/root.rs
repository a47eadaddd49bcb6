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
use crate::host::{self, Level};
use crate::http::Http;
use crate::meters;
use crate::plugin::Plugin;
use crate::registry;
use crate::store;
use serinus_core::config::{self, Errors, Rollout};
use serinus_core::contract::{Key, log};
use serinus_core::engine::TICK_MS;
use std::rc::Rc;

/// The same bad configuration reaches every VM within this time, and is one mistake.
const SAME_MISTAKE_MS: u64 = 10_000;

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
        let good_before = Key::Good.of(&name);
        match read(&bytes) {
            Ok((rollouts, advisers)) => {
                store::create(&good_before, b"1");
                let advised = rollouts.into_iter().zip(advisers);
                let live =
                    advised.map(|(rollout, adviser)| registry::install(&name, rollout, adviser));
                self.plugin = Rc::new(Plugin::new(live.collect()));
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
        self.plugin.tick();
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

/// Says once what is wrong, though every VM is asked.
fn complain(name: &str, bytes: &[u8], errors: &Errors) {
    let now = host::now_ms();
    let first = store::update(&Key::Mistake.of(name), |present| {
        let (mistake, said) = (fingerprint(bytes), present.and_then(decode_mistake));
        let known =
            said.is_some_and(|(m, at)| m == mistake && now < at.saturating_add(SAME_MISTAKE_MS));
        (!known).then(|| ([mistake.to_le_bytes(), now.to_le_bytes()].concat(), ()))
    });
    if first.is_some() {
        meters::config_error(name);
        host::log(Level::Error, &log::config_error(name, &errors.to_string()));
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
