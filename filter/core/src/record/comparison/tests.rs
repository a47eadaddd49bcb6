use super::*;
use serde_json::{Value, json};

fn written(gate: &str, metric: Option<&str>) -> Value {
    let rate = json!({ "requests": 91, "hits": 91, "low": 0.5, "high": 1.0 });
    let mut value = json!({ "gate": gate, "severity": "critical", "basis": "randomised", "alpha": 0.05,
        "canary": rate, "baseline": rate, "limit": 0.01, "result": "passed" });
    if let (Some(metric), Some(object)) = (metric, value.as_object_mut()) {
        object.insert("metric".into(), metric.into());
    }
    value
}

fn read(gate: &str, metric: Option<&str>) -> Result<Metric, String> {
    let read = serde_json::from_value::<Comparison>(written(gate, metric));
    read.map(|comparison| comparison.metric).map_err(|error| error.to_string())
}

#[test]
fn what_a_gate_looks_at_is_what_the_record_says_whatever_its_label() {
    assert_eq!(read("errors-page-left drop <= 5%", Some("event")), Ok(Metric::Event));
    assert_eq!(read("errors <= 1%", Some("latency")), Ok(Metric::Latency));
}

#[test]
fn a_record_of_an_older_build_tells_it_by_the_form_of_its_label() {
    for (gate, metric) in [
        ("errors <= 0.1%", Metric::Errors),
        ("latency p99 <= 500ms", Metric::Latency),
        ("latency effect <= 0.56", Metric::Effect),
        ("errors-page-left drop <= 5%", Metric::Event),
        ("latency-warning drop <= 5%", Metric::Event),
    ] {
        assert_eq!(read(gate, None), Ok(metric), "{gate}");
    }
    let unknown = read("errors of some sort", None).unwrap_err();
    assert_eq!(
        unknown,
        "missing field `metric`, and the label `errors of some sort` does not tell it"
    );
}

#[test]
fn the_words_of_a_record_are_those_of_the_contract() {
    let unknown = |metric| read("errors <= 1%", Some(metric)).unwrap_err();
    assert!(unknown("saturation").starts_with("unknown variant `saturation`, expected one of"));
    let mut odd = written("errors <= 1%", Some("errors"));
    odd["severity"] = "fatal".into();
    assert!(serde_json::from_value::<Comparison>(odd).is_err());
}

#[test]
fn a_comparison_is_written_as_it_was_read() {
    let text = r#"{"gate":"a drop <= 5%","severity":"dry_run","metric":"event","basis":"forced","alpha":0.05,"canary":{"requests":1,"hits":0,"low":0.0,"high":1.0},"baseline":{"requests":0,"hits":0,"low":0.0,"high":1.0},"repeats":{"baseline":0,"canary":1},"limit":0.1,"result":"open"}"#;
    let comparison: Comparison = serde_json::from_str(text).unwrap();
    assert_eq!(serde_json::to_string(&comparison).unwrap(), text);
}
