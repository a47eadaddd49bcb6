//! From the raw shapes to a checked rollout.

mod freeze;
mod gates;
mod stages;

use super::choice::{Local, Profile};
use super::profile;
use super::raw;
use super::rollout::{Event, EventTest, Match, Rollout, Route, Slo};
use super::rule::{self, Context};
use crate::arm::Arm;
use crate::cohort::bucket::{Bucketer, Bucketing};
use crate::cohort::decide::{Cohorts, ForceRule};
use crate::cohort::operator::Operator;
use crate::contract::route;
use crate::decode::error::Errors;
use crate::decode::{Named, Path};
use crate::evidence::{Edges, Events, Layout};
use crate::guard::GuardPolicy;
use crate::hash::fnv1a::Fnv1a;
use crate::outcome::{FailureRule, Flags};

/// Checks a rollout as a whole. Every part is checked, so that all errors come at once; what comes
/// back is sound only if there were none.
pub(super) fn rollout(raw: raw::Rollout, at: &Path<'_>, errors: &mut Errors) -> Option<Rollout> {
    #[cfg(not(feature = "policies"))]
    unsupported(&raw, at, errors);
    let profile = raw.profile.unwrap_or(Profile::Standard);
    let preset = profile::preset(profile);
    let name = name(raw.rollout, &at.key("rollout"), errors);
    let salt = raw.salt.unwrap_or_else(|| name.clone());
    let bucketer = bucketer(raw.bucketing, &salt, at, errors);
    let stages = stages::stages(raw.stages, &preset, bucketer.as_ref(), &at.key("stages"), errors);
    let pace = stages::pace(raw.mode, raw.stage, stages.len(), at, errors);
    let context = Context { rollout: &name, salt: &salt };
    let rules = rule::rules(
        raw.exclude.unwrap_or_default(),
        raw.force.unwrap_or_default(),
        raw.eligible.unwrap_or_default(),
        &context,
        at,
        errors,
    );
    let units = units(raw.unit, &at.key("unit"), errors);
    let (events, print) = events(raw.events.unwrap_or_default(), &at.key("events"), errors);
    let gates = gates::gates(raw.gates, &preset, &events, &at.key("gates"), errors);
    let edges = Edges::with_thresholds(gates.iter().filter_map(|gate| gate.kind().edge()));
    let matches = matches(raw.r#match, &at.key("match"), errors);
    let route = route(raw.route, &at.key("route"), errors);
    let guard = guard(raw.guard, preset.guard, &at.key("guard"), errors);
    let forces = |force: &ForceRule| force.cohort == Arm::Canary;
    let tests_forced = rules.as_ref().is_some_and(|rules| rules.force.iter().any(forces));
    let (guard, levels) =
        gates::levels(guard, preset.promote_alpha, &gates, tests_forced, stages.len());
    let slo = raw.slo.and_then(|raw| slo(&raw, &at.key("slo"), errors));
    let failure = failure(raw.failure, &at.key("failure"), errors);
    let freeze = freeze::freeze(raw.freeze.unwrap_or_default(), &at.key("freeze"), errors);
    Some(Rollout {
        cohorts: Cohorts { rules: rules?, units, bucketer: bucketer? },
        name,
        salt,
        generation: raw.generation.unwrap_or(1),
        matches,
        route,
        stages,
        guard,
        gates,
        levels,
        slo,
        events,
        failure,
        freeze,
        max_age_ms: raw.max_age.map(|age| age.ms),
        pace,
        kill: raw.kill.unwrap_or(false),
        #[cfg(feature = "policies")]
        policy: raw.policy.and_then(|raw| super::policy::plan(raw, &at.key("policy"), errors)),
        warm_up_ms: raw.warm_up.map_or(preset.warm_up_ms, |time| time.ms),
        finish_early: raw.finish_early.unwrap_or(preset.finish_early),
        layout: Layout { edges, events: print },
    })
}

/// Two rollouts of one name would share their metrics and their fate.
pub(super) fn distinct_names(rollouts: &[Rollout], at: &Path<'_>, errors: &mut Errors) {
    for (i, rollout) in rollouts.iter().enumerate() {
        if rollouts.iter().take(i).any(|earlier| earlier.name == rollout.name) {
            let problem = format!("the name `{}` is taken by an earlier rollout", rollout.name);
            at.index(i).key("rollout").fail::<()>(errors, problem);
        }
    }
}

/// What the schema has and this build does not do. Refused, never ignored: a gate that is silently
/// not there would promote.
#[cfg(not(feature = "policies"))]
fn unsupported(raw: &raw::Rollout, at: &Path<'_>, errors: &mut Errors) {
    if raw.policy.is_some() {
        let problem = "this filter has no policy interpreter; use serinus-filter-policies.wasm";
        at.key("policy").fail::<()>(errors, problem);
    }
}

fn name(name: String, at: &Path<'_>, errors: &mut Errors) -> String {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if name.is_empty() || name.len() > 63 || !name.chars().all(allowed) {
        at.fail::<()>(errors, "needs 1 to 63 of: letters, digits, `-`, `_`, `.`");
    }
    name
}

