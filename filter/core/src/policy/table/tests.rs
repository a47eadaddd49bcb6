use super::*;
use crate::policy::ParamValue;

const TABLE: &str = r#"{
    "base": { "rollout": "shop", "unix_seconds": 7, "windows": [],
              "stage": { "count": 4, "age_seconds": 60 }, "params": { "limit": 0.5 } },
    "cases": [
        { "name": "as it is", "expect": { "verdict": "hold" } },
        { "name": "older", "with": { "stage": { "age_seconds": 90 }, "params": { "limit": null, "on": true } },
          "expect": { "verdict": "promote", "reason": "old", "evidence": { "age": 90 } } }
    ] }"#;

#[test]
fn a_case_says_only_what_is_peculiar_to_it() {
    let cases = read(TABLE).unwrap();
    let [first, second] = &cases[..] else { panic!("{cases:?}") };
    assert_eq!((first.snapshot.stage.count, first.snapshot.stage.age_seconds), (4, 60));
    assert_eq!(first.snapshot.params[0].value, ParamValue::Number(0.5));
    assert_eq!((second.snapshot.stage.count, second.snapshot.stage.age_seconds), (4, 90));
    let [param] = &second.snapshot.params[..] else { panic!("{second:?}") };
    assert_eq!((param.name.as_str(), &param.value), ("on", &ParamValue::Flag(true)));
}

#[test]
fn a_mistake_is_told_with_its_case() {
    let wrong = |old, new| read(&TABLE.replace(old, new)).unwrap_err().to_string();
    assert!(
        wrong("\"age_seconds\": 90", "\"age\": 90").contains("case `older`: unknown field `age`")
    );
    assert!(
        wrong("\"rollout\": \"shop\",", "").contains("case `as it is`: missing field `rollout`")
    );
    assert!(
        wrong("\"verdict\": \"hold\"", "\"verdict\": \"wait\"").contains("unknown variant `wait`")
    );
    assert!(
        read(r#"{ "cases": [] }"#).unwrap_err().to_string().contains("nothing would be tested")
    );
    assert!(read_snapshot("[]").is_err() && read_snapshot("").is_err());
}

#[test]
fn every_difference_is_told() {
    let expect = &read(TABLE).unwrap()[1].expect;
    assert_eq!(
        expect.differences(&Decision::promote("is old").noting("age", 90.000_000_1)),
        [""; 0]
    );
    let differences = expect.differences(&Decision::hold("is young").noting("age", 89.0));
    assert_eq!(
        differences,
        [
            "expected promote, got hold: is young",
            "expected a reason with `old`, got `is young`",
            "expected `age` to be 90, got 89",
        ]
    );
    let missing = expect.differences(&Decision::promote("old"));
    assert_eq!(missing, ["expected the evidence `age`, which is not there"]);
}

#[test]
fn a_snapshot_is_read_as_it_is_written() {
    let snapshot = &read(TABLE).unwrap()[0].snapshot;
    let text = serde_json::to_string(snapshot).unwrap();
    assert_eq!(read_snapshot(&text).as_ref(), Ok(snapshot));
}
