use super::*;
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    /// The two readers agree on everything that JSON can say.
    #[test]
    fn json_reads_the_same_as_yaml(numbers in prop::collection::vec(any::<i32>(), 0..5), text in "[ -~é]{0,20}") {
        // Eighths are exact: serde_json is off by a bit for doubles of many digits.
        let numbers: Vec<f64> = numbers.into_iter().map(|n| f64::from(n) / 8.0).collect();
        let value = serde_json::json!({ "n": numbers, "t": text, "deep": [{ "a": null, "b": true }] });
        let text = format!("{value:#}");
        let json = Document::read(&Source::new("a.json", text.as_str())).unwrap();
        let yaml = Document::read(&Source::new("a.yaml", text.as_str())).unwrap();
        prop_assert_eq!(&json.value, &yaml.value);
        for path in ["n", "t", "deep", "deep[0].a", "deep[0].b"] {
            prop_assert_eq!(json.places.get(path), yaml.places.get(path), "{}", path);
        }
    }
}
