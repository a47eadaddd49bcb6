//! The key `rollout`: a plugin that runs the Serinus filter with a rollout.

use crate::filter_module::{self, Build};
use crate::not_taken::taken;
use crate::policy::delivery;
use crate::rollout_file::folder;
use crate::scenario::Files;
use crate::scenario::cluster::Behaviour;
use crate::scenario::extension::ConfigSource;
use crate::scenario::matcher::Matcher;
use crate::scenario::plugin::SourcedConfig;
use crate::scenario::read::decode::Mistakes;
use crate::scenario::route::RouteSpec;
use crate::scenario::run::module::ModuleError;
use serde_json::{Value, json};
use serinus_core::arm::Arm;
use serinus_core::config;
use serinus_core::contract::route;
use serinus_core::diagnostic::Diagnostic;
use std::collections::BTreeMap;
use std::error::Error;
use std::path::{Path, PathBuf};

/// Rollouts in files, or in the scenario itself.
#[derive(Debug)]
pub(super) struct Rollouts;

impl ConfigSource for Rollouts {
    fn key(&self) -> &'static str {
        "rollout"
    }

    fn description(&self, mapping: &str) -> &'static str {
        match mapping {
            "Whole" => "The Serinus filter runs with this rollout: a file, or the rollout itself.",
            "Plugin" => "A rollout in place of `config`: a file, or the rollout itself.",
            _ => {
                "A rollout in place of `config`: a file, or the rollout itself. With `accepted: false` it may be unsound."
            }
        }
    }

    fn schema(&self) -> Value {
        json!({ "anyOf": [
            { "type": "string" },
            { "type": "object", "$comment": "See `serinus schema`." },
        ] })
    }

    fn form(&self) -> &'static str {
        "a file, or the rollout itself"
    }

    fn plugin_name(&self) -> &'static str {
        "serinus"
    }

    fn mistaken(&self, document: &Value) -> Option<Diagnostic> {
        let has = |key| document.get(key).is_some();
        let rollout = !has("scenario") && ((has("rollout") && has("unit")) || has("rollouts"));
        rollout.then(|| {
            Diagnostic::error("scenario", "rollout", "this is a rollout, and not a scenario").help(
                "a scenario names it: { scenario: what should come of it, rollout: its file, steps: [...] }; \
                 `serinus check` checks a rollout",
            )
        })
    }

    fn resolve(
        &self,
        config: &mut SourcedConfig,
        path: &str,
        sound: bool,
        files: &mut Files,
        mistakes: &mut Mistakes,
    ) {
        match (sound, config.file.clone()) {
            (true, Some(file)) => of_file(config, &file, path, files, mistakes),
            (true, None) => of_scenario(&mut config.value, files.base(), path, mistakes),
            (false, file) => to_be_refused(config, file.as_deref(), path, files, mistakes),
        }
    }

    fn routes(
        &self,
        clusters: &BTreeMap<String, Behaviour>,
        configs: &[&Value],
    ) -> Option<Vec<RouteSpec>> {
        if !(clusters.contains_key("baseline") && clusters.contains_key("canary")) {
            return None;
        }
        let (header, canary) = route_header(configs);
        let mut to_canary = RouteSpec::to("canary");
        to_canary.matches.headers.insert(header, Matcher::Exact(canary));
        Some(vec![to_canary, RouteSpec::to("baseline")])
    }

    fn routed_clusters(&self) -> &'static str {
        ", or `baseline` and `canary`"
    }

    fn module(
        &self,
        plugin: &str,
        config: Option<&Value>,
        around: &str,
    ) -> Result<PathBuf, ModuleError> {
        let rollouts = config.and_then(|value| config::from_value(value).ok()).unwrap_or_default();
        filter_module::found(plugin, None, Build::of(&rollouts), around)
    }

    fn taken(
        &self,
        plugins: &[&str],
        logged: &[(&str, &str)],
    ) -> Result<(), Box<dyn Error + Send + Sync>> {
        Ok(taken(logged.iter().copied(), |plugin| plugins.contains(&plugin))?)
    }
}

/// Reads a rollout's file, checks it, and has the rollout carry its policy.
fn of_file(
    config: &mut SourcedConfig,
    file: &str,
    path: &str,
    files: &mut Files,
    mistakes: &mut Mistakes,
) {
    let Some((source, mut document)) = files.open(file, path, mistakes) else { return };
    let carried = document
        .rollouts()
        .and_then(|rollouts| delivery::carry(&mut document, &rollouts, &folder(&source.name)));
    match carried {
        Ok(()) => config.value = document.value,
        Err(problems) => files.note(source, problems),
    }
}

/// Checks a rollout that stands in the scenario, and has it carry its policy.
fn of_scenario(value: &mut Value, base: &Path, path: &str, mistakes: &mut Mistakes) {
    let found = match config::from_value(value) {
        Ok(rollouts) => delivery::carry_in(value, &rollouts, base).err().unwrap_or_default(),
        Err(errors) => errors.iter().cloned().collect(),
    };
    mistakes.list.extend(found.into_iter().map(|wrong| wrong.within(path)));
}

/// Reads a rollout that the filter should refuse: it need only be a tree. It carries its policy if it can, or the lack of
/// one would be what it is refused for.
fn to_be_refused(
    config: &mut SourcedConfig,
    file: Option<&str>,
    path: &str,
    files: &mut Files,
    mistakes: &mut Mistakes,
) {
    let mut base = files.base().to_owned();
    if let Some(file) = file {
        let Some((source, document)) = files.open(file, path, mistakes) else { return };
        (base, config.value) = (folder(&source.name), document.value);
    }
    if let Ok(rollouts) = config::from_value(&config.value) {
        let _ = delivery::carry_in(&mut config.value, &rollouts, &base);
    }
}

/// The header by which the first rollout routes, and what it says for the canary.
fn route_header(configs: &[&Value]) -> (String, String) {
    let first = configs.first().map(|value| value.pointer("/rollouts/0").unwrap_or(value));
    let word = |key: &str| first?.get("route")?.get(key)?.as_str().map(str::to_owned);
    let header = word("header").unwrap_or_else(|| route::HEADER.to_owned());
    (header, word("canary").unwrap_or_else(|| route::value(Arm::Canary).to_owned()))
}
