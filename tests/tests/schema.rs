//! The published JSON Schema: current, valid, and of one mind with the decoder about form.
//!
//! After a change of the schema: `SERINUS_BLESS=1 cargo test -p serinus-tests --test schema`.
#![expect(clippy::expect_used, reason = "a test says what must hold by expecting it")]

use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

use anyhow::{Context, Result, ensure};
use jsonschema::Validator;
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};
use serinus_core::config;
use serinus_lab::rollout_file::{Document, Source};
use serinus_rig::workspace_root;

static SCHEMA: LazyLock<Validator> =
    LazyLock::new(|| jsonschema::draft202012::new(&config::schema()).expect("a schema"));

fn published() -> PathBuf {
    workspace_root().join("examples/rollout.schema.json")
}

fn sample() -> Result<Value> {
    let path = workspace_root().join("examples/rollout.yaml");
    Ok(Document::read(&Source::read(&path.display().to_string())?)?.value)
}

#[test]
fn the_published_schema_is_current() -> Result<()> {
    let current = serinus_cli::command::schema::text();
    if std::env::var_os("SERINUS_BLESS").is_some_and(|bless| bless == "1") {
        fs::write(published(), &current)?;
    }
    let file = fs::read_to_string(published())?;
    ensure!(
        file == current,
        "{} is not what `serinus schema` prints: SERINUS_BLESS=1 cargo test -p serinus-tests --test schema",
        published().display()
    );
    Ok(())
}

#[test]
fn the_schema_is_valid_2020_12() -> Result<()> {
    let schema: Value = serde_json::from_str(&fs::read_to_string(published())?)?;
    ensure!(schema["$schema"] == "https://json-schema.org/draft/2020-12/schema");
    jsonschema::draft202012::meta::validate(&schema).map_err(|error| error.to_owned())?;
    Ok(())
}

/// Editors show descriptions; a key without one is a riddle.
#[test]
fn every_key_is_described() -> Result<()> {
    let schema = config::schema();
    for (name, shape) in schema["$defs"].as_object().context("$defs")? {
        let Some(properties) = shape["properties"].as_object() else { continue };
        ensure!(shape.get("description").is_some(), "{name}");
        for (key, value) in properties {
            ensure!(value.get("description").is_some(), "{name}.{key}");
        }
    }
    Ok(())
}

/// Errors about the form of a document, which is all that a schema can see. Errors about its sense come
/// only once the form is right.
fn form_errors(document: &Value) -> Vec<String> {
    let errors = config::from_value(document).err();
    let errors = errors.iter().flat_map(|errors| errors.iter());
    errors.filter(|e| is_form(&e.path, &e.message)).map(ToString::to_string).collect()
}

fn is_form(path: &str, problem: &str) -> bool {
    // Read twice: their form depends on other keys, so that the schema leaves them open.
    let depends = ["bucketing", "max", "quantile", "from", "to", "offset"];
    let last = path.rsplit(['.']).next().unwrap_or_default();
    let form = ["expected ", "unknown key", "missing, and required"];
    form.iter().any(|start| problem.starts_with(start)) && !depends.contains(&last)
}

/// Both ways: what the schema refuses is no rollout, and what has the wrong form the schema refuses.
fn agree(document: &Value) -> Result<(), String> {
    let (valid, form) = (SCHEMA.is_valid(document), form_errors(document));
    if !valid && config::from_value(document).is_ok() {
        let why: Vec<_> = SCHEMA.iter_errors(document).map(|error| error.to_string()).collect();
        return Err(format!("only the schema refuses {document}: {why:?}"));
    }
    if valid && !form.is_empty() {
        return Err(format!("the schema accepts {document}, and the decoder says {form:?}"));
    }
    Ok(())
}

fn with(extra: &Value) -> Value {
    let mut rollout = json!({ "rollout": "a", "unit": [{ "header": "u" }] });
    for (key, value) in extra.as_object().into_iter().flatten() {
        rollout[key] = value.clone();
    }
    rollout
}

#[test]
fn the_samples_are_accepted() -> Result<()> {
    let sample = sample()?;
    for good in [
        sample.clone(),
        with(&json!({})),
        json!({ "rollouts": [sample, with(&json!({ "rollout": "b", "generation": 1.5e1, "kill": null }))] }),
        with(
            &json!({ "stages": [{ "weight": 0.05 }, { "weight": "100%" }], "guard": { "min_errors": 5.0 } }),
        ),
        with(&json!({ "failure": { "status": [503, "500-599", 504.0] }, "max_age": "1h30m" })),
        with(&json!({ "exclude": [{ "name": "x", "when": { "any": [
            { "not": { "header": "a", "regex": "^b" } }, { "after": "2026-01-01T00:00:00Z" } ] } }] })),
    ] {
        let errors: Vec<_> = SCHEMA.iter_errors(&good).map(|error| error.to_string()).collect();
        ensure!(errors.is_empty(), "{good}: {errors:?}");
        config::from_value(&good).map(drop).with_context(|| good.to_string())?;
    }
    Ok(())
}

