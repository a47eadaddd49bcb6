//! `examples/istio`: manifests that Istio's CRDs accept, around rollouts that Serinus accepts.
//!
//! The CRDs are not part of this project: they are read from `../shared/data/istio/crds.yaml`, and where
//! that is missing, only the rollouts are tested. What a CRD says in CEL (`x-kubernetes-validations`) is not
//! evaluated; the one rule of it that matters here is tested in Rust.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use jsonschema::Validator;
use serde_json::{Map, Value, json};
use serinus_core::config;
use serinus_lab::rollout_file::Document;
use serinus_rig::workspace_root;

/// Istio kinds that stand in the examples and not in the file of CRDs: nothing checks their fields.
const WITHOUT_A_CRD: &[(&str, &str)] = &[
    ("networking.istio.io/v1", "DestinationRule"),
    ("networking.istio.io/v1", "Gateway"),
    ("security.istio.io/v1", "RequestAuthentication"),
];

const SETUPS: [&str; 3] = ["gateway", "sidecar", "waypoint"];

fn examples() -> PathBuf {
    workspace_root().join("examples/istio")
}

/// The documents of every YAML file below `dir`, each with its file.
fn manifests(dir: &Path) -> Result<Vec<(PathBuf, Value)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(manifests(&path)?);
        } else if path.extension().is_some_and(|end| end == "yaml") {
            found.extend(read(&path)?.into_iter().map(|value| (path.clone(), value)));
        }
    }
    Ok(found)
}

fn read(path: &Path) -> Result<Vec<Value>> {
    let documents = Document::read_all(&fs::read_to_string(path)?);
    let documents = documents.with_context(|| path.display().to_string())?;
    let problems: Vec<_> = documents.iter().flat_map(|document| &document.problems).collect();
    ensure!(problems.is_empty(), "{}: {problems:?}", path.display());
    Ok(documents.into_iter().map(|document| document.value).collect())
}

fn resources() -> Result<Vec<(PathBuf, Value)>> {
    let mut all = manifests(&examples())?;
    all.retain(|(_, value)| value.get("kind").is_some());
    ensure!(all.len() >= 3 * 3, "{} manifests", all.len());
    Ok(all)
}

/// The rollout that a plugin carries, if it is one.
fn plugin_config(manifest: &Value) -> Option<&Value> {
    let spec = &manifest["spec"];
    spec.get("pluginConfig").or_else(|| spec.get("wasm")?.get("pluginConfig"))
}

/// The CRDs, or a word on why not.
fn crds() -> Result<Option<Vec<Value>>> {
    let path = workspace_root().join("../shared/data/istio/crds.yaml");
    if path.is_file() {
        return read(&path).map(Some);
    }
    println!("skipped: no Istio CRDs at {}", path.display());
    Ok(None)
}

/// What a resource of this `apiVersion` and `kind` must look like. `None` if there is no such CRD, or it
/// does not serve this version.
fn validator(crds: &[Value], manifest: &Value) -> Result<Option<Validator>> {
    let (api, kind) = (&manifest["apiVersion"], &manifest["kind"]);
    let (group, version) = api.as_str().and_then(|a| a.split_once('/')).context("apiVersion")?;
    let crd = crds
        .iter()
        .find(|crd| crd["spec"]["group"] == group && crd["spec"]["names"]["kind"] == *kind);
    let versions = crd.and_then(|crd| crd["spec"]["versions"].as_array());
    let served =
        versions.and_then(|all| all.iter().find(|v| v["name"] == version && v["served"] == true));
    let Some(served) = served else { return Ok(None) };
    let mut schema = strict(&served["schema"]["openAPIV3Schema"]);
    // What every resource has, and no CRD repeats.
    schema["properties"]["apiVersion"] = json!({ "const": api });
    schema["properties"]["kind"] = json!({ "const": kind });
    schema["properties"]["metadata"] = json!({
        "type": "object",
        "required": ["name"],
        "properties": { "name": {}, "namespace": {}, "labels": {}, "annotations": {} },
        "additionalProperties": false,
    });
    Ok(Some(jsonschema::draft202012::new(&schema)?))
}

/// A structural schema as JSON Schema, in which unknown fields are errors. Kubernetes would drop them
/// without a word, unless asked for strict validation.
fn strict(schema: &Value) -> Value {
    let Some(fields) = schema.as_object() else { return schema.clone() };
    let mut out = fields.clone();
    if let Some(Value::Object(properties)) = fields.get("properties") {
        let properties = properties.iter().map(|(key, value)| (key.clone(), strict(value)));
        out.insert("properties".into(), Value::Object(properties.collect::<Map<_, _>>()));
    }
    for key in ["items", "additionalProperties"] {
        if let Some(inner) = fields.get(key) {
            out.insert(key.into(), strict(inner));
        }
    }
    let open = fields.contains_key("additionalProperties")
        || schema["x-kubernetes-preserve-unknown-fields"] == true;
    if schema["type"] == "object" && !open {
        out.insert("additionalProperties".into(), false.into());
    }
    if schema["nullable"] == true {
        return json!({ "anyOf": [{ "type": "null" }, out] });
    }
    Value::Object(out)
}

