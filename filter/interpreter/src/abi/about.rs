//! What a policy says about itself. The filter never asks; the laptop does, where a policy is built or checked without
//! wasmtime.

use super::{Layout, Lift};
use serinus_core::policy::{About, Failure, MAX_DECISION, ParamAbout, ParamValue};

pub(super) const ABOUT: Layout = Layout { size: 32, align: 4, cost: 0 };
pub(super) const PARAM_ABOUT: Layout = Layout { size: 40, align: 8, cost: 40 };

/// What all of it may take, bytes: as much as wasmtime is allowed to copy.
const MAX_ABOUT: usize = 3 * MAX_DECISION;

/// The `about` at `address`.
///
/// # Errors
/// [`Failure::Malformed`], or [`Failure::TooLarge`].
pub fn lift_about(memory: &[u8], address: u32) -> Result<About, Failure> {
    let mut lift = Lift { memory, left: MAX_ABOUT };
    let at = lift.start(address, ABOUT)?;
    let (name, version) = (lift.string(at)?, lift.string(at + 8)?);
    let description = lift.string(at + 16)?;
    let params = lift.list(at + 24, PARAM_ABOUT)?;
    let params = params.map(|at| lift.param_about(at)).collect::<Result<_, _>>()?;
    Ok(About { name, version, description, params })
}

impl Lift<'_> {
    fn param_about(&mut self, at: usize) -> Result<ParamAbout, Failure> {
        Ok(ParamAbout {
            name: self.string(at)?,
            description: self.string(at + 8)?,
            default: match self.u8(at + 16)? {
                0 => None,
                1 => Some(self.param_value(at + 24)?),
                _ => return Err(Failure::Malformed),
            },
        })
    }

    fn param_value(&mut self, at: usize) -> Result<ParamValue, Failure> {
        Ok(match self.u8(at)? {
            0 => ParamValue::Number(self.f64(at + 8)?),
            1 => ParamValue::Text(self.string(at + 8)?),
            2 => match self.u8(at + 8)? {
                0 => ParamValue::Flag(false),
                1 => ParamValue::Flag(true),
                _ => return Err(Failure::Malformed),
            },
            _ => return Err(Failure::Malformed),
        })
    }
}
