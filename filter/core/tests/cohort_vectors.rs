//! The test vectors of other projects (`../shared/data/cohort-vectors`, with their licences; not copied
//! here). A clone without them says so and skips; single facts from them are in the unit tests.

#![allow(clippy::unwrap_used, clippy::panic)]

use serde_json::Value as Json;
use serinus_core::cohort::{
    attribute::{Attributes, Reads},
    bucket::{Bucketer, Bucketing, Weight},
    condition::Condition,
    operator::{Comparison, Operator},
    source::Source,
    time::parse_rfc3339,
    truth::Truth,
};

fn vectors(name: &str) -> Option<Json> {
    let path = format!("{}/../../../shared/data/cohort-vectors/{name}", env!("CARGO_MANIFEST_DIR"));
    let Ok(text) = std::fs::read_to_string(&path) else {
        println!("skipped: no {path}");
        return None;
    };
    Some(serde_json::from_str(&text).unwrap())
}

fn text(json: &Json) -> &str {
    json.as_str().unwrap()
}

fn list(json: &Json) -> &[Json] {
    json.as_array().unwrap()
}

#[test]
fn growthbook_hashes_version_2() {
    let Some(cases) = vectors("growthbook-cases-0.7.1.json") else {
        return;
    };
    let mut checked = 0;
    for case in list(&cases["hash"]).iter().filter(|case| case[2] == 2) {
        let bucket = Bucketer::try_new(Bucketing::GrowthbookV2, text(&case[0]))
            .unwrap()
            .bucket(text(&case[1]).as_bytes());
        assert_eq!(f64::from(bucket.get()) / 10_000.0, case[3].as_f64().unwrap(), "{case}");
        checked += 1;
    }
    assert_eq!(checked, 7);
}

/// Experiments whose first variation is `[0, x)`: what the canary is here, at weight `x`. A range that
/// ends at the user's own bucket shows that the end is excluded.
#[test]
fn growthbook_buckets_of_experiments() {
    let Some(cases) = vectors("growthbook-cases-0.7.1.json") else {
        return;
    };
    let mut checked = 0;
    for (id, key, variation, bucket) in experiments(&cases) {
        let bucketer = Bucketer::try_new(Bucketing::GrowthbookV2, &key).unwrap();
        let place = bucketer.bucket(id.as_bytes());
        if let Some(bucket) = bucket {
            assert_eq!(f64::from(place.get()) / 10_000.0, bucket, "{id} {key}");
        }
        let at = |weight| bucketer.includes(place, Weight::try_new(weight).unwrap());
        assert_eq!(at(50_000), variation == 0, "{id} {key}");
        assert!(!at(place.get() * 10) && at(place.get() * 10 + 10));
        checked += 1;
    }
    assert!(checked >= 3, "{checked}");
}

/// Id, seed, variation and bucket of the halved experiments of hash version 2.
fn experiments(cases: &Json) -> Vec<(String, String, u64, Option<f64>)> {
    let halved = |experiment: &Json| {
        experiment["hashVersion"] == 2
            && experiment["ranges"] == serde_json::json!([[0, 0.5], [0.5, 1.0]])
    };
    let id = |context: &Json| match &context["attributes"]["id"] {
        Json::String(id) => id.clone(),
        id => id.to_string(),
    };
    let run = list(&cases["run"]).iter().filter(|case| halved(&case[2])).map(|case| {
        (id(&case[1]), text(&case[2]["seed"]).to_string(), case[3].as_u64().unwrap(), None)
    });
    let features =
        list(&cases["feature"]).iter().filter(|case| halved(&case[3]["experiment"])).map(|case| {
            let result = &case[3]["experimentResult"];
            (
                id(&case[1]),
                text(&case[3]["experiment"]["key"]).to_string(),
                result["variationId"].as_u64().unwrap(),
                result["bucket"].as_f64(),
            )
        });
    run.chain(features).collect()
}

/// What Unleash knows of a request, as headers in lower case. `null` is missing.
struct Context<'j>(&'j Json);

impl Context<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        let fields = [self.0.as_object(), self.0["properties"].as_object()];
        fields.into_iter().flatten().flatten().find(|(key, _)| *key == name)?.1.as_str()
    }
}

impl Attributes for Context<'_> {
    fn header(&self, name: &str) -> Option<Vec<u8>> {
        self.get(name).map(Into::into)
    }
    fn jwt_claim(&self, _: &str) -> Option<Vec<u8>> {
        None
    }
    fn source_address(&self) -> Option<Vec<u8>> {
        self.get("remoteAddress").map(Into::into)
    }
    fn now(&self) -> u64 {
        parse_rfc3339(self.get("currentTime").unwrap()).unwrap()
    }
    fn random(&self) -> Option<[u8; 16]> {
        None
    }
}

/// The feature that a test of Unleash is about.
fn feature<'j>(spec: &'j Json, test: &Json) -> Option<&'j Json> {
    list(&spec["state"]["features"]).iter().find(|feature| feature["name"] == test["toggleName"])
}

