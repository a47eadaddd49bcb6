//! What only the whole of a scenario shows: names that nothing has, times out of order.

use super::expectation::{Check, Expectation};
use super::read::Wanted;
use super::read::decode::Mistakes;
use super::route::{RouteSpec, RouteTarget};
use super::step::{Action, Step};
use super::{Protocol, Scenario};
use serinus_core::diagnostic::suggestion::suggestion;
use std::collections::HashSet;
use std::time::Duration;

const MAX_WORKERS: u32 = 64;

/// Notes everything that does not make sense.
pub(super) fn check(scenario: &Scenario, mistakes: &mut Mistakes) {
    let mut sense = Sense { scenario, mistakes };
    if !(1..=MAX_WORKERS).contains(&scenario.workers) {
        sense.mistakes.add("workers", format!("expected 1 to {MAX_WORKERS} workers"));
    }
    sense.plugins();
    sense.refused();
    sense.routes();
    sense.traffic();
    sense.steps();
    for (i, expectation) in scenario.expect.iter().enumerate() {
        sense.expectation(expectation, &format!("expect[{i}]"));
    }
}

struct Sense<'a> {
    scenario: &'a Scenario,
    mistakes: &'a mut Mistakes,
}

impl Sense<'_> {
    fn plugins(&mut self) {
        let mut names = HashSet::new();
        for (i, plugin) in self.scenario.plugins.iter().enumerate() {
            if !names.insert(plugin.name.as_str()) {
                let problem = format!("another plugin is called `{}`", plugin.name);
                self.mistakes.add_with(
                    format!("plugins[{i}]"),
                    problem,
                    "give each a `name` of its own",
                );
            }
        }
    }

    fn refused(&mut self) {
        let Some(plugin) = &self.scenario.refused else { return };
        self.plugin(plugin, "refused".into());
        let Scenario { traffic, steps, expect, .. } = self.scenario;
        if !(traffic.is_empty() && steps.is_empty() && expect.is_empty()) {
            let problem = "nothing runs when a plugin refuses to start";
            self.mistakes.add_with("refused", problem, "leave out `traffic`, `steps` and `expect`");
        }
    }

    fn routes(&mut self) {
        for (i, route) in self.scenario.routes.iter().enumerate() {
            if let RouteTarget::Cluster(cluster) = &route.target {
                self.cluster(cluster, format!("routes[{i}].cluster"));
            }
        }
        if self.scenario.protocol == Protocol::Tcp {
            self.tcp_route();
        }
    }

    /// All goes one way, unless a filter chooses another.
    fn tcp_route(&mut self) {
        match self.scenario.routes.as_slice() {
            [] if self.scenario.clusters.len() != 1 => {
                let remedy = "say which: `routes: [{ cluster: NAME }]`";
                self.mistakes.add_with("clusters", "TCP goes to one cluster", remedy);
            }
            [] => {}
            [only] if matches!(&only.target, RouteTarget::Cluster(name) if *only == RouteSpec::to(name)) =>
                {}
            _ => self.mistakes.add("routes", "TCP has one route, with a cluster and nothing else"),
        }
    }

    fn traffic(&mut self) {
        if self.scenario.protocol == Protocol::Tcp && !self.scenario.traffic.is_empty() {
            self.mistakes
                .add("traffic", "traffic is made of requests, and there are none with TCP");
        }
        for (i, traffic) in self.scenario.traffic.iter().enumerate() {
            if traffic.lasts.is_none() && self.scenario.lasts.is_none() {
                let remedy = "say `for` here, or of the whole scenario";
                self.mistakes.add_with(format!("traffic[{i}]"), "would last for ever", remedy);
            }
        }
    }

    fn steps(&mut self) {
        let mut latest = Duration::ZERO;
        for (i, step) in self.scenario.steps.iter().enumerate() {
            let path = format!("steps[{i}]");
            if let Some(at) = step.at {
                if at < latest {
                    let at = format!("{path}.at");
                    self.mistakes.add_with(
                        at,
                        "is before the step above",
                        "put the steps in order",
                    );
                }
                latest = latest.max(at);
                self.in_time(at, format!("{path}.at"));
            }
            self.step(step, &path);
        }
    }

    fn step(&mut self, step: &Step, path: &str) {
        let http = self.scenario.protocol == Protocol::Http;
        match &step.action {
            Action::Request { request, expect } => {
                if !http {
                    self.mistakes.add(
                        format!("{path}.request"),
                        "`protocol: tcp` has `connect` in its place",
                    );
                }
                self.worker(request.worker, format!("{path}.request.worker"));
                self.wanted_cluster(&expect.cluster, format!("{path}.expect.cluster"));
                self.wanted_route(&expect.route, format!("{path}.expect.route"));
            }
            Action::Connect { connection, expect } => {
                if http {
                    self.mistakes.add(format!("{path}.connect"), "needs `protocol: tcp`");
                }
                self.worker(connection.worker, format!("{path}.connect.worker"));
                self.wanted_cluster(&expect.cluster, format!("{path}.expect.cluster"));
            }
            Action::Configure(configure) => {
                self.plugin(&configure.plugin, format!("{path}.configure.plugin"));
            }
            Action::Cluster { name, .. } => self.cluster(name, format!("{path}.cluster.name")),
        }
    }

    fn expectation(&mut self, expectation: &Expectation, path: &str) {
        if let Some(at) = expectation.at {
            self.in_time(at, format!("{path}.at"));
        }
        match &expectation.check {
            Check::User { cluster, .. } => self.wanted_cluster(cluster, format!("{path}.cluster")),
            Check::Requests { which, .. } => {
                self.wanted_cluster(&which.cluster, format!("{path}.requests.cluster"));
                self.wanted_route(&which.route, format!("{path}.requests.route"));
                self.worker(which.worker, format!("{path}.requests.worker"));
            }
            Check::Callouts { which, .. } => {
                if let Some(cluster) = &which.cluster {
                    self.cluster(cluster, format!("{path}.callouts.cluster"));
                }
            }
            Check::Log { plugin: Some(plugin), .. } => {
                self.plugin(plugin, format!("{path}.plugin"))
            }
            Check::Extra(extra) => {
                for (key, time) in extra.0.times() {
                    self.in_time(time, format!("{path}.{key}"));
                }
            }
            _ => {}
        }
    }

    /// Nothing comes after the end.
    fn in_time(&mut self, at: Duration, path: String) {
        if self.scenario.lasts.is_some_and(|lasts| at > lasts) {
            self.mistakes.add_with(path, "is after the end", "let `for` last longer");
        }
    }

    fn worker(&mut self, worker: Option<u32>, path: String) {
        if worker.is_some_and(|worker| worker >= self.scenario.workers) {
            let problem = format!("there are {} workers, from 0", self.scenario.workers);
            self.mistakes.add_with(path, problem, "say `workers` of the scenario");
        }
    }

    fn wanted_cluster(&mut self, wanted: &Wanted<String>, path: String) {
        if let Wanted::This(cluster) = wanted {
            self.cluster(cluster, path);
        }
    }

    fn wanted_route(&mut self, wanted: &Wanted<String>, path: String) {
        if let Wanted::This(route) = wanted {
            let names = self.scenario.routes.iter().filter_map(|route| route.name.as_deref());
            self.known("route", route, names.collect(), path);
        }
    }

    fn cluster(&mut self, name: &str, path: String) {
        let names = self.scenario.clusters.keys().map(String::as_str).collect();
        self.known("cluster", name, names, path);
    }

    fn plugin(&mut self, name: &str, path: String) {
        let names: Vec<&str> = self.scenario.plugins.iter().map(|p| p.name.as_str()).collect();
        if name.is_empty() {
            let remedy = format!("there are {}", names.join(", "));
            return self.mistakes.add_with(
                path,
                "missing, and required with several plugins",
                remedy,
            );
        }
        self.known("plugin", name, names, path);
    }

    fn known(&mut self, what: &str, name: &str, names: Vec<&str>, path: String) {
        if !names.contains(&name) {
            let remedy = suggestion(name, &names, &format!("known {what}s"));
            self.mistakes.add_with(path, format!("no {what} is called `{name}`"), remedy);
        }
    }
}
