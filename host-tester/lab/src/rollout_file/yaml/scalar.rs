//! What a scalar is: YAML 1.2's core schema (yaml.org/spec/1.2.2, section 10.3.2).
//!
//! YAML 1.1, which many tools still speak, would make `yes` true, `16:00` the number 960 and `010` the
//! number 8. Here the first two are text and the last is 10.

use saphyr_parser::{ScalarStyle, Tag};
use serde_json::{Number, Value};

/// The value of a scalar, or what is wrong with it.
pub(super) fn resolve(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Result<Value, String> {
    match tag {
        Some(tag) if tag.is_yaml_core_schema() => tagged(text, &tag.suffix),
        // `!` alone says: no guessing.
        Some(tag) if tag.suffix.is_empty() || tag.suffix == "!" => Ok(text.into()),
        Some(tag) => Err(format!("the tag `{}{}` means nothing here", tag.handle, tag.suffix)),
        None if style == ScalarStyle::Plain => plain(text),
        None => Ok(text.into()),
    }
}

fn tagged(text: &str, kind: &str) -> Result<Value, String> {
    let value = if kind == "str" { Value::from(text) } else { plain(text)? };
    let fits = match kind {
        "str" => true,
        "int" => value.is_u64() || value.is_i64(),
        "float" => value.is_number(),
        "bool" => value.is_boolean(),
        "null" => value.is_null(),
        _ => false,
    };
    if fits { Ok(value) } else { Err(format!("`{text}` is not what the tag `!!{kind}` says")) }
}

fn plain(text: &str) -> Result<Value, String> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Ok(Value::Null),
        "true" | "True" | "TRUE" => return Ok(true.into()),
        "false" | "False" | "FALSE" => return Ok(false.into()),
        ".nan" | ".NaN" | ".NAN" => return Err("`.nan` is no number that can be used".into()),
        _ => {}
    }
    if matches!(text.trim_start_matches(['+', '-']), ".inf" | ".Inf" | ".INF") {
        return Err(format!("`{text}` is no number that can be used"));
    }
    match number(text) {
        None => Ok(text.into()),
        Some(Some(number)) => Ok(number.into()),
        Some(None) => Err(format!("`{text}` is beyond the range of numbers")),
    }
}

/// The number that a text is; `Some(None)` for one that no double holds.
#[expect(clippy::option_option, reason = "outer: is it a number; inner: can it be held")]
fn number(text: &str) -> Option<Option<Number>> {
    for (prefix, radix) in [("0x", 16), ("0o", 8)] {
        if let Some(digits) = text.strip_prefix(prefix) {
            let all = !digits.is_empty() && digits.chars().all(|c| c.is_digit(radix));
            return all.then(|| u64::from_str_radix(digits, radix).ok().map(Number::from));
        }
    }
    if !text.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b)) {
        return None;
    }
    if let Ok(whole) = text.parse::<u64>() {
        return Some(Some(whole.into()));
    }
    if let Ok(whole) = text.parse::<i64>() {
        return Some(Some(whole.into()));
    }
    // Of the texts without other letters, Rust reads as numbers exactly those that the core schema does.
    text.parse::<f64>().ok().map(Number::from_f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn plain_scalars_follow_the_core_schema() {
        for (text, value) in [
            ("5%", json!("5%")),
            ("16:00", json!("16:00")),
            ("yes", json!("yes")),
            ("on", json!("on")),
            ("nan", json!("nan")),
            ("inf", json!("inf")),
            ("1_000", json!("1_000")),
            ("2023-11-17", json!("2023-11-17")),
            ("1.2.3", json!("1.2.3")),
            (">=1.4.0", json!(">=1.4.0")),
            (".", json!(".")),
            ("-", json!("-")),
            ("0x", json!("0x")),
            ("0o9", json!("0o9")),
            ("1e", json!("1e")),
            ("tRUE", json!("tRUE")),
            ("010", json!(10)),
            ("+7", json!(7)),
            ("-7", json!(-7)),
            ("0x1F", json!(31)),
            ("0o17", json!(15)),
            ("1.5e1", json!(15.0)),
            (".5", json!(0.5)),
            ("5.", json!(5.0)),
            ("18446744073709551615", json!(u64::MAX)),
            ("18446744073709551616", json!(18_446_744_073_709_551_616.0)),
            ("True", json!(true)),
            ("FALSE", json!(false)),
            ("~", json!(null)),
            ("", json!(null)),
        ] {
            assert_eq!(resolve(text, ScalarStyle::Plain, None), Ok(value), "{text}");
        }
    }

    #[test]
    fn numbers_that_json_cannot_hold_are_refused() {
        for text in ["1e400", "-1e400", ".nan", ".inf", "-.Inf", "+.INF", "0xFFFFFFFFFFFFFFFFF"] {
            assert!(resolve(text, ScalarStyle::Plain, None).is_err(), "{text}");
        }
    }

    #[test]
    fn quotes_and_tags_decide_over_looks() {
        let tag = |handle: &str, suffix: &str| Tag { handle: handle.into(), suffix: suffix.into() };
        let core = |suffix| tag("tag:yaml.org,2002:", suffix);
        let plain = |text, tag: &Tag| resolve(text, ScalarStyle::Plain, Some(tag));
        for style in [ScalarStyle::SingleQuoted, ScalarStyle::DoubleQuoted, ScalarStyle::Literal] {
            assert_eq!(resolve("true", style, None), Ok(json!("true")));
        }
        assert_eq!(plain("5", &core("str")), Ok(json!("5")));
        assert_eq!(plain("5", &core("int")), Ok(json!(5)));
        assert_eq!(plain("5", &core("float")), Ok(json!(5)));
        assert!(plain("x", &core("int")).is_err() && plain("1", &core("binary")).is_err());
        assert!(plain("x", &tag("!", "secret")).is_err());
    }
}
