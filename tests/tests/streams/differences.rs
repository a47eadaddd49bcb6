//! In which fields two lists of records differ.

use serde_json::Value;

/// Every difference, as `record 3, reasons[0].guard.e_value: 151.2 was 149.9`.
pub fn between(before: &[Value], after: &[Value]) -> Vec<String> {
    let mut found = Vec::new();
    for (n, (before, after)) in before.iter().zip(after).enumerate() {
        fields(&format!("record {}", n + 1), "", before, after, &mut found);
    }
    if before.len() != after.len() {
        let (extra, what) =
            if before.len() > after.len() { (before, "is gone") } else { (after, "is new") };
        let from = before.len().min(after.len());
        found.extend(extra.iter().skip(from).map(|record| format!("{record} {what}")));
    }
    found
}

fn fields(record: &str, path: &str, before: &Value, after: &Value, found: &mut Vec<String>) {
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => {
            let keys = before.keys().chain(after.keys().filter(|key| !before.contains_key(*key)));
            for key in keys {
                let of = |object: &serde_json::Map<String, Value>| {
                    object.get(key).cloned().unwrap_or(Value::Null)
                };
                fields(record, &format!("{path}.{key}"), &of(before), &of(after), found);
            }
        }
        (Value::Array(before), Value::Array(after)) if before.len() == after.len() => {
            for (i, (before, after)) in before.iter().zip(after).enumerate() {
                fields(record, &format!("{path}[{i}]"), before, after, found);
            }
        }
        _ if before != after => {
            found.push(format!("{record}, {}: {after} was {before}", path.trim_start_matches('.')))
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_difference_has_its_place() {
        let before = [json!({ "a": [{ "b": 1, "c": 2 }] }), json!(1)];
        assert_eq!(
            between(&before, &[json!({ "a": [{ "b": 1, "c": 3 }] }), json!(1)]),
            ["record 1, a[0].c: 3 was 2"]
        );
        assert_eq!(between(&before, &before[..1]), ["1 is gone"]);
        assert_eq!(between(&before[..1], &before), ["1 is new"]);
        assert!(between(&before, &before).is_empty());
    }
}
