use crate::rehearsal;
use crate::rollout_file::{Document, Source};
use crate::scenario::ScenarioError;
use crate::scenario::cluster::{AnswerBody, Ending, Latency};
use crate::scenario::expectation::{Check, Level};
use crate::scenario::matcher::Matcher;
use crate::scenario::plugin::Config;
use crate::scenario::read::Wanted;
use crate::scenario::route::RouteTarget;
use crate::scenario::step::Action;
use crate::scenario::{Protocol, Scenario};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::time::Duration;

/// Every key that there is.
const FULL: &str = include_str!("full.yaml");

const LEAST: &str = "scenario: x\nplugins: [{}]\n";

fn parse(text: &str) -> Result<Scenario, ScenarioError> {
    rehearsal::parse(Source::new("x.yaml", text))
}

fn problems(text: &str) -> Vec<String> {
    let files = parse(text).unwrap_err().files;
    let problems = files.iter().flat_map(|file| &file.problems);
    problems
        .map(|p| {
            let line = p.place.map_or(0, |place| place.line);
            let remedy = p.help.as_ref().map(|remedy| format!(" ({remedy})")).unwrap_or_default();
            format!("{line}: {}: {}{remedy}", p.path, p.message)
        })
        .collect()
}

/// The only problem of the least scenario with this in it.
fn problem(more: &str) -> String {
    let all = problems(&format!("{LEAST}{more}"));
    assert_eq!(all.len(), 1, "{all:?}");
    all.into_iter().next().unwrap()
}

const fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

#[test]
fn the_least_scenario_has_one_cluster_and_all_goes_there() {
    let scenario = parse(LEAST).unwrap();
    assert_eq!((scenario.workers, scenario.seed, scenario.protocol), (1, 1, Protocol::Http));
    assert_eq!(scenario.plugins[0].name, "filter");
    assert_eq!(scenario.routes[0].target, RouteTarget::Cluster("upstream".into()));
    assert!(matches!(scenario.clusters["upstream"].phases[0].conduct.ending, Ending::Answer(_)));
}

#[test]
fn every_key_is_read() {
    let scenario = parse(FULL).map_err(|error| error.to_string()).unwrap();
    assert_eq!(scenario.plugins[0].config, Config::Bytes(br#"{"any":[1,"value"]}"#.to_vec()));
    assert_eq!(scenario.races.get(), 0.1);
    assert_eq!(scenario.traffic[0].lasts, Some(seconds(600)));
    assert_eq!(scenario.traffic[0].mix[0].request.headers.get("x-region"), ["eu"]);
    assert_eq!(scenario.traffic[0].mix[0].request.method, "GET");
    let phases = &scenario.clusters["canary"].phases;
    assert_eq!((phases.len(), phases[1].from), (2, seconds(30)));
    assert_eq!(phases[1].conduct.ending, Ending::ConnectFail);
    assert!(matches!(phases[0].conduct.latency, Latency::LogNormal { .. }));
    let Action::Request { request, expect } = &scenario.steps[0].action else { panic!() };
    assert_eq!(request.headers.get("accept"), ["a", "b"]);
    assert_eq!(request.chunks, [b"ab".to_vec(), b"cd".to_vec()]);
    assert_eq!(expect.cluster, Wanted::This("canary".into()));
    assert_eq!(expect.route, Wanted::Nothing);
    assert_eq!(expect.sent["x-secret"], Matcher::Absent);
    assert_eq!(scenario.steps[4].at, None);
    assert!(
        matches!(&scenario.expect[4].check, Check::User { header, .. } if header == "x-user-id")
    );
    assert!(matches!(&scenario.expect[6].check, Check::Log { level: Some(Level::Info), .. }));
}

#[test]
fn a_full_scenario_says_every_key_that_the_schema_knows() {
    let others = [include_str!("tcp.yaml"), include_str!("refused.yaml")];
    let text = FULL.to_owned() + &others.concat();
    let all = rehearsal::schema();
    let shapes = all["$defs"].as_object().unwrap().values().chain([&all]);
    for key in shapes.filter_map(|shape| shape["properties"].as_object()).flat_map(|p| p.keys()) {
        assert!(text.contains(&format!("{key}:")), "{key}");
    }
}

#[test]
fn a_scenario_of_tcp_is_read() {
    let scenario = parse(include_str!("tcp.yaml")).map_err(|e| e.to_string()).unwrap();
    let Action::Connect { connection, expect } = &scenario.steps[0].action else { panic!() };
    assert_eq!(connection.send, [b"hello".to_vec(), b"world".to_vec()]);
    assert_eq!(expect.received, Some(Matcher::Exact("hello".into())));
}

#[test]
fn a_refusal_is_read_and_leaves_nothing_else_to_expect() {
    let text = include_str!("refused.yaml");
    let scenario = parse(text).map_err(|e| e.to_string()).unwrap();
    assert_eq!(scenario.refused.as_deref(), Some("guest"));
    let wrong = problems(&text.replace("refused: guest", "refused: other"));
    assert!(wrong.join(" ").contains("other"), "{wrong:?}");
}

#[test]
fn all_mistakes_come_at_once_each_with_its_line_and_remedy() {
    insta::assert_snapshot!(problems(include_str!("wrong.yaml")).join("\n"));
}

#[test]
fn what_does_not_fit_together_is_told_at_once_too() {
    insta::assert_snapshot!(problems(include_str!("unsound.yaml")).join("\n"));
}

#[test]
fn a_share_of_the_requests_is_treated_otherwise_and_inherits_the_rest() {
    let text = "clusters: { c: { status: 201, latency: 20ms, body: a, sometimes: [
        { share: 10%, status: 500 }, { share: 0.2, reset: true }, { share: 30%, echo: true }, { share: 5%, latency: 1s }] } }";
    let scenario = parse(&format!("{LEAST}{text}")).map_err(|e| e.to_string()).unwrap();
    let phase = &scenario.clusters["c"].phases[0];
    let Ending::Answer(answer) = &phase.conduct(0.05).ending else { panic!() };
    assert_eq!(
        (answer.status, phase.conduct(0.05).latency),
        (500, Latency::Fixed(Duration::from_millis(20)))
    );
    assert_eq!(phase.conduct(0.1).ending, Ending::Reset);
    let Ending::Answer(answer) = &phase.conduct(0.31).ending else { panic!() };
    assert_eq!((answer.status, &answer.body), (201, &AnswerBody::Echo));
    assert_eq!(phase.conduct(0.6).latency, Latency::Fixed(seconds(1)));
    assert_eq!(phase.conduct(0.65), &phase.conduct);
}

