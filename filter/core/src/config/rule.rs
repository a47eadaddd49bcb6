//! Units and conditions, compiled.

use super::decode::Path;
use super::error::Errors;
use super::raw;
use super::value::Duration;
use crate::cohort::bucket::Weight;
use crate::cohort::condition::Condition;
use crate::cohort::decide::{Cohort, ForceRule, Rule, Rules};
use crate::cohort::key::SigningKey;
use crate::cohort::operator::{Comparison, Operator, OperatorError};
use crate::cohort::signed_cookie::SignedCookie;
use crate::cohort::source::Source;
use crate::cohort::time::parse_rfc3339;
use crate::cohort::token::OverrideToken;
use crate::cohort::unit::UnitSource;

const COOKIE_AGE: Duration = Duration::minutes(30 * 24 * 60);

/// What conditions need to know of their rollout.
pub(super) struct Context<'a> {
    pub(super) rollout: &'a str,
    pub(super) salt: &'a str,
}

pub(super) fn unit(raw: raw::Unit, at: &Path<'_>, errors: &mut Errors) -> Option<UnitSource> {
    let raw::Unit { jwt, header, cookie, source_address } = raw;
    let mut found = Vec::new();
    found.extend(jwt.map(|claim| Some(UnitSource::Attribute(Source::Jwt(claim)))));
    found.extend(header.map(|name| header_source(&name).map(UnitSource::Attribute)));
    found.extend(cookie.map(|raw| self::cookie(raw, &at.key("cookie"), errors)));
    let address = source_address.filter(|wanted| *wanted);
    found.extend(address.map(|_| Some(UnitSource::Attribute(Source::SourceAddress))));
    let problem = "needs exactly one of `jwt`, `header`, `cookie`, `source_address: true`";
    exactly_one(found, problem, at, errors).flatten()
}

fn header_source(name: &str) -> Option<Source> {
    Some(Source::Header(name.to_ascii_lowercase()))
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
            let when = condition(raw.when, context, Cohort::Baseline, &at.key("when"), errors)?;
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
    raw: raw::Condition,
    context: &Context<'_>,
    cohort: Cohort,
    at: &Path<'_>,
    errors: &mut Errors,
) -> Option<Condition> {
    let mut raw = raw;
    let source = source(&mut raw, at, errors)?;
    if let Some(source) = source {
        // `{ header: x, not: { exact: y } }`: the operator under `not` is about the same source.
        if let Some(inner) = raw.not.take() {
            let test = test(source, *inner, context, &at.key("not"), errors)?;
            return nothing_left(&raw, at, errors).map(|()| Condition::Not(Box::new(test)));
        }
        return test(source, raw, context, at, errors);
    }
    combined(raw, context, cohort, at, errors)
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
    context: &Context<'_>,
    cohort: Cohort,
    at: &Path<'_>,
    errors: &mut Errors,
) -> Option<Condition> {
    let mut inner = |raw, at: &Path<'_>| condition(raw, context, cohort, at, errors);
    let mut list = |raws: Vec<raw::Condition>, at: &Path<'_>| {
        let parts: Vec<_> =
            raws.into_iter().enumerate().map(|(i, raw)| inner(raw, &at.index(i))).collect();
        parts.into_iter().collect::<Option<Vec<_>>>()
    };
    let mut found = Vec::new();
    found.extend(raw.all.take().map(|raws| list(raws, &at.key("all")).map(Condition::All)));
    found.extend(raw.any.take().map(|raws| list(raws, &at.key("any")).map(Condition::Any)));
    found.extend(
        raw.not.take().map(|raw| inner(*raw, &at.key("not")).map(|c| Condition::Not(Box::new(c)))),
    );
    if raw.after.is_some() || raw.before.is_some() {
        found.push(window(&mut raw, at, errors));
    }
    if let Some(raw) = raw.r#override.take() {
        found.push(override_token(raw, context, cohort, &at.key("override"), errors));
    }
    nothing_left(&raw, at, errors)?;
    let problem = "needs a source (`header`, `cookie`, `query`, `jwt`, `path: true`, \
                   `method: true`, `source_address: true`) with an operator, or one of `not`, \
                   `all`, `any`, `after`/`before`, `override`";
    exactly_one(found, problem, at, errors).flatten()
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
    cohort: Cohort,
    at: &Path<'_>,
    errors: &mut Errors,
) -> Option<Condition> {
    let mut found = Vec::new();
    found.extend(raw.header.map(|name| Source::Header(name.to_ascii_lowercase())));
    found.extend(raw.cookie.map(Source::Cookie));
    found.extend(raw.query.map(Source::Query));
    let source = exactly_one(found, "needs one of `header`, `cookie`, `query`", at, errors);
    let key = signing_key(&raw.key, at, errors);
    let rollout = context.rollout.to_owned();
    Some(Condition::Override(OverrideToken { source: source?, key: key?, rollout, cohort }))
}

