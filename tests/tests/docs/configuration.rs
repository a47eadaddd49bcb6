//! `docs/configuration.md` is made from the schema and from what the profiles compile to.
//!
//! After a change of either: `SERINUS_BLESS=1 cargo test -p serinus-tests --test docs`.

use std::fmt::Write;
use std::fs;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use serinus_core::config::{self, Rollout};
use serinus_core::gate::Gate;
use serinus_rig::workspace_root;

const PAGE: &str = "docs/configuration.md";

const HEAD: &str = "\
# Configuration: every key of a rollout

<!-- Made by tests/tests/docs/configuration.rs from the schema: SERINUS_BLESS=1 cargo test -p serinus-tests --test docs -->

This page is made from the JSON Schema that `serinus schema` prints, which is made from the shapes that read a rollout.
[examples/rollout.yaml](../examples/rollout.yaml) shows all keys at work, and
[examples/rollout.schema.json](../examples/rollout.schema.json) is the schema for your editor. A rollout is YAML in
files and JSON in the proxy; the keys are the same. `serinus check FILE` finds the mistakes of a rollout all at once,
with line and column.

One plugin can carry several rollouts, as `{ \"rollouts\": [ ... ] }`. The first whose `match` fits a request decides.
";

#[test]
fn the_reference_is_current() -> Result<()> {
    let current = reference()?;
    let path = workspace_root().join(PAGE);
    if std::env::var_os("SERINUS_BLESS").is_some_and(|bless| bless == "1") {
        fs::write(&path, &current)?;
    }
    let file = fs::read_to_string(&path).unwrap_or_default();
    ensure!(
        file == current,
        "{PAGE} is not what the schema says: SERINUS_BLESS=1 cargo test -p serinus-tests --test docs"
    );
    Ok(())
}

fn reference() -> Result<String> {
    let schema = config::schema();
    let shapes = Shapes(schema["$defs"].as_object().context("$defs")?);
    let mut text = format!("{HEAD}\n{}", profiles()?);
    let names = shapes.in_order_of_use("Rollout").into_iter();
    for name in names.filter(|name| !name.starts_with("Map_of_")) {
        text += &shapes.section(&name)?;
    }
    Ok(text)
}

/// The definitions of the schema.
struct Shapes<'a>(&'a serde_json::Map<String, Value>);

impl Shapes<'_> {
    /// `first`, then what it refers to, then what that refers to.
    fn in_order_of_use(&self, first: &str) -> Vec<String> {
        let mut names = vec![first.to_owned()];
        let mut next = 0;
        while let Some(shape) = names.get(next).and_then(|name| self.0.get(name)) {
            for name in references(shape) {
                if !names.contains(&name) {
                    names.push(name);
                }
            }
            next += 1;
        }
        names
    }

    fn section(&self, name: &str) -> Result<String> {
        let shape = self.0.get(name).with_context(|| name.to_owned())?;
        let said = shape["description"].as_str().map(one_line).unwrap_or_default();
        let mut text = format!("\n## {}\n", title(name));
        if !said.is_empty() {
            write!(text, "\n{said}\n")?;
        }
        if let Some(keys) = shape["properties"].as_object() {
            text += "\n| key | value | what it says |\n|---|---|---|\n";
            let required = |key: &str| {
                shape["required"].as_array().is_some_and(|keys| keys.iter().any(|k| k == key))
            };
            let (first, then): (Vec<_>, Vec<_>) = keys.iter().partition(|(key, _)| required(key));
            for (key, value) in first.into_iter().chain(then) {
                let said = value["description"].as_str().map(one_line).unwrap_or_default();
                let required = if required(key) { " Required." } else { "" };
                writeln!(text, "| `{key}` | {} | {said}{required} |", kind(value))?;
            }
        }
        if let Some(words) = shape["oneOf"].as_array() {
            text += "\n| value | what it says |\n|---|---|\n";
            for word in words {
                let said = word["description"].as_str().map(one_line).unwrap_or_default();
                writeln!(text, "| `{}` | {said} |", word["const"].as_str().context("const")?)?;
            }
        }
        Ok(text)
    }
}