fn errors(validator: &Validator, manifest: &Value) -> Vec<String> {
    let all = validator.iter_errors(manifest);
    all.map(|error| format!("{}: {error}", error.instance_path())).collect()
}

#[test]
fn every_manifest_is_accepted_by_its_crd() -> Result<()> {
    let Some(crds) = crds()? else { return Ok(()) };
    let mut checked = 0;
    for (path, manifest) in resources()? {
        let (api, kind) = (manifest["apiVersion"].as_str(), manifest["kind"].as_str());
        match validator(&crds, &manifest)? {
            Some(validator) => {
                let errors = errors(&validator, &manifest);
                ensure!(errors.is_empty(), "{}: {errors:#?}", path.display());
                checked += 1;
            }
            None => {
                let known = WITHOUT_A_CRD.iter().any(|(a, k)| api == Some(a) && kind == Some(k));
                ensure!(known, "{}: no CRD for {api:?} {kind:?}", path.display());
            }
        }
    }
    ensure!(checked == 9, "{checked} of the manifests have a CRD");
    Ok(())
}

/// Whether this check is one: each slip is refused, at its place.
#[test]
fn a_wrong_manifest_is_refused() -> Result<()> {
    let Some(crds) = crds()? else { return Ok(()) };
    for (file, pointer, key, wrong) in [
        ("gateway/wasm-plugin.yaml", "/spec", "phse", json!("AUTHZ")),
        ("gateway/wasm-plugin.yaml", "/spec", "phase", json!("AUTHORISED")),
        ("gateway/wasm-plugin.yaml", "/spec", "failStrategy", json!("FAIL_CLOSED")),
        ("gateway/wasm-plugin.yaml", "/spec", "pluginConfig", json!("text")),
        ("gateway/wasm-plugin.yaml", "/metadata", "nmae", json!("x")),
        ("gateway/wasm-plugin.yaml", "", "spce", json!({})),
        ("sidecar/traffic-extension.yaml", "/spec/match/0", "mode", json!("OUTBOUND")),
        ("sidecar/traffic-extension.yaml", "/spec", "url", json!("oci://x")),
        ("sidecar/traffic-extension.yaml", "/spec/wasm", "url", json!(7)),
        ("waypoint/wasm-plugin.yaml", "/spec/targetRefs/0", "nane", json!("x")),
        ("waypoint/wasm-plugin.yaml", "/spec/targetRefs/0", "kind", json!("")),
        ("waypoint/routes.yaml", "/spec/http/0/route/0", "destinaton", json!({})),
        ("waypoint/routes.yaml", "/spec/http/0/match/0/headers/x-serinus-cohort", "eq", json!("x")),
    ] {
        let mut manifest = read(&examples().join(file))?.pop().context("a manifest")?;
        let validator = validator(&crds, &manifest)?.context("a CRD")?;
        let at = manifest.pointer_mut(pointer).with_context(|| format!("{file}: {pointer}"))?;
        at[key] = wrong;
        ensure!(
            !errors(&validator, &manifest).is_empty(),
            "{file}: `{key}` at {pointer} is accepted"
        );
    }
    for (api, kind) in [
        ("extensions.istio.io/v1", "WasmPlugin"),
        ("extensions.istio.io/v1alpha1", "WasmPlugins"),
        ("networking.istio.io/v1alpha1", "VirtualService"),
    ] {
        let manifest = json!({ "apiVersion": api, "kind": kind });
        ensure!(validator(&crds, &manifest)?.is_none(), "{api} {kind}");
    }
    Ok(())
}

/// Unknown fields are allowed inside `pluginConfig` and nowhere else: the rollout is ours to check.
#[test]
fn every_rollout_in_a_manifest_is_sound() -> Result<()> {
    let schema = jsonschema::draft202012::new(&config::schema())?;
    let mut checked = 0;
    for (path, manifest) in resources()? {
        let Some(rollout) = plugin_config(&manifest) else { continue };
        let errors = errors(&schema, rollout);
        ensure!(errors.is_empty(), "{}: {errors:#?}", path.display());
        // As Istio passes it on: a protobuf Struct, in which every number is a double, as JSON.
        let json = serde_json::to_vec(&doubles(rollout))?;
        let read = config::parse(&json).with_context(|| path.display().to_string())?;
        ensure!(read.len() == 1 && read.iter().all(|rollout| rollout.generation == 1));
        checked += 1;
    }
    ensure!(checked == 2 * SETUPS.len(), "{checked} rollouts");
    Ok(())
}

