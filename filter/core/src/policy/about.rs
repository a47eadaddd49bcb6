//! What a policy says about itself.

use super::ParamValue;
use serde::{Deserialize, Serialize};

/// What the policy is: `about` in the WIT.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct About {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// What it decides, in a line.
    pub description: String,
    /// Every parameter.
    pub params: Vec<ParamAbout>,
}

/// A parameter that the policy understands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParamAbout {
    /// Its name.
    pub name: String,
    /// What it does, with its unit.
    pub description: String,
    /// What it is where the rollout gives none; none if it must be given.
    #[serde(default)]
    pub default: Option<ParamValue>,
}
