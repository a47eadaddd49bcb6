//! Advice about who gets the canary, and about promotion without conditions.

use serinus_core::arm::Arm;
use serinus_core::cohort::source::Source;
use serinus_core::cohort::unit::UnitSource;
use serinus_core::config::{Pace, Rollout};
use serinus_core::diagnostic::{Diagnostic, Severity};

/// `force` rules that a client can make hold. It could then choose its cohort, and attackers would
/// choose the newer code.
pub(super) fn forgeable_force(rollout: &Rollout) -> Vec<Diagnostic> {
    let numbered = rollout.cohorts.rules.force.iter().enumerate();
    let forgeable = numbered.filter(|(_, force)| force.rule.when.forgeable());
    forgeable
        .map(|(i, force)| Diagnostic {
 severity: Severity::Warning, place: None,
            code: "forgeable-force",
            path: format!("force[{i}].when"),
            message: format!(
                "any client can make the rule `{}` hold by what it sends, and so choose the {}",
                force.rule.name,
                force.cohort.as_str()
            ),
            help: Some(
                "ask for a verified `jwt` claim, a `source_address` in a `cidr`, or a signed `override`; or let a trusted proxy \
                 in front of this one remove the client's copy"
                    .into(),
            ),
        })
        .collect()
}

/// A cookie that would be issued to whoever has no unit, in a rollout in which everyone has one.
pub(super) fn cookie_never_issued(rollout: &Rollout) -> Option<Diagnostic> {
    let units = &rollout.cohorts.units;
    let issues = |unit: &UnitSource| matches!(unit, UnitSource::SignedCookie(c) if c.issues());
    let cookie = units.iter().position(issues)?;
    let address = units
        .iter()
        .position(|unit| matches!(unit, UnitSource::Attribute(Source::SourceAddress)))?;
    Some(Diagnostic {
        severity: Severity::Warning,
        place: None,
        code: "cookie-never-issued",
        path: format!("unit[{cookie}].cookie.issue"),
        message: format!(
            "nobody will be given this cookie: it is for who has no unit, and `unit[{address}]` (`source_address`) is one for everyone"
        ),
        help: Some(format!("leave out `unit[{address}]`, or the cookie")),
    })
}

/// Requests that a rule sends to the canary where no gate has a limit: they are compared with nothing, so nobody judges them.
pub(super) fn unjudged_force(rollout: &Rollout) -> Option<Diagnostic> {
    let mut forces = rollout.cohorts.rules.force.iter();
    let force = forces.position(|force| force.cohort == Arm::Canary)?;
    let judged = rollout.gates.iter().any(|gate| gate.limit().is_some() && !gate.dry_run);
    (!judged).then(|| Diagnostic {
 severity: Severity::Warning, place: None,
        code: "unjudged-force",
        path: format!("force[{force}]"),
        message: "nobody judges the requests that this rule sends to the canary: they are not the baseline's like, and no gate has a \
                  limit of its own"
            .into(),
        help: Some("add a gate with a limit, such as `{ metric: errors, max: 1% }`".into()),
    })
}

/// No gates, in a rollout that promotes itself.
pub(super) fn no_gates(rollout: &Rollout) -> Option<Diagnostic> {
    let alone = rollout.gates.is_empty() && rollout.pace == Pace::Autonomous;
    alone.then(|| Diagnostic {
 severity: Severity::Warning, place: None,
        code: "no-gates",
        path: "gates".into(),
        message: "stages are promoted by time alone; only the guard, which looks for errors, stands between a bad canary and 100 %"
            .into(),
        help: Some("leave `gates` out to get the profile's own, or add `{ metric: errors, max: 1% }`".into()),
    })
}
