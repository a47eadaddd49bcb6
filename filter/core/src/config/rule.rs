//! Units and conditions, compiled.

use super::raw;
use crate::arm::Arm;
use crate::cohort::bucket::Weight;
use crate::cohort::condition::Condition;
use crate::cohort::decide::{ForceRule, Rule, Rules};
use crate::cohort::key::SigningKey;
use crate::cohort::operator::{Comparison, Operator, OperatorError};
use crate::cohort::signed_cookie::SignedCookie;
use crate::cohort::source::Source;
use crate::cohort::time::parse_rfc3339;
use crate::cohort::token::OverrideToken;
use crate::cohort::unit::UnitSource;
use crate::decode::Path;
use crate::decode::error::Errors;
use crate::decode::value::Duration;

const COOKIE_AGE: Duration = Duration::minutes(30 * 24 * 60);

/// What conditions need to know of their rollout.
pub(super) struct Context<'a> {
    pub(super) rollout: &'a str,
    pub(super) salt: &'a str,
}

pub(super) fn unit(raw: raw::Unit, at: &Path<'_>, errors: &mut Errors) -> Option<UnitSource> {
    let raw::Unit { jwt, header, cookie, source_address } = raw;
    let source = match (jwt, header, cookie, source_address.unwrap_or(false)) {
        (Some(claim), None, None, false) => Source::Jwt(claim),
        (None, Some(name), None, false) => Source::Header(name.to_ascii_lowercase()),
        (None, None, Some(raw), false) => return self::cookie(raw, &at.key("cookie"), errors),
        (None, None, None, true) => Source::SourceAddress,
        _ => {
            let problem = "needs exactly one of `jwt`, `header`, `cookie`, `source_address: true`";
            return at.fail(errors, problem);
        }
    };
    Some(UnitSource::Attribute(source))
}

fn cookie(raw: raw::Cookie, at: &Path<'_>, errors: &mut Errors) -> Option<UnitSource> {
    let issue = raw.issue.unwrap_or(false);
    let Some(key) = raw.key else {
        if issue {
            return at
                .key("key")
                .fail(errors, "missing: an issued cookie is signed, so it needs a key");
        }
        return Some(UnitSource::Attribute(Source::Cookie(raw.name)));
    };
    let key = signing_key(&key, at, errors)?;
    let max_age = issue.then(|| raw.max_age.unwrap_or(COOKIE_AGE).ms / 1000);
    match SignedCookie::try_new(&raw.name, key, max_age) {
        Ok(cookie) => Some(UnitSource::SignedCookie(cookie)),
        Err(e) => at.key("name").fail(errors, e.to_string()),
    }
}

fn signing_key(text: &str, at: &Path<'_>, errors: &mut Errors) -> Option<SigningKey> {
    SigningKey::from_base64(text)
        .or_else(|e| at.key("key").fail(errors, e.to_string()).ok_or(()))
        .ok()
}

pub(super) fn rules(
    exclude: Vec<raw::Rule>,
    force: Vec<raw::Force>,
    eligible: Vec<raw::Rule>,
    context: &Context<'_>,
    at: &Path<'_>,
    errors: &mut Errors,
) -> Option<Rules> {
    let exclude = named(exclude, context, &at.key("exclude"), errors);
    let force: Vec<_> = force
        .into_iter()
        .enumerate()
        .map(|(i, f)| force_rule(f, context, &at.key("force").index(i), errors))
        .collect();
    let eligible = named(eligible, context, &at.key("eligible"), errors);
    let force = force.into_iter().collect::<Option<_>>();
    Some(Rules { exclude: exclude?, force: force?, eligible: eligible? })
}

fn named(
    raw: Vec<raw::Rule>,
    context: &Context<'_>,
    at: &Path<'_>,
    errors: &mut Errors,
) -> Option<Vec<Rule>> {
    let rules: Vec<_> = raw
        .into_iter()
        .enumerate()
        .map(|(i, raw)| {
            let at = at.index(i);
            // A rule among `exclude` or `eligible` has no cohort of its own.
            let when = condition(raw.when, context, Arm::Baseline, &at.key("when"), errors)?;
            Some(Rule { name: raw.name.into(), when })
        })
        .collect();
    rules.into_iter().collect()
}