fn bucketer(
    bucketing: Option<String>,
    salt: &str,
    at: &Path<'_>,
    errors: &mut Errors,
) -> Option<Bucketer> {
    let word = bucketing.as_deref().unwrap_or(Bucketing::SerinusV1.as_str());
    let Some(bucketing) = Bucketing::from_name(word) else {
        let names = Bucketing::ALL.map(Bucketing::as_str).join(", ");
        return at.key("bucketing").fail(errors, format!("expected one of {names}"));
    };
    match Bucketer::try_new(bucketing, salt) {
        Ok(bucketer) => Some(bucketer),
        Err(e) => at.key("salt").fail(errors, e.to_string()),
    }
}

fn units(
    raw: Vec<raw::Unit>,
    at: &Path<'_>,
    errors: &mut Errors,
) -> Vec<crate::cohort::unit::UnitSource> {
    if raw.is_empty() {
        at.fail::<()>(errors, "empty: say who is assigned, such as `- header: x-user-id`");
    }
    let numbered = raw.into_iter().enumerate();
    numbered.filter_map(|(i, raw)| rule::unit(raw, &at.index(i), errors)).collect()
}

fn matches(raw: Option<raw::Match>, at: &Path<'_>, errors: &mut Errors) -> Match {
    let raw = raw.unwrap_or_default();
    let hosts = raw.hosts.unwrap_or_default();
    for (i, host) in hosts.iter().enumerate() {
        let name = host.strip_prefix('*').unwrap_or(host);
        if name.bytes().any(|b| matches!(b, b'*' | b'/' | b' ')) {
            at.key("hosts").index(i).report(errors, "expected a host name, or `*.` and one");
        }
    }
    let path_prefix = raw.path_prefix.unwrap_or_default();
    if !path_prefix.is_empty() && !path_prefix.starts_with('/') {
        at.refuse("path_prefix", errors, "a path begins with `/`");
    }
    Match { hosts: hosts.iter().map(|host| host.to_ascii_lowercase()).collect(), path_prefix }
}

fn route(raw: Option<raw::Route>, at: &Path<'_>, errors: &mut Errors) -> Route {
    let (header, baseline, canary) =
        raw.map_or((None, None, None), |r| (r.header, r.baseline, r.canary));
    let route = Route {
        header: header.unwrap_or_else(|| route::HEADER.to_owned()).to_ascii_lowercase(),
        baseline: baseline.unwrap_or_else(|| route::value(Arm::Baseline).to_owned()),
        canary: canary.unwrap_or_else(|| route::value(Arm::Canary).to_owned()),
    };
    let token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    if route.header.is_empty() || !route.header.bytes().all(token) {
        at.refuse("header", errors, "not a header name");
    }
    let visible = |text: &str| !text.is_empty() && text.bytes().all(|b| (0x20..0x7f).contains(&b));
    for (key, value) in [("baseline", &route.baseline), ("canary", &route.canary)] {
        if !visible(value) {
            at.refuse(key, errors, "needs visible ASCII characters");
        }
    }
    if route.baseline == route.canary {
        at.refuse("canary", errors, "must differ from `baseline`");
    }
    route
}

