//! The gates.

use crate::config::profile::Preset;
use crate::config::rollout::{Event, Levels};
use crate::decode::Path;
use crate::decode::error::Errors;
use crate::gate::keys::{self, Context, Severity};
use crate::gate::{Gate, effect::Effect, errors};
use crate::guard::GuardPolicy;
use crate::stats::alpha;

pub(super) fn gates(
    keys: Option<Vec<keys::Gate>>,
    preset: &Preset,
    events: &[Event],
    at: &Path<'_>,
    errors: &mut Errors,
) -> Vec<Gate> {
    let Some(keys) = keys else {
        return preset_gates(preset);
    };
    let events: Vec<&str> = events.iter().map(|event| event.name.as_str()).collect();
    let context = Context { max_errors: preset.max_errors, events: &events };
    let mut gates: Vec<Gate> = Vec::with_capacity(keys.len());
    for (i, keys) in keys.iter().enumerate() {
        let at = at.index(i);
        let Some(gate) = keys::read(keys, &context, &at, errors) else { continue };
        if gates.iter().any(|earlier| earlier.label == gate.label) {
            at.report(errors, format!("`{}` is there already", gate.label));
        }
        gates.push(gate);
    }
    gates
}

fn preset_gates(preset: &Preset) -> Vec<Gate> {
    let errors = errors::Errors::gate(preset.max_errors, Severity::Critical);
    let effect = preset.max_effect.map(|max| Effect::gate(max, Severity::Warn));
    [errors].into_iter().chain(effect).collect()
}

/// Divides the budget of false rollbacks; see [`Levels`].
pub(super) fn levels(
    guard: GuardPolicy,
    promote: f64,
    gates: &[Gate],
    tests_forced: bool,
    stages: usize,
) -> (GuardPolicy, Levels) {
    let acting = gates.iter().filter(|gate| gate.rolls_back());
    // One test of its own for the requests that a rule sent to the canary.
    let tests = |gate: &Gate| if tests_forced && gate.limit().is_some() { 2 } else { 1 };
    let acting: u32 = acting.map(tests).sum();
    let part = if acting == 0 { 1.0 } else { Levels::GUARD_PART };
    let rollback_in_all = alpha::share(guard.alpha * (1.0 - Levels::GUARD_PART), acting);
    let rollback = alpha::share(rollback_in_all, stages as u32);
    let guard = GuardPolicy { alpha: guard.alpha * part, ..guard };
    (guard, Levels { promote, rollback, rollback_in_all })
}
