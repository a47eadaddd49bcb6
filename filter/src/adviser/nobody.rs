//! In a filter without an interpreter there is nobody to ask.

use serinus_core::config::{Errors, Rollout};
use serinus_core::policy::Opinion;
use serinus_core::promotion::{EvaluationInput, State};

/// Nobody.
pub struct Adviser;

/// Nobody for each rollout.
pub fn engage(_: &mut [Rollout]) -> Result<impl Iterator<Item = Adviser> + use<>, Errors> {
    Ok(std::iter::repeat_with(|| Adviser))
}

impl Adviser {
    pub fn opinion(&self, _: &Rollout, _: &State, _: &EvaluationInput<'_>) -> Option<Opinion> {
        None
    }
}
