//! The order of decision: kill, latched rollback, exclude, force, eligible, percentage. The first that
//! applies decides, and says so in a typed reason.
//!
//! Nothing is read for a rollout that stands still. For one without rules and with its unit in a
//! header, a decision is one read and one hash.

use super::{
    attribute::Reads,
    bucket::{Bucket, Bucketer, Weight},
    condition::Condition,
    truth::Truth,
    unit::{self, UnitSource},
};
use crate::arm::Arm;
use crate::stats::units::Mark;
use std::sync::Arc;

#[cfg(test)]
mod tests;

/// A condition with a name for the reason.
#[derive(Clone, Debug)]
pub struct Rule {
    /// What people call it.
    pub name: Arc<str>,
    /// When it applies.
    pub when: Condition,
}

/// A rule that names a cohort.
#[derive(Clone, Debug)]
pub struct ForceRule {
    /// When it applies.
    pub rule: Rule,
    /// Who serves then.
    pub cohort: Arm,
}

/// Everything that is asked before the percentage.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    /// Baseline for whom any of these is true **or unknown**.
    pub exclude: Vec<Rule>,
    /// The named cohort for whom one is true; the first counts.
    pub force: Vec<ForceRule>,
    /// Baseline for whom none is true. Empty: all are eligible.
    pub eligible: Vec<Rule>,
}

/// How one rollout assigns.
#[derive(Clone, Debug)]
pub struct Cohorts {
    /// Asked first, in order.
    pub rules: Rules,
    /// Who is assigned: the first that is present.
    pub units: Vec<UnitSource>,
    /// Where they stand.
    pub bucketer: Bucketer,
}

/// How the rollout stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The canary gets this much.
    Open {
        /// The weight of the stage.
        weight: Weight,
    },
    /// The canary was stopped and stays so.
    RolledBack,
    /// The operator stopped everything.
    Killed,
}

/// Why a request got its cohort.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The operator stopped everything.
    Killed,
    /// The canary was stopped.
    RolledBack,
    /// The exclude rule of that name was not false.
    Excluded(Arc<str>),
    /// The force rule of that name was true.
    Forced(Arc<str>),
    /// No eligible rule was true.
    NotEligible,
    /// There was nobody to assign.
    NoUnit,
    /// The unit's bucket against the weight.
    Percentage {
        /// Where the unit stands.
        bucket: Bucket,
    },
}

impl Reason {
    /// A stable name for logs.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Killed => "killed",
            Self::RolledBack => "rolled_back",
            Self::Excluded(_) => "excluded",
            Self::Forced(_) => "forced",
            Self::NotEligible => "not_eligible",
            Self::NoUnit => "no_unit",
            Self::Percentage { .. } => "percentage",
        }
    }

    /// The name of the rule that decided, if one did.
    pub fn rule(&self) -> Option<&str> {
        match self {
            Self::Excluded(name) | Self::Forced(name) => Some(name),
            _ => None,
        }
    }
}

/// A decision about one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// The version that serves it.
    pub arm: Arm,
    /// Why.
    pub reason: Reason,
    /// What the unit is counted by; only where chance alone decided.
    pub mark: Option<Mark>,
    /// The value of a `set-cookie` header for the response, if a new id was issued.
    pub set_cookie: Option<String>,
}

impl Assignment {
    /// Whether chance alone decided. Only such requests may be compared between the arms.
    pub const fn randomised(&self) -> bool {
        matches!(self.reason, Reason::Percentage { .. })
    }

    const fn new(arm: Arm, reason: Reason) -> Self {
        Self { arm, reason, mark: None, set_cookie: None }
    }
}

impl Cohorts {
    /// The decision about the request behind `reads`.
    pub fn assign<'a>(&'a self, reads: &Reads<'a>, standing: Standing) -> Assignment {
        match standing {
            Standing::Killed => Assignment::new(Arm::Baseline, Reason::Killed),
            Standing::RolledBack => Assignment::new(Arm::Baseline, Reason::RolledBack),
            Standing::Open { weight } => {
                self.rules.assign(reads).unwrap_or_else(|| self.by_weight(reads, weight))
            }
        }
    }

    fn by_weight<'a>(&'a self, reads: &Reads<'a>, weight: Weight) -> Assignment {
        let Some(unit) = unit::find(&self.units, reads) else {
            return Assignment::new(Arm::Baseline, Reason::NoUnit);
        };
        let bucket = self.bucketer.bucket(&unit.id);
        let arm = if self.bucketer.includes(bucket, weight) { Arm::Canary } else { Arm::Baseline };
        let mark = Some(Mark::new(&unit.id, arm));
        Assignment { arm, reason: Reason::Percentage { bucket }, mark, set_cookie: unit.set_cookie }
    }
}

impl Rules {
    /// The decision, if a rule makes it.
    fn assign<'a>(&'a self, reads: &Reads<'a>) -> Option<Assignment> {
        let truth = |rule: &'a Rule| rule.when.evaluate(reads);
        if let Some(rule) = self.exclude.iter().find(|rule| truth(rule) != Truth::False) {
            return Some(Assignment::new(Arm::Baseline, Reason::Excluded(rule.name.clone())));
        }
        if let Some(force) = self.force.iter().find(|force| truth(&force.rule) == Truth::True) {
            return Some(Assignment::new(force.cohort, Reason::Forced(force.rule.name.clone())));
        }
        let eligible =
            self.eligible.is_empty() || self.eligible.iter().any(|rule| truth(rule) == Truth::True);
        (!eligible).then(|| Assignment::new(Arm::Baseline, Reason::NotEligible))
    }
}
