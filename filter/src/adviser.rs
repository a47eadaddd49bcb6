//! The operator's policy: compiled when the rollout is configured, asked on the tick.
//!
//! Everything that can be told of a policy without a snapshot is told at configuration, so that a
//! module which does not compile, or does not take its parameters, never replaces one that works.
//! Compiling costs milliseconds in each VM; a configuration that keeps the module finds it compiled.

use crate::meters::Meter;
use serinus_core::config::{Errors, PolicyPlan, PolicySource, Rollout};
use serinus_core::engine;
use serinus_core::policy::{Failure, Opinion, Param, Snapshot};
use serinus_interpreter::{Evaluation, Limits, Policy, Refusal};
use std::cell::RefCell;
use std::rc::{Rc, Weak};

/// A module and what it may use.
type Key = ([u8; 32], Limits);

thread_local! {
    /// What is compiled in this VM; gone with the last rollout that asks it.
    static COMPILED: RefCell<Vec<(Key, Weak<Policy>)>> = const { RefCell::new(Vec::new()) };
}

/// Who is asked about a rollout; nobody, where it has no policy.
pub struct Adviser(Option<Engaged>);

struct Engaged {
    policy: Rc<Policy>,
    fingerprint: String,
    params: Vec<Param>,
    failures: [Meter; Failure::ALL.len()],
}

/// Makes the policy of each rollout ready.
///
/// # Errors
/// What is wrong with the first module, or its parameters, that cannot be taken.
pub fn engage(rollouts: &mut [Rollout]) -> Result<impl Iterator<Item = Adviser> + use<>, Errors> {
    let several = rollouts.len() > 1;
    let numbered = rollouts.iter_mut().enumerate();
    let advisers = numbered.map(|(i, rollout)| {
        let at = if several { format!("rollouts[{i}].policy") } else { "policy".to_owned() };
        let engaged = Engaged::new(rollout);
        let problem = |(key, problem)| Errors::single(format!("{at}{key}"), problem);
        engaged.map(Adviser).map_err(problem)
    });
    advisers.collect::<Result<Vec<_>, _>>().map(Vec::into_iter)
}

/// Which key of the policy is wrong, and how.
type Problem = (&'static str, String);

impl engine::Adviser for Adviser {
    fn fingerprint(&self) -> Option<&str> {
        self.0.as_ref().map(|engaged| engaged.fingerprint.as_str())
    }

    fn params(&self) -> Vec<Param> {
        self.0.as_ref().map(|engaged| engaged.params.clone()).unwrap_or_default()
    }

    fn evaluate(&self, snapshot: &Snapshot) -> Option<Opinion> {
        let engaged = self.0.as_ref()?;
        let Evaluation { outcome, fuel_used } = engaged.policy.evaluate(snapshot);
        if let Err(failure) = &outcome {
            engaged.count(*failure);
        }
        Some(Opinion { sha256: engaged.fingerprint.clone(), fuel: fuel_used, outcome })
    }
}

impl Engaged {
    /// Takes the module out of the rollout: compiled, it is twice as large already.
    fn new(rollout: &mut Rollout) -> Result<Option<Self>, Problem> {
        let Some(plan) = &mut rollout.policy else { return Ok(None) };
        let fingerprint = plan.source.fingerprint();
        let policy = compiled(plan)?;
        policy.validate(&plan.params).map_err(refused)?;
        let failures = Failure::ALL.map(|kind| Meter::policy_failures(&rollout.name, kind));
        let params = plan.params.clone();
        Ok(Some(Self { policy, fingerprint, params, failures }))
    }

    fn count(&self, failure: Failure) {
        let mut kinds = Failure::ALL.iter().zip(self.failures);
        if let Some((_, meter)) = kinds.find(|(kind, _)| **kind == failure) {
            meter.increment();
        }
    }
}

/// The plan's policy, compiled unless it is already.
fn compiled(plan: &mut PolicyPlan) -> Result<Rc<Policy>, Problem> {
    let PolicySource::Inline { wasm, sha256 } = &mut plan.source else {
        let problem = "a proxy reads no files: `serinus render` inlines the module";
        return Err((".file", problem.to_owned()));
    };
    let limits = Limits { fuel: plan.fuel, memory: plan.memory };
    let (key, wasm) = ((*sha256, limits), std::mem::take(wasm));
    COMPILED.with_borrow_mut(|known| {
        known.retain(|(_, policy)| policy.strong_count() > 0);
        let same = known.iter().find(|(of, _)| *of == key);
        if let Some(policy) = same.and_then(|(_, policy)| policy.upgrade()) {
            return Ok(policy);
        }
        let policy = Policy::compile(&wasm, limits);
        let policy = policy.map_err(|error| ("", error.to_string()))?;
        let policy = Rc::new(policy);
        known.push((key, Rc::downgrade(&policy)));
        Ok(policy)
    })
}

fn refused(refusal: Refusal) -> Problem {
    match refusal {
        Refusal::Mistakes(mistakes) => (".params", mistakes.join("; ")),
        Refusal::Failed(failure) => {
            ("", format!("could not be asked about its params: {}", failure.as_str()))
        }
    }
}