/// The source of a condition, if it has one; `None` after an error.
#[expect(clippy::option_option, reason = "outer: error reported; inner: no source")]
fn source(raw: &mut raw::Condition, at: &Path<'_>, errors: &mut Errors) -> Option<Option<Source>> {
    let on = |flag: &mut Option<bool>| flag.take().filter(|wanted| *wanted);
    let mut found = Vec::new();
    found.extend(raw.header.take().and_then(|name| header_source(&name)));
    found.extend(raw.cookie.take().map(Source::Cookie));
    found.extend(raw.query.take().map(Source::Query));
    found.extend(raw.jwt.take().map(Source::Jwt));
    found.extend(on(&mut raw.path).map(|_| Source::Path));
    found.extend(on(&mut raw.method).map(|_| Source::Method));
    found.extend(on(&mut raw.source_address).map(|_| Source::SourceAddress));
    if found.is_empty() {
        return Some(None);
    }
    exactly_one(found, "has more than one source", at, errors).map(Some)
}

fn operator(
    raw: &mut raw::Condition,
    context: &Context<'_>,
    at: &Path<'_>,
    errors: &mut Errors,
) -> Option<Operator> {
    use Comparison::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual};
    let mut found: Vec<(&str, Result<Operator, OperatorError>)> = Vec::new();
    let bytes = String::into_bytes;
    found.extend(raw.exact.take().map(|x| ("exact", Ok(Operator::Exact(bytes(x))))));
    found.extend(raw.prefix.take().map(|x| ("prefix", Ok(Operator::Prefix(bytes(x))))));
    found.extend(raw.suffix.take().map(|x| ("suffix", Ok(Operator::Suffix(bytes(x))))));
    found.extend(raw.contains.take().map(|x| ("contains", Ok(Operator::Contains(bytes(x))))));
    found.extend(raw.r#in.take().map(|list| ("in", Ok(Operator::one_of(list)))));
    found.extend(raw.regex.take().map(|x| ("regex", Operator::regex(&x))));
    found.extend(raw.present.take().map(|x| ("present", Ok(Operator::Present(x)))));
    for (key, slot, comparison) in [
        ("lt", &mut raw.lt, Less),
        ("le", &mut raw.le, LessOrEqual),
        ("gt", &mut raw.gt, Greater),
        ("ge", &mut raw.ge, GreaterOrEqual),
        ("eq", &mut raw.eq, Equal),
    ] {
        found.extend(slot.take().map(|x| (key, Operator::number(comparison, x))));
    }
    found.extend(raw.semver.take().map(|text| ("semver", semver(&text))));
    found.extend(raw.cidr.take().map(|list| {
        let list: Vec<&str> = list.iter().map(String::as_str).collect();
        ("cidr", Operator::cidr(&list))
    }));
    if let Some(share) = raw.percentage.take() {
        let weight = weight(share.0, &at.key("percentage"), errors)?;
        found.push(("percentage", Operator::percentage(weight, context.salt)));
    }
    let problem = "needs exactly one operator (`exact`, `prefix`, `suffix`, `in`, `contains`, \
                   `regex`, `lt`, `le`, `gt`, `ge`, `eq`, `semver`, `cidr`, `present`, `percentage`)";
    let (key, operator) = exactly_one(found, problem, at, errors)?;
    operator.or_else(|e| at.key(key).fail(errors, e.to_string()).ok_or(())).ok()
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
        None => at.fail(errors, "more than 100 %"),
    }
}

fn exactly_one<T>(found: Vec<T>, problem: &str, at: &Path<'_>, errors: &mut Errors) -> Option<T> {
    let mut found = found.into_iter();
    match (found.next(), found.next()) {
        (Some(only), None) => Some(only),
        _ => at.fail(errors, problem),
    }
}

/// Reports keys that no part of the condition has used.
fn nothing_left(raw: &raw::Condition, at: &Path<'_>, errors: &mut Errors) -> Option<()> {
    let left = [
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
        ("path", raw.path.is_some()),
        ("method", raw.method.is_some()),
        ("source_address", raw.source_address.is_some()),
    ];
    match left.iter().find(|(_, there)| *there) {
        Some((key, _)) => at.key(key).fail(errors, "does not belong beside the other keys here"),
        None => Some(()),
    }
}