fn force_rule(
    raw: raw::Force,
    context: &Context<'_>,
    at: &Path<'_>,
    errors: &mut Errors,
) -> Option<ForceRule> {
    let cohort = raw.cohort.into();
    let when = condition(raw.when, context, cohort, &at.key("when"), errors)?;
    Some(ForceRule { rule: Rule { name: raw.name.into(), when }, cohort })
}

fn condition(
    mut raw: raw::Condition,
    context: &Context<'_>,
    cohort: Arm,
    at: &Path<'_>,
    errors: &mut Errors,
) -> Option<Condition> {
    let keys = present_keys(&raw);
    let sources: Vec<_> = keys.iter().copied().filter(|key| SOURCES.contains(key)).collect();
    let source = match sources.as_slice() {
        [] => return combined(raw, &keys, context, cohort, at, errors),
        [key] => source(&mut raw, key),
        _ => return at.fail(errors, "has more than one source"),
    };
    // `{ header: x, not: { exact: y } }`: the operator under `not` is about the same source.
    let Some(inner) = raw.not.take() else { return test(source, raw, context, at, errors) };
    nothing_left(&raw, at, errors)?;
    let test = test(source, *inner, context, &at.key("not"), errors)?;
    Some(Condition::Not(Box::new(test)))
}

/// A source with its operator.
fn test(
    source: Source,
    mut raw: raw::Condition,
    context: &Context<'_>,
    at: &Path<'_>,
    errors: &mut Errors,
) -> Option<Condition> {
    let operator = operator(&mut raw, context, at, errors)?;
    nothing_left(&raw, at, errors)?;
    Some(Condition::Test { source, operator })
}

/// `not`, `all`, `any`, a time window, an override.
fn combined(
    mut raw: raw::Condition,
    keys: &[&str],
    context: &Context<'_>,
    cohort: Arm,
    at: &Path<'_>,
    errors: &mut Errors,
) -> Option<Condition> {
    let mut inner = |raw, at: &Path<'_>| condition(raw, context, cohort, at, errors);
    let mut list = |raws: Option<Vec<raw::Condition>>, at: &Path<'_>| {
        let raws = raws.into_iter().flatten().enumerate();
        let parts: Vec<_> = raws.map(|(i, raw)| inner(raw, &at.index(i))).collect();
        parts.into_iter().collect::<Option<Vec<_>>>()
    };
    match keys {
        ["all"] => list(raw.all, &at.key("all")).map(Condition::All),
        ["any"] => list(raw.any, &at.key("any")).map(Condition::Any),
        ["not"] => {
            let inner = inner(*raw.not?, &at.key("not"))?;
            Some(Condition::Not(Box::new(inner)))
        }
        ["after"] | ["before"] | ["after", "before"] => window(&mut raw, at, errors),
        ["override"] => {
            override_token(raw.r#override?, context, cohort, &at.key("override"), errors)
        }
        _ => at.fail(
            errors,
            "needs a source (`header`, `cookie`, `query`, `jwt`, `path: true`, `method: true`, \
             `source_address: true`) with an operator, or one of `not`, `all`, `any`, \
             `after`/`before`, `override`, alone",
        ),
    }
}

const SOURCES: [&str; 7] = ["header", "cookie", "query", "jwt", "path", "method", "source_address"];

/// Takes the source out of a condition that has the source `key`.
fn source(raw: &mut raw::Condition, key: &str) -> Source {
    let name = match key {
        "header" => raw.header.take(),
        "cookie" => raw.cookie.take(),
        "query" => raw.query.take(),
        "jwt" => raw.jwt.take(),
        _ => None,
    };
    let name = name.unwrap_or_default();
    match key {
        "header" => Source::Header(name.to_ascii_lowercase()),
        "cookie" => Source::Cookie(name),
        "query" => Source::Query(name),
        "jwt" => Source::Jwt(name),
        flag => {
            (raw.path, raw.method, raw.source_address) = (None, None, None);
            match flag {
                "path" => Source::Path,
                "method" => Source::Method,
                _ => Source::SourceAddress,
            }
        }
    }
}

