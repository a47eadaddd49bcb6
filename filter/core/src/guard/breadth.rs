//! Whether failures are about single users, or about a version.

use crate::cohort::decide::Cohort;
use crate::evidence::PerArm;

/// The share of an arm's answers above which failures are not about single users any more.
const BROAD: f64 = 0.2;

/// Over how many answers that share is taken, weighted by age: 58 failures in a row exceed it.
const MEMORY: f64 = 256.0;

/// What share of its answers each arm fails lately, as one worker sees it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Breadth(PerArm<f64>);

impl Breadth {
    /// A good answer.
    pub fn succeeded(&mut self, arm: Cohort) {
        let failing = self.0.get_mut(arm);
        *failing -= *failing / MEMORY;
    }

    /// So many good answers.
    pub fn pass(&mut self, arm: Cohort, answers: u64) {
        *self.0.get_mut(arm) *= libm::exp(answers as f64 * libm::log1p(-1.0 / MEMORY));
    }

    /// A failure: whether more than a fifth fails, in either arm.
    pub fn failed(&mut self, arm: Cohort) -> bool {
        let failing = self.0.get_mut(arm);
        *failing += (1.0 - *failing) / MEMORY;
        self.0.baseline > BROAD || self.0.canary > BROAD
    }
}