#[test]
fn what_has_the_wrong_form_is_refused_by_both() -> Result<()> {
    let wrong = [
        json!(null),
        json!([]),
        json!({}),
        json!("rollout"),
        json!({ "rollout": "a" }),
        json!({ "unit": [] }),
        json!({ "rollouts": {} }),
        json!({ "rollouts": [{}] }),
        json!({ "rollouts": [with(&json!({}))], "kill": true }),
        with(&json!({ "rollout": 5 })),
        with(&json!({ "unit": { "header": "u" } })),
        with(&json!({ "unit": [{ "heeder": "u" }] })),
        with(&json!({ "unit": [{ "cookie": "id" }] })),
        with(&json!({ "unit": [{ "cookie": { "issue": true } }] })),
        with(&json!({ "match": { "host": ["x"] } })),
        with(&json!({ "match": { "hosts": "x" } })),
        with(&json!({ "colour": "red" })),
        with(&json!({ "salt": 5 })),
        with(&json!({ "kill": "no" })),
        with(&json!({ "generation": -1 })),
        with(&json!({ "generation": 1.5 })),
        with(&json!({ "generation": "1" })),
        with(&json!({ "profile": "bold" })),
        with(&json!({ "mode": "Follow" })),
        with(&json!({ "on_rollback": "forget" })),
        with(&json!({ "max_age": 7 })),
        with(&json!({ "max_age": "7w" })),
        with(&json!({ "max_age": "" })),
        with(&json!({ "max_age": "1 h" })),
        with(&json!({ "stages": [{ "weight": "five" }] })),
        with(&json!({ "stages": [{ "weight": -0.1 }] })),
        with(&json!({ "stages": [{ "weight": "1%%" }] })),
        with(&json!({ "stages": [{ "weight": null }] })),
        with(&json!({ "stages": [{ "min_time": "1h" }] })),
        with(&json!({ "guard": { "alpha": "low" } })),
        with(&json!({ "gates": [{ "max": "1%" }] })),
        with(&json!({ "gates": [{ "metric": "error" }] })),
        with(&json!({ "gates": [{ "metric": "errors", "severity": "info" }] })),
        with(&json!({ "events": ["conversion"] })),
        with(&json!({ "events": { "c": { "when": { "present": true } } } })),
        with(&json!({ "failure": { "status": [99] } })),
        with(&json!({ "failure": { "status": [503.5] } })),
        with(&json!({ "failure": { "status": ["5xx"] } })),
        with(&json!({ "failure": { "status": ["600"] } })),
        with(&json!({ "failure": { "grpc": ["UNAVAILABLE"] } })),
        with(&json!({ "failure": { "local": ["dns"] } })),
        with(&json!({ "freeze": [{ "days": ["friday"], "from": "16:00", "to": "08:00" }] })),
        with(&json!({ "freeze": [{ "from": "16:00", "to": "08:00" }] })),
        with(&json!({ "force": [{ "name": "f", "when": {}, "cohort": "b" }] })),
        with(&json!({ "force": [{ "name": "f", "cohort": "canary" }] })),
        with(&json!({ "exclude": [{ "name": "x", "when": { "header": "h", "lt": "5" } }] })),
        with(&json!({ "exclude": [{ "name": "x", "when": { "not": [] } }] })),
        with(&json!({ "exclude": [{ "name": "x", "when": { "any": [{ "al": [] }] } }] })),
        with(&json!({ "exclude": [{ "name": "x", "when": { "override": { "header": "h" } } }] })),
    ];
    for document in wrong {
        ensure!(!SCHEMA.is_valid(&document), "the schema accepts {document}");
        ensure!(!form_errors(&document).is_empty(), "the decoder accepts the form of {document}");
    }
    Ok(())
}

fn weight(share: Value) -> Value {
    with(&json!({ "stages": [{ "weight": share }, { "weight": "100%" }] }))
}

fn status(status: Value) -> Value {
    with(&json!({ "failure": { "status": [status] } }))
}

fn max_age(text: &str) -> Value {
    with(&json!({ "max_age": text }))
}