fn window(raw: &mut raw::Condition, at: &Path<'_>, errors: &mut Errors) -> Option<Condition> {
    let mut moment = |text: Option<String>, key: &str, absent: u64| match text {
        Some(text) => {
            parse_rfc3339(&text).or_else(|e| at.key(key).fail(errors, e.to_string()).ok_or(())).ok()
        }
        None => Some(absent),
    };
    let from = moment(raw.after.take(), "after", 0);
    let until = moment(raw.before.take(), "before", u64::MAX);
    Some(Condition::TimeWindow { from: from?, until: until? })
}

fn override_token(
    raw: raw::Override,
    context: &Context<'_>,
    cohort: Arm,
    at: &Path<'_>,
    errors: &mut Errors,
) -> Option<Condition> {
    let source = match (raw.header, raw.cookie, raw.query) {
        (Some(name), None, None) => Some(Source::Header(name.to_ascii_lowercase())),
        (None, Some(name), None) => Some(Source::Cookie(name)),
        (None, None, Some(name)) => Some(Source::Query(name)),
        _ => at.fail(errors, "needs one of `header`, `cookie`, `query`"),
    };
    let key = signing_key(&raw.key, at, errors);
    let rollout = context.rollout.to_owned();
    Some(Condition::Override(OverrideToken { source: source?, key: key?, rollout, cohort }))
}