#[test]
fn an_answer_for_a_share_puts_the_failure_of_the_rest_aside() {
    let text = "clusters: { c: { connect_fail: true, sometimes: [{ share: 10%, status: 204 }] } }";
    let scenario = parse(&format!("{LEAST}{text}")).map_err(|e| e.to_string()).unwrap();
    let phase = &scenario.clusters["c"].phases[0];
    assert!(matches!(&phase.conduct(0.0).ending, Ending::Answer(answer) if answer.status == 204));
    assert_eq!(phase.conduct(0.5).ending, Ending::ConnectFail);
}

#[test]
fn grpc_is_a_status_in_trailers_or_in_headers() {
    let text =
        "clusters: { c: { grpc: 0 }, d: { grpc_trailers_only: 14 } }\nroutes: [{ cluster: c }]";
    let scenario = parse(&format!("{LEAST}{text}")).map_err(|e| e.to_string()).unwrap();
    let answer = |name: &str| match &scenario.clusters[name].phases[0].conduct.ending {
        Ending::Answer(answer) => answer.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(answer("c").trailers.get("grpc-status"), ["0"]);
    assert_eq!(answer("d").headers.get("grpc-status"), ["14"]);
    assert!(answer("d").trailers.0.is_empty());
}

#[test]
fn a_rollout_has_its_header_route_between_baseline_and_canary() {
    let scenario = parse(
        "scenario: x
rollout: { rollout: a, unit: [{ header: u }], route: { header: x-arm, baseline: old, canary: new } }
clusters: { baseline: {}, canary: {} }",
    )
    .map_err(|e| e.to_string())
    .unwrap();
    assert_eq!(scenario.routes[0].matches.headers["x-arm"], Matcher::Exact("new".into()));
    assert_eq!(scenario.routes[1].target, RouteTarget::Cluster("baseline".into()));
}

#[test]
fn a_rollout_in_a_file_is_checked_and_reported_by_its_own_name() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    write("rollout.yaml", "rollout: a\nunit: [{ heder: u }]\n");
    let scenario = write("s.yaml", "scenario: x\nrollout: rollout.yaml\nwerkers: 2\n");
    let files = rehearsal::read(&scenario).unwrap_err().files;
    assert_eq!(files[0].problems[0].path, "werkers");
    assert!(files[1].source.name.ends_with("rollout.yaml"));
    assert_eq!(files[1].problems[0].path, "unit[0].heder");

    write("rollout.yaml", "rollout: a\nunit: [{ header: u }]\n");
    write("s.yaml", "scenario: x\nrollout: rollout.yaml\n");
    let scenario = rehearsal::read(&scenario).unwrap();
    assert_eq!(scenario.plugins[0].config.bytes(), br#"{"rollout":"a","unit":[{"header":"u"}]}"#);
}

#[test]
fn an_unsound_rollout_is_a_mistake_unless_it_should_be_refused() {
    let step = |accepted| {
        format!(
            "{LEAST}steps: [{{ configure: {{ rollout: {{ rollout: a }}, accepted: {accepted} }} }}]"
        )
    };
    assert!(parse(&step(false)).is_ok());
    assert_eq!(
        problems(&step(true)),
        ["3: steps[0].configure.rollout.unit: missing, and required"]
    );
}

#[test]
fn single_mistakes_say_what_would_be_right() {
    for (text, expected) in [
        ("", None),
        ("routes: [{ cluster: upstraem }]", Some("(did you mean `upstream`?)")),
        ("seed: -1", Some("expected a whole number, found -1")),
        ("for: 5", Some("expected a duration such as")),
        ("races: 101%", Some("expected a share from 0% to 100%")),
        ("steps:", Some("expected a list, found nothing")),
        ("steps: [{ request: { headers: { ':path': /x } } }]", Some("(say it as `path`)")),
        (
            "steps: [{ request: {}, expect: { flags: [UX] } }]",
            Some("(Envoy's short response flags: "),
        ),
        (
            "steps: [{ request: {}, expect: { body: { matches: '(' } } }]",
            Some("not a regular expression"),
        ),
        ("expect: [{ verdict: rollback, max: 3 }]", Some("`max` does not go with `verdict`")),
        ("expect: [{ requests: {} }]", Some("says no number")),
        ("expect: [{ log: }]", Some("says no line")),
        ("clusters: { up: { latency: 20 } }", Some("expected a duration such as 20ms")),
        ("protocol: tcp\nclusters: { a: {}, b: {} }", Some("(say which: `routes:")),
        ("properties: { a.b: [] }", Some("expected text, a whole number, true or false")),
        ("expect: [{ verdict: hold, reason: gard }]", Some("(did you mean `guard`?)")),
        ("workers: 65", Some("expected 1 to 64")),
    ] {
        match expected {
            None => drop(parse(&format!("{LEAST}{text}")).map_err(|e| e.to_string()).unwrap()),
            Some(expected) => assert!(problem(text).contains(expected), "{}", problem(text)),
        }
    }
}

fn sample() -> Value {
    Document::read(&Source::new("x.yaml", FULL)).unwrap().value
}

/// Whether the schema and the reader agree about form.
fn agree(document: &Value, schema: &jsonschema::Validator) -> Result<(), String> {
    let valid = schema.is_valid(document);
    let read = rehearsal::parse(Source::new("x.json", document.to_string()));
    if !valid && read.is_ok() {
        let why: Vec<String> = schema.iter_errors(document).map(|e| e.to_string()).collect();
        return Err(format!("only the schema refuses: {why:?}"));
    }
    let form = |problem: &str| {
        ["expected ", "unknown ", "missing, and required"]
            .iter()
            .any(|start| problem.starts_with(start))
    };
    let depends = [
        "min", "max", "latency", "rate", "users", "status", "routes", "plugin", "workers", "chunks",
    ];
    let found = read.err().and_then(|unsound| {
        let all = unsound.files.into_iter().flat_map(|file| file.problems);
        let mut of_form = all.filter(|p| {
            let last = p.path.rsplit('.').next().unwrap_or_default();
            // An inlined rollout has a schema of its own.
            let own = !p.path.contains("rollout.") && !p.path.ends_with("rollout");
            own && form(&p.message)
                && !p.message.contains("exactly one")
                && !depends.iter().any(|key| last.starts_with(key))
        });
        of_form.next()
    });
    match found {
        Some(problem) if valid => Err(format!("only the reader refuses: {problem:?}")),
        _ => Ok(()),
    }
}

fn pointers(value: &Value, at: &str, all: &mut Vec<String>) {
    all.push(at.to_owned());
    match value {
        Value::Object(map) => map.iter().for_each(|(k, v)| pointers(v, &format!("{at}/{k}"), all)),
        Value::Array(list) => {
            list.iter().enumerate().for_each(|(i, v)| pointers(v, &format!("{at}/{i}"), all));
        }
        _ => {}
    }
}

fn anything() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        Just(json!(5)),
        Just(json!(0.5)),
        Just(json!("5%")),
        Just(json!("10s")),
        Just(json!("text")),
        Just(json!([])),
        Just(json!({})),
        Just(json!({ "exact": "a" })),
        Just(json!({ "unknown": 1 })),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn schema_and_reader_agree_about_form(at in any::<proptest::sample::Index>(), with in anything()) {
        static SCHEMA: std::sync::LazyLock<jsonschema::Validator> =
            std::sync::LazyLock::new(|| {
                let options = jsonschema::draft202012::options().should_validate_formats(true);
                options.build(&rehearsal::schema()).unwrap()
            });
        let mut document = sample();
        let mut all = Vec::new();
        pointers(&document, "", &mut all);
        *document.pointer_mut(at.get(all.as_slice()).as_str()).unwrap() = with;
        prop_assert_eq!(agree(&document, &SCHEMA), Ok(()), "{}", at.get(all.as_slice()));
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in ".{0,200}") {
        let _ = parse(&text);
    }
}