fn doubles(value: &Value) -> Value {
    match value {
        Value::Number(number) => number.as_f64().map_or(Value::Null, |double| {
            // 15.0 and not 15, which is how a double may well arrive.
            serde_json::Number::from_f64(double).map_or(Value::Null, Value::Number)
        }),
        Value::Array(list) => list.iter().map(doubles).collect(),
        Value::Object(map) => {
            map.iter().map(|(key, value)| (key.clone(), doubles(value))).collect()
        }
        other => other.clone(),
    }
}

#[test]
fn both_kinds_of_plugin_say_the_same() -> Result<()> {
    for setup in SETUPS {
        let one = |file: &str| -> Result<Value> {
            let mut all = read(&examples().join(setup).join(file))?;
            all.pop().with_context(|| format!("{setup}/{file} is empty"))
        };
        let (old, new) = (one("wasm-plugin.yaml")?, one("traffic-extension.yaml")?);
        ensure!(old["metadata"] == new["metadata"], "{setup}: metadata");
        let mut spec = new["spec"].clone();
        let wasm = spec.as_object_mut().and_then(|spec| spec.remove("wasm")).context("wasm")?;
        for (key, value) in wasm.as_object().into_iter().flatten() {
            spec[key] = value.clone();
        }
        ensure!(old["spec"] == spec, "{setup}: {} is not {spec}", old["spec"]);
    }
    Ok(())
}

/// The rule that the CRDs state in CEL, and what Serinus needs of a plugin.
#[test]
fn every_plugin_is_attached_once_and_restarts() -> Result<()> {
    for (path, manifest) in resources()? {
        let spec = &manifest["spec"];
        if plugin_config(&manifest).is_none() {
            continue;
        }
        let attached = ["selector", "targetRefs"].iter().filter(|key| spec.get(**key).is_some());
        ensure!(attached.count() == 1, "{}", path.display());
        let wasm = spec.get("wasm").unwrap_or(spec);
        ensure!(wasm["failStrategy"] == "FAIL_RELOAD", "{}", path.display());
        let clients = path.parent().is_some_and(|dir| dir.ends_with("sidecar"));
        ensure!((spec["match"][0]["mode"] == "CLIENT") == clients, "{}", path.display());
    }
    Ok(())
}

/// The header and its value in the route tables are those that the rollouts set.
#[test]
fn the_routes_ask_for_what_the_plugin_says() -> Result<()> {
    for setup in SETUPS {
        let dir = examples().join(setup);
        let plugin = read(&dir.join("wasm-plugin.yaml"))?;
        let rollout = plugin.first().and_then(plugin_config).context("a rollout")?;
        let route = &config::from_value(rollout)?.first().context("a rollout")?.route.clone();
        let routes = read(&dir.join("routes.yaml"))?;
        let service = routes.iter().find(|r| r["kind"] == "VirtualService").context("routes")?;
        let http = &service["spec"]["http"];
        let asked = &http[0]["match"][0]["headers"][&route.header];
        ensure!(*asked == json!({ "exact": route.canary }), "{setup}: {asked}");
        ensure!(http[0]["route"][0]["destination"]["subset"] == "v2");
        ensure!(http[1]["route"][0]["destination"]["subset"] == "v1");
    }
    Ok(())
}

/// Istio and plain Envoy make labels of the same parts of a metric's name.
#[test]
fn istio_extracts_the_tags_that_envoy_does() -> Result<()> {
    let istio = read(&examples().join("metrics.yaml"))?;
    let istio =
        istio.first().context("values")?["meshConfig"]["defaultConfig"]["extraStatTags"].clone();
    let envoy = read(&workspace_root().join("examples/envoy/envoy.yaml"))?;
    let tags = envoy.first().context("envoy")?["stats_config"]["stats_tags"].clone();
    let tags = tags.as_array().context("tags")?;
    let names: Value = tags.iter().map(|tag| tag["tag_name"].clone()).collect();
    ensure!(istio == names, "{istio} is not {names}");
    for tag in tags {
        // How Istio's bootstrap template writes it for each of the extra tags.
        let name = tag["tag_name"].as_str().context("a name")?;
        ensure!(tag["regex"] == format!(r"({name}=\.=(.*?);\.;)"), "{tag}");
    }
    let readme = fs::read_to_string(examples().join("README.md"))?;
    let list: Vec<&str> = tags.iter().filter_map(|tag| tag["tag_name"].as_str()).collect();
    ensure!(readme.contains(&list.join(",")), "the README should name {list:?}");
    Ok(())
}