fn operator(
    raw: &mut raw::Condition,
    context: &Context<'_>,
    at: &Path<'_>,
    errors: &mut Errors,
) -> Option<Operator> {
    let key = operator_key(raw, at, errors)?;
    let at = at.key(key);
    let built = match key {
        "in" => Ok(Operator::one_of(raw.r#in.take().unwrap_or_default())),
        "cidr" => {
            let list = raw.cidr.take().unwrap_or_default();
            Operator::cidr(&list.iter().map(String::as_str).collect::<Vec<_>>())
        }
        "present" => Ok(Operator::Present(raw.present.take().unwrap_or(true))),
        "percentage" => {
            let share = raw.percentage.take().unwrap_or_default();
            Operator::percentage(weight(share.0, &at, errors)?, context.salt)
        }
        _ => match number_of(raw, key) {
            Some((comparison, number)) => Operator::number(comparison, number),
            None => text_operator(key, text_of(raw, key).unwrap_or_default()),
        },
    };
    built.or_else(|e| at.fail(errors, e.to_string()).ok_or(())).ok()
}

/// The key of the one operator that is there.
fn operator_key(raw: &raw::Condition, at: &Path<'_>, errors: &mut Errors) -> Option<&'static str> {
    let mut operators = present_keys(raw).into_iter().filter(|key| OPERATORS.contains(key));
    match (operators.next(), operators.next()) {
        (Some(only), None) => Some(only),
        _ => {
            let problem = "needs exactly one operator: exact, prefix, suffix, in, contains, regex, lt, \
                           le, gt, ge, eq, semver, cidr, present or percentage";
            at.fail(errors, problem)
        }
    }
}

const OPERATORS: [&str; 15] = [
    "exact",
    "prefix",
    "suffix",
    "in",
    "contains",
    "regex",
    "lt",
    "le",
    "gt",
    "ge",
    "eq",
    "semver",
    "cidr",
    "present",
    "percentage",
];

fn number_of(raw: &mut raw::Condition, key: &str) -> Option<(Comparison, f64)> {
    let (slot, comparison) = match key {
        "lt" => (&mut raw.lt, Comparison::Less),
        "le" => (&mut raw.le, Comparison::LessOrEqual),
        "gt" => (&mut raw.gt, Comparison::Greater),
        "ge" => (&mut raw.ge, Comparison::GreaterOrEqual),
        "eq" => (&mut raw.eq, Comparison::Equal),
        _ => return None,
    };
    slot.take().map(|number| (comparison, number))
}

fn text_of(raw: &mut raw::Condition, key: &str) -> Option<String> {
    match key {
        "exact" => raw.exact.take(),
        "prefix" => raw.prefix.take(),
        "suffix" => raw.suffix.take(),
        "contains" => raw.contains.take(),
        "regex" => raw.regex.take(),
        _ => raw.semver.take(),
    }
}

fn text_operator(key: &str, text: String) -> Result<Operator, OperatorError> {
    Ok(match key {
        "regex" => return Operator::regex(&text),
        "semver" => return semver(&text),
        "prefix" => Operator::Prefix(text.into_bytes()),
        "suffix" => Operator::Suffix(text.into_bytes()),
        "contains" => Operator::Contains(text.into_bytes()),
        _ => Operator::Exact(text.into_bytes()),
    })
}

/// `>=1.4.0`; without a sign, equality.
fn semver(text: &str) -> Result<Operator, OperatorError> {
    let signs = [
        (">=", Comparison::GreaterOrEqual),
        ("<=", Comparison::LessOrEqual),
        (">", Comparison::Greater),
        ("<", Comparison::Less),
        ("=", Comparison::Equal),
    ];
    let split = signs.iter().find_map(|(sign, c)| text.strip_prefix(sign).map(|rest| (*c, rest)));
    let (comparison, version) = split.unwrap_or((Comparison::Equal, text));
    Operator::semver(comparison, version.trim())
}

/// A weight from a share; exact in 1/100000.
pub(super) fn weight(share: f64, at: &Path<'_>, errors: &mut Errors) -> Option<Weight> {
    let scaled = share * f64::from(Weight::MAX.get());
    let rounded = libm::round(scaled);
    if (scaled - rounded).abs() > 1e-6 {
        return at.fail(errors, "finer than 0.001 %, the smallest step there is");
    }
    match u32::try_from(rounded as u64).ok().and_then(|n| Weight::try_new(n).ok()) {
        Some(weight) => Some(weight),
        None => at.fail(errors, "more than 100 %; ten per cent is 10% or 0.1"),
    }
}

/// Reports keys that no part of the condition has used.
fn nothing_left(raw: &raw::Condition, at: &Path<'_>, errors: &mut Errors) -> Option<()> {
    match present_keys(raw).first() {
        Some(key) => at.key(key).fail(errors, "does not belong beside the other keys here"),
        None => Some(()),
    }
}

/// The keys that are there, and have not been taken yet.
fn present_keys(raw: &raw::Condition) -> Vec<&'static str> {
    let keys = [
        ("exact", raw.exact.is_some()),
        ("prefix", raw.prefix.is_some()),
        ("suffix", raw.suffix.is_some()),
        ("in", raw.r#in.is_some()),
        ("contains", raw.contains.is_some()),
        ("regex", raw.regex.is_some()),
        ("lt", raw.lt.is_some()),
        ("le", raw.le.is_some()),
        ("gt", raw.gt.is_some()),
        ("ge", raw.ge.is_some()),
        ("eq", raw.eq.is_some()),
        ("semver", raw.semver.is_some()),
        ("cidr", raw.cidr.is_some()),
        ("present", raw.present.is_some()),
        ("percentage", raw.percentage.is_some()),
        ("not", raw.not.is_some()),
        ("all", raw.all.is_some()),
        ("any", raw.any.is_some()),
        ("after", raw.after.is_some()),
        ("before", raw.before.is_some()),
        ("override", raw.r#override.is_some()),
        ("header", raw.header.is_some()),
        ("cookie", raw.cookie.is_some()),
        ("query", raw.query.is_some()),
        ("jwt", raw.jwt.is_some()),
        ("path", raw.path == Some(true)),
        ("method", raw.method == Some(true)),
        ("source_address", raw.source_address == Some(true)),
    ];
    keys.iter().filter(|(_, there)| *there).map(|(key, _)| *key).collect()
}
