//! Runs the steps of a scenario in virtual time.

use serde_json::Value;
use serinus_host::proxy::{Exchange, Proxy};
use std::time::Duration;

use super::{convert, tcp};
use crate::scenario::{Behaviour, Plugin, Protocol, Scenario, Step};

/// How long the rig's client waits for an answer.
const PATIENCE: Duration = serinus_rig::PATIENCE;

/// What came of the steps.
pub struct RunResult {
    /// Of each step: a word, or the number of its request's stream.
    pub outcomes: Vec<Outcome>,
    /// The requests, in the order in which they ended.
    pub exchanges: Vec<Exchange>,
}

/// What came of a step.
pub enum Outcome {
    Said(String),
    Stream { id: u64, hung_up: bool },
}

/// Runs all steps and lets what they began end.
pub fn run(scenario: &Scenario, proxy: &mut Proxy) -> RunResult {
    match scenario.protocol {
        Protocol::Http => requests(scenario, proxy),
        Protocol::Tcp => tcp::run(scenario, proxy),
    }
}

fn requests(scenario: &Scenario, proxy: &mut Proxy) -> RunResult {
    let mut steps: Vec<(usize, &Step)> = scenario.steps.iter().enumerate().collect();
    steps.sort_by_key(|(_, step)| step.at);
    let mut outcomes: Vec<(usize, Outcome)> = Vec::new();
    for (nth, step) in steps {
        proxy.advance(step.at.saturating_sub(proxy.elapsed()));
        outcomes.push((nth, outcome(step, proxy)));
    }
    outcomes.sort_by_key(|(nth, _)| *nth);
    let end = proxy.now() + u64::try_from(PATIENCE.as_nanos()).unwrap_or(u64::MAX);
    while proxy.in_flight() > 0 && proxy.step(end) {}
    proxy.advance(scenario.lasts.saturating_sub(proxy.elapsed()));
    let outcomes = outcomes.into_iter().map(|(_, outcome)| outcome).collect();
    RunResult { outcomes, exchanges: proxy.finished() }
}

fn outcome(step: &Step, proxy: &mut Proxy) -> Outcome {
    if let Some(request) = &step.request {
        let id = proxy.begin(convert::request(request));
        return Outcome::Stream { id, hung_up: request.hang_up.is_some() };
    }
    Outcome::Said(if let Some(configure) = &step.configure {
        let text = Plugin::text(&configure.config);
        let done = proxy.configure(&configure.plugin, text.as_bytes());
        if done.is_ok() { "accepted".into() } else { "refused".into() }
    } else if let Some(cluster) = &step.cluster {
        change_cluster(cluster, proxy)
    } else {
        "nothing to do".into()
    })
}

fn change_cluster(cluster: &Value, proxy: &mut Proxy) -> String {
    let mut keys = cluster.as_object().cloned().unwrap_or_default();
    let name = keys.remove("name").unwrap_or_default();
    let name = name.as_str().unwrap_or_default();
    let behaviour: Behaviour = serde_json::from_value(Value::Object(keys)).unwrap();
    proxy.behave(name, convert::behaviour(name, &behaviour));
    format!("{name} behaves")
}