fn guard(
    raw: Option<raw::Guard>,
    preset: GuardPolicy,
    at: &Path<'_>,
    errors: &mut Errors,
) -> GuardPolicy {
    let Some(raw) = raw else { return preset };
    let policy = GuardPolicy {
        alpha: raw.alpha.unwrap_or(preset.alpha),
        tolerate: raw.tolerate.map_or(preset.tolerate, |share| share.0),
        min_errors: raw.min_errors.unwrap_or(preset.min_errors),
    };
    if !(1e-9..=0.5).contains(&policy.alpha) {
        at.refuse("alpha", errors, "must be between 0.000000001 and 0.5");
    }
    if policy.tolerate > 100.0 {
        at.refuse("tolerate", errors, "more than 10000 % is no guard");
    }
    policy
}

/// The events, and a fingerprint that changes with any of them.
fn events(raw: Named<raw::Event>, at: &Path<'_>, errors: &mut Errors) -> (Vec<Event>, u32) {
    if raw.0.len() > Events::MOST {
        let problem = format!("at most {} events can be told apart", Events::MOST);
        at.report(errors, problem);
    }
    let mut print = Fnv1a::new();
    let mut note = |text: &str| print = print.update(text.as_bytes()).update(&[0]);
    let mut events = Vec::with_capacity(raw.0.len());
    for (name, raw::Event { when }) in raw.0 {
        [&name, &when.response_header].into_iter().for_each(|text| note(text));
        [&when.exact, &when.prefix].into_iter().for_each(|x| note(x.as_deref().unwrap_or("\n")));
        events.extend(event(&name, when, &at.key(&name), errors));
    }
    (events, print.finish())
}

fn event(
    name: &str,
    when: raw::EventCondition,
    at: &Path<'_>,
    errors: &mut Errors,
) -> Option<Event> {
    let name = self::name(name.to_owned(), at, errors);
    let tests = [
        when.exact.map(|x| EventTest::Is(Operator::Exact(x.into_bytes()))),
        when.prefix.map(|x| EventTest::Is(Operator::Prefix(x.into_bytes()))),
        when.present.filter(|p| *p).map(|_| EventTest::Present),
    ];
    let mut tests = tests.into_iter().flatten();
    let (Some(test), None) = (tests.next(), tests.next()) else {
        return at.key("when").fail(errors, "needs one of `present: true`, `exact`, `prefix`");
    };
    Some(Event { name, header: when.response_header.to_ascii_lowercase(), test })
}

fn slo(raw: &raw::Slo, at: &Path<'_>, errors: &mut Errors) -> Option<Slo> {
    let availability = raw.availability.0;
    if availability <= 0.0 || availability >= 1.0 {
        return at.key("availability").fail(errors, "needs a share such as 99.9%, below 100 %");
    }
    if raw.max_burn.is_some_and(|burn| burn <= 0.0) {
        at.refuse("max_burn", errors, "must be above 0; 1 uses the budget up in its period");
    }
    Some(Slo { availability, max_burn: raw.max_burn })
}

fn failure(raw: Option<raw::Failure>, at: &Path<'_>, errors: &mut Errors) -> FailureRule {
    let mut rule = FailureRule::default();
    let Some(raw) = raw else { return rule };
    if let Some(status) = raw.status {
        rule.statuses = status.iter().map(|range| (range.0, range.1)).collect();
    }
    if let Some(codes) = raw.grpc {
        let code = |(i, code): (usize, u64)| match u32::try_from(code).ok().filter(|c| *c <= 16) {
            Some(code) => Some(code),
            None => at.key("grpc").index(i).fail(errors, "gRPC statuses go from 0 to 16"),
        };
        rule.grpc = codes.into_iter().enumerate().filter_map(code).collect();
    }
    if let Some(local) = raw.local {
        let flags = local.into_iter().map(|word| match word {
            Local::Connect => Flags::CONNECT,
            Local::Timeout => Flags::TIMEOUT,
            Local::Reset => Flags::RESET,
        });
        rule.local = flags.fold(Flags::default(), Flags::union);
    }
    rule
}
