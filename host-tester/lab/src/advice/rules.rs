//! Advice about who gets the canary, and about promotion without conditions.

use super::Advice;
use serinus_core::arm::Arm;
use serinus_core::cohort::source::Source;
use serinus_core::cohort::unit::UnitSource;
use serinus_core::config::{Pace, Rollout};

/// `force` rules that a client can make hold. It could then choose its cohort, and attackers would
/// choose the newer code.
pub(super) fn forgeable_force(rollout: &Rollout) -> Vec<Advice> {
    let numbered = rollout.cohorts.rules.force.iter().enumerate();
    let forgeable = numbered.filter(|(_, force)| force.rule.when.forgeable());
    forgeable
        .map(|(i, force)| Advice {
            code: "forgeable-force",
            path: format!("force[{i}].when"),
            problem: format!(
                "any client can make the rule `{}` hold by what it sends, and so choose the {}",
                force.rule.name,
                force.cohort.as_str()
            ),
            remedy: Some(
                "ask for a verified `jwt` claim, a `source_address` in a `cidr`, or a signed `override`; or let a trusted proxy \
                 in front of this one remove the client's copy"
                    .into(),
            ),
        })
        .collect()
}

/// A cookie that would be issued to whoever has no unit, in a rollout in which everyone has one.
pub(super) fn cookie_never_issued(rollout: &Rollout) -> Option<Advice> {
    let units = &rollout.cohorts.units;
    let issues = |unit: &UnitSource| matches!(unit, UnitSource::SignedCookie(c) if c.issues());
    let cookie = units.iter().position(issues)?;
    let address = units
        .iter()
        .position(|unit| matches!(unit, UnitSource::Attribute(Source::SourceAddress)))?;
    Some(Advice {
        code: "cookie-never-issued",
        path: format!("unit[{cookie}].cookie.issue"),
        problem: format!(
            "nobody will be given this cookie: it is for who has no unit, and `unit[{address}]` (`source_address`) is one for everyone"
        ),
        remedy: Some(format!("leave out `unit[{address}]`, or the cookie")),
    })
}

/// Requests that a rule sends to the canary where no gate has a limit: they are compared with nothing, so nobody judges them.
pub(super) fn unjudged_force(rollout: &Rollout) -> Option<Advice> {
    let mut forces = rollout.cohorts.rules.force.iter();
    let force = forces.position(|force| force.cohort == Arm::Canary)?;
    let judged = rollout.gates.iter().any(|gate| gate.limit().is_some() && !gate.dry_run);
    (!judged).then(|| Advice {
        code: "unjudged-force",
        path: format!("force[{force}]"),
        problem: "nobody judges the requests that this rule sends to the canary: they are not the baseline's like, and no gate has a \
                  limit of its own"
            .into(),
        remedy: Some("add a gate with a limit, such as `{ metric: errors, max: 1% }`".into()),
    })
}

/// No gates, in a rollout that promotes itself.
pub(super) fn no_gates(rollout: &Rollout) -> Option<Advice> {
    let alone = rollout.gates.is_empty() && rollout.pace == Pace::Autonomous;
    alone.then(|| Advice {
        code: "no-gates",
        path: "gates".into(),
        problem: "stages are promoted by time alone; only the guard, which looks for errors, stands between a bad canary and 100 %"
            .into(),
        remedy: Some("leave `gates` out to get the profile's own, or add `{ metric: errors, max: 1% }`".into()),
    })
}