#[test]
fn both_agree_on_odd_leaves() -> Result<()> {
    let shares = ["5", "5 ", "5 %", ".5", "5.", "1e-2", "-5%", "٣%", "5%\n", "", "%", "nan", "inf"];
    let statuses = ["503", "500 - 599", "5e2", "500-", "-599", "500-599-600", ""];
    let ages = ["1h30m", "0s", "1h\n", "٣h", "1H", "h", "1", "1.5h", "-1h"];
    let numbers = [json!(503.0), json!(1e2), json!(5.99e2), json!(99), json!(600), json!(-0.0)];
    let documents = shares.map(|share| weight(share.into())).into_iter();
    let documents = documents.chain(statuses.map(|text| status(text.into())));
    let documents = documents.chain(ages.map(max_age)).chain(numbers.map(status));
    for document in documents {
        agree(&document).map_err(anyhow::Error::msg)?;
    }
    Ok(())
}

/// A pattern cannot count: these the schema lets pass, and the decoder alone refuses.
#[test]
fn the_decoder_alone_knows_magnitudes() -> Result<()> {
    for document in [
        weight("1e400".into()),
        status("599-500".into()),
        max_age("400000d"),
        with(&json!({ "generation": 1e300 })),
    ] {
        ensure!(SCHEMA.is_valid(&document), "the schema refuses {document}");
        ensure!(!form_errors(&document).is_empty(), "the decoder accepts {document}");
    }
    Ok(())
}

/// The paths of all values, as JSON pointers.
fn pointers(value: &Value, at: &str, into: &mut Vec<String>) {
    into.push(at.to_owned());
    match value {
        Value::Array(list) => {
            for (i, item) in list.iter().enumerate() {
                pointers(item, &format!("{at}/{i}"), into);
            }
        }
        Value::Object(map) => {
            for (key, item) in map {
                pointers(item, &format!("{at}/{key}"), into);
            }
        }
        _ => {}
    }
}

/// One change to a document.
#[derive(Clone, Debug)]
enum Change {
    Replace(Value),
    Delete,
    Rename,
    Add(&'static str, Value),
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        prop::sample::select(vec![
            json!(null),
            json!(true),
            json!(false),
            json!(0),
            json!(1),
            json!(-1),
            json!(15.0),
            json!(0.5),
            json!(503),
            json!(1e9),
            json!(""),
            json!("5%"),
            json!("0.5"),
            json!("1h"),
            json!("500-599"),
            json!("canary"),
            json!("fri"),
            json!("x"),
            json!([]),
            json!(["x"]),
            json!([1]),
            json!([null]),
            json!({}),
            json!({ "header": "h" }),
            json!([{ "name": "n" }]),
        ]),
        "[a-z0-9%.]{0,3}"
            .prop_filter(
                "`.` and `1.2.3`: the pattern of shares is looser than its reader",
                |text| { !text.contains('.') || text.trim_end_matches('%').parse::<f64>().is_ok() }
            )
            .prop_map(Value::from),
        (-10..700_i32).prop_map(Value::from),
    ]
}

fn change() -> impl Strategy<Value = Change> {
    let keys =
        vec!["header", "cookie", "weight", "max", "when", "not", "all", "name", "stage", "x"];
    prop_oneof![
        4 => value().prop_map(Change::Replace),
        1 => Just(Change::Delete),
        1 => Just(Change::Rename),
        2 => (prop::sample::select(keys), value()).prop_map(|(key, value)| Change::Add(key, value)),
    ]
}

fn apply(document: &mut Value, pointer: &str, change: Change) {
    let (parent, last) = pointer.rsplit_once('/').unwrap_or(("", ""));
    match change {
        Change::Replace(value) => {
            if let Some(at) = document.pointer_mut(pointer) {
                *at = value;
            }
        }
        Change::Add(key, value) => {
            if let Some(Value::Object(map)) = document.pointer_mut(pointer) {
                map.insert(key.into(), value);
            }
        }
        Change::Delete | Change::Rename => match document.pointer_mut(parent) {
            Some(Value::Object(map)) => {
                let removed = map.remove(last);
                if matches!(change, Change::Rename) {
                    map.insert(format!("{last}s"), removed.unwrap_or_default());
                }
            }
            Some(Value::Array(list)) => drop(last.parse().map(|i: usize| list.remove(i))),
            _ => {}
        },
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn schema_and_decoder_agree_on_changed_samples(
        changes in prop::collection::vec((any::<Index>(), change()), 1..4)
    ) {
        let mut document = sample().expect("the sample");
        for (index, change) in changes {
            let mut all = Vec::new();
            pointers(&document, "", &mut all);
            let pointer = index.get(&all).clone();
            apply(&mut document, &pointer, change);
        }
        prop_assert_eq!(agree(&document), Ok(()));
    }
}