/// Strategies of percentages. Differs on purpose: Unleash's `default` stickiness rolls dice for who has no
/// id, here such a request stays baseline even at 100 % (`flexibleRollout.100` of nobody).
#[test]
fn unleash_gradual_rollouts() {
    let mut checked = 0;
    for name in [
        "03-gradual-rollout-user-id-strategy",
        "04-gradual-rollout-session-id-strategy",
        "10-flexible-rollout-strategy",
        "12-custom-stickiness",
    ] {
        let Some(spec) = vectors(&format!("unleash/{name}.json")) else {
            return;
        };
        for test in list(&spec["tests"]) {
            let strategies = list(&feature(&spec, test).unwrap()["strategies"]);
            let [strategy] = strategies else { continue };
            let parameters = &strategy["parameters"];
            let percent: u32 = text(parameters.get("rollout").unwrap_or(&parameters["percentage"]))
                .parse()
                .unwrap();
            let context = Context(&test["context"]);
            let unit = match (text(&strategy["name"]), parameters["stickiness"].as_str()) {
                ("gradualRolloutUserId", _) => context.get("userId"),
                ("gradualRolloutSessionId", _) => context.get("sessionId"),
                (_, Some("default")) => context.get("userId").or(context.get("sessionId")),
                (_, stickiness) => context.get(stickiness.unwrap()),
            };
            let bucketer =
                Bucketer::try_new(Bucketing::Unleash, text(&parameters["groupId"])).unwrap();
            let weight = Weight::try_new(percent * 1000).unwrap();
            let canary = unit
                .is_some_and(|unit| bucketer.includes(bucketer.bucket(unit.as_bytes()), weight));
            let by_dice = unit.is_none() && parameters["stickiness"] == "default";
            assert_eq!(canary, !by_dice && test["expectedResult"] == true, "{test}");
            checked += 1;
        }
    }
    assert_eq!(checked, 25);
}

/// An Unleash constraint as a condition; `None` if it is none here.
fn condition(constraint: &Json) -> Option<Condition> {
    let name = text(&constraint["contextName"]);
    let value = constraint["value"].as_str().unwrap_or_default();
    let values: Vec<&str> =
        constraint["values"].as_array().into_iter().flatten().map(text).collect();
    let test = |operator| Condition::Test { source: Source::Header(name.into()), operator };
    let any = |operator: fn(Vec<u8>) -> Operator| {
        Some(Condition::Any(values.iter().map(|value| test(operator((*value).into()))).collect()))
    };
    let compare = |name: &str| match name {
        "EQ" => Comparison::Equal,
        "GT" => Comparison::Greater,
        "GTE" => Comparison::GreaterOrEqual,
        "LT" => Comparison::Less,
        "LTE" => Comparison::LessOrEqual,
        other => panic!("{other}"),
    };
    let time = || parse_rfc3339(value).unwrap();
    let plain = match text(&constraint["operator"]) {
        // Texts differ in case here; a pattern with (?i) does not.
        "STR_STARTS_WITH" | "STR_ENDS_WITH" if constraint["caseInsensitive"] == true => {
            let value = values[0].replace('.', "\\.");
            let anchored = if text(&constraint["operator"]) == "STR_STARTS_WITH" {
                format!("(?i)^{value}")
            } else {
                format!("(?i){value}$")
            };
            Operator::regex(&anchored).ok().map(test)
        }
        "STR_STARTS_WITH" => any(Operator::Prefix),
        "STR_ENDS_WITH" => any(Operator::Suffix),
        "STR_CONTAINS" => any(Operator::Contains),
        "IN" => Some(test(Operator::one_of(values.clone()))),
        "NOT_IN" => Some(Condition::Not(Box::new(test(Operator::one_of(values.clone()))))),
        "REGEX" if constraint["caseInsensitive"] == true => {
            Operator::regex(&format!("(?i){value}")).ok().map(test)
        }
        "REGEX" => Operator::regex(value).ok().map(test),
        "DATE_AFTER" => Some(Condition::TimeWindow { from: time() + 1, until: u64::MAX }),
        "DATE_BEFORE" => Some(Condition::TimeWindow { from: 0, until: time() }),
        "IN_CIDR" => {
            // Unleash drops a network that is none; here the rollout is refused, so the test drops it.
            let good: Vec<&str> =
                values.iter().copied().filter(|value| Operator::cidr(&[value]).is_ok()).collect();
            Some(Condition::Test {
                source: Source::SourceAddress,
                operator: Operator::cidr(&good).unwrap(),
            })
        }
        operator => match operator.split_once('_') {
            Some(("NUM", comparison)) => {
                Some(test(Operator::number(compare(comparison), value.parse().unwrap()).unwrap()))
            }
            Some(("SEMVER", comparison)) => {
                Operator::semver(compare(comparison), value).ok().map(test)
            }
            _ => None,
        },
    }?;
    Some(if constraint["inverted"] == true { Condition::Not(Box::new(plain)) } else { plain })
}

/// Differs on purpose: `NOT_IN` of a missing field is true in Unleash, and unknown here. A constraint that
/// does not compile is false there, and refused here.
#[test]
fn unleash_constraints() {
    let mut checked = 0;
    for name in [
        "13-constraint-operators",
        "14-constraint-semver-operators",
        "21-regex-constraint-operators",
        "22-cidr-constraint-operators",
    ] {
        let Some(spec) = vectors(&format!("unleash/{name}.json")) else {
            return;
        };
        for test in list(&spec["tests"]) {
            // One test is about a feature that the file does not have.
            let Some(feature) = feature(&spec, test) else {
                continue;
            };
            let constraints = list(&feature["strategies"][0]["constraints"]);
            let conditions: Option<Vec<_>> = constraints.iter().map(condition).collect();
            let context = Context(&test["context"]);
            let truth = conditions.map_or(Truth::False, |conditions| {
                Condition::All(conditions).evaluate(&Reads::new(&context))
            });
            if feature["name"] == "F8.missing-field.NOT_IN" {
                assert_eq!(
                    (truth, &test["expectedResult"]),
                    (Truth::Unknown, &Json::Bool(true)),
                    "{test}"
                );
            } else {
                assert_eq!(truth == Truth::True, test["expectedResult"] == true, "{test}");
            }
            checked += 1;
        }
    }
    assert_eq!(checked, 119);
}