/// The names of the definitions that a part of the schema refers to, in its order.
fn references(part: &Value) -> Vec<String> {
    match part {
        Value::Object(map) => {
            let own = map.get("$ref").and_then(Value::as_str).and_then(|to| to.rsplit('/').next());
            own.map(str::to_owned).into_iter().chain(map.values().flat_map(references)).collect()
        }
        Value::Array(list) => list.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}

/// What kind of value a key takes, with a link to its section.
fn kind(value: &Value) -> String {
    if let Some(name) = value["$ref"].as_str().and_then(|to| to.rsplit('/').next()) {
        let (each, name) = match name.strip_prefix("Map_of_") {
            Some(name) => ("names, each with a ", name),
            None => ("", name),
        };
        return format!("{each}[{}](#{})", title(name), title(name).replace(' ', "-"));
    }
    if let Some(one) = value["anyOf"].as_array().and_then(|list| list.first()) {
        return kind(one);
    }
    let kinds = &value["type"];
    match kinds.as_array().and_then(|kinds| kinds.first()).unwrap_or(kinds).as_str() {
        Some("boolean") => "true or false".to_owned(),
        Some("string") => "text".to_owned(),
        Some("array") => format!("list of {}", kind(&value["items"])),
        Some("integer" | "number") => "number".to_owned(),
        _ => "anything".to_owned(),
    }
}

/// `EventCondition` is "event condition".
fn title(name: &str) -> String {
    let mut title = String::new();
    for (i, c) in name.char_indices() {
        if c.is_uppercase() && i > 0 {
            title.push(' ');
        }
        title.extend(c.to_lowercase());
    }
    title
}

fn one_line(text: &str) -> String {
    text.replace('\n', " ").replace('|', "\\|")
}

/// What stands in a column of the table, for a profile.
type Cell = fn(&Rollout) -> String;

/// What each profile fills in, read from what it compiles to.
fn profiles() -> Result<String> {
    let mut text = String::from(
        "## what a profile fills in\n\nA profile says what holds for the keys that a rollout does not give.\n\n\
         | key | `low` | `standard` | `critical` |\n|---|---|---|---|\n",
    );
    let all = ["low", "standard", "critical"].map(compiled);
    let [low, standard, critical] = all;
    let rollouts = [low?, standard?, critical?];
    let rows: [(&str, Cell); 7] = [
        ("stages", stages),
        ("guard.alpha", |r| format!("{}", whole_alpha(r))),
        ("guard.tolerate", |r| percent(r.guard.tolerate)),
        ("guard.min_errors", |r| r.guard.min_errors.to_string()),
        ("gates", |r| {
            r.gates.iter().map(|gate| format!("`{}`", gate.label)).collect::<Vec<_>>().join(", ")
        }),
        ("warm_up", |r| duration(r.warm_up_ms)),
        ("finish_early", |r| r.finish_early.to_string()),
    ];
    for (key, cell) in rows {
        let cells = rollouts.each_ref().map(cell);
        writeln!(text, "| `{key}` | {} |", cells.join(" | "))?;
    }
    writeln!(
        text,
        "\n`guard.alpha` is divided: the guard has four fifths of it, and the critical gates share the rest. A gate passes \
         that\nshould not with a probability of at most {} (`low`), {} (`standard`) and {} (`critical`).",
        rollouts[0].levels.promote, rollouts[1].levels.promote, rollouts[2].levels.promote
    )?;
    Ok(text)
}

fn compiled(profile: &str) -> Result<Rollout> {
    let document = json!({ "rollout": "r", "unit": [{ "header": "u" }], "profile": profile });
    let mut rollouts =
        config::from_value(&document).map_err(|errors| anyhow::anyhow!("{profile}: {errors:?}"))?;
    Ok(rollouts.remove(0))
}

/// The guard's part and that of the critical gates, together.
fn whole_alpha(rollout: &Rollout) -> f64 {
    let part =
        if rollout.gates.iter().any(Gate::rolls_back) { config::Levels::GUARD_PART } else { 1.0 };
    (rollout.guard.alpha / part * 1e6).round() / 1e6
}

fn stages(rollout: &Rollout) -> String {
    let last = rollout.stages.len() - 1;
    let stage = |(i, stage): (usize, &config::PlannedStage)| {
        let weight = f64::from(stage.weight.get()) / 100_000.0;
        let time = duration(stage.min_time_ms);
        format!("{} {}{time}", percent(weight), if i == last { "watched for " } else { "" })
    };
    rollout.stages.iter().enumerate().map(stage).collect::<Vec<_>>().join(", ")
}

fn percent(share: f64) -> String {
    format!("{} %", (share * 1e5).round() / 1e3)
}

fn duration(ms: u64) -> String {
    match ms / 60_000 {
        0 => "0s".to_owned(),
        minutes if minutes % 60 == 0 => format!("{}h", minutes / 60),
        minutes => format!("{minutes}m"),
    }
}

#[test]
fn a_title_is_made_of_words() {
    assert_eq!(title("EventCondition"), "event condition");
    assert_eq!(
        kind(&json!({ "type": ["array", "null"], "items": { "$ref": "#/$defs/OnRollback" } })),
        "list of [on rollback](#on-rollback)"
    );
}
