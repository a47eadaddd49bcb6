//! The subcommands that a build without the feature `run` lacks, so that it says so and does not call them unknown.

use clap::{Args, Subcommand};
use std::ffi::OsString;

/// What `serinus` lacks.
#[derive(Debug, Subcommand)]
pub(crate) enum Absent {
    /// Not in this build: says what a rollout would catch.
    Calibrate(Anything),
    /// Not in this build: the modules of the filter that the command carries.
    Filter(Anything),
    /// Not in this build: plays a log through a rollout.
    Replay(Anything),
    /// Not in this build: runs scenarios.
    Run(Anything),
}

/// What `serinus policy` lacks.
#[derive(Debug, Subcommand)]
pub(crate) enum AbsentPolicy {
    /// Not in this build: runs the table tests of a policy.
    Test(Anything),
    /// Not in this build: asks a policy about one snapshot.
    Eval(Anything),
}

/// Arguments that nobody reads.
#[derive(Args, Debug)]
pub(crate) struct Anything {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
    _rest: Vec<OsString>,
}

impl Absent {
    /// What was typed.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Calibrate(_) => "calibrate",
            Self::Filter(_) => "filter",
            Self::Replay(_) => "replay",
            Self::Run(_) => "run",
        }
    }
}

impl AbsentPolicy {
    /// What was typed.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Test(_) => "policy test",
            Self::Eval(_) => "policy eval",
        }
    }
}
