//! What a run has shown so far: told to the judge, with what only the run knows.

use super::drive::LINGER;
use super::observer::Observer;
use super::tag::Tag;
use super::target::EventSink;
use crate::scenario::Scenario;
use crate::scenario::expectation::Check;
use crate::scenario::judge::Judge;
use crate::scenario::observation::{Exchange, Exchanged, Finished, LogLine};
use crate::scenario::plugin::Config;
use crate::scenario::step::Action;
use std::collections::HashSet;
use std::fmt::Write;
use std::time::Duration;

/// What has been heard.
pub(super) struct Observed<'a> {
    scenario: &'a Scenario,
    pub(super) judge: Judge<'a>,
    pub(super) observer: Option<&'a mut dyn Observer>,
    pub(super) requests: u64,
    /// Steps that are over.
    pub(super) over: HashSet<usize>,
    /// When each step began.
    pub(super) begun: Vec<Duration>,
    /// Requests under way that show where a user goes.
    pub(super) probing: usize,
    /// The header that names users.
    header: String,
    /// The name of a user; kept, so that a request costs no memory.
    name: String,
}

impl<'a> Observed<'a> {
    pub(super) fn new(
        scenario: &'a Scenario,
        judge: Judge<'a>,
        observer: Option<&'a mut dyn Observer>,
    ) -> Self {
        let users = scenario.traffic.iter().find_map(|traffic| traffic.users.as_ref());
        let header = users.map_or("x-user-id", |users| users.header.as_str()).to_owned();
        let (over, begun) = (HashSet::new(), Vec::new());
        let name = String::new();
        let mut observed =
            Self { scenario, judge, observer, requests: 0, over, begun, probing: 0, header, name };
        for plugin in &scenario.plugins {
            observed.watch(&plugin.name, &plugin.config);
        }
        observed
    }

    /// A plugin has this configuration from now on.
    pub(super) fn watch(&mut self, plugin: &str, config: &Config) {
        let spec = self.scenario.plugins.iter().find(|spec| spec.name == plugin);
        if let (Some(observer), Some(spec)) = (&mut self.observer, spec) {
            observer.configured(&spec.vm.id, &config.bytes());
        }
    }

    pub(super) fn name(&mut self, user: u64) -> &str {
        self.name.clear();
        let _ = write!(self.name, "u{user}");
        &self.name
    }

    /// Whether a step is over, or has lasted for longer than anything is waited for.
    pub(super) fn is_over(&self, step: usize, now: Duration) -> bool {
        let begun = self.begun.get(step).copied().unwrap_or_default();
        self.over.contains(&step) || now >= begun.saturating_add(LINGER)
    }

    /// The user after whom an expectation asks.
    fn probed(&self, expectation: usize) -> Option<&'a str> {
        match &self.scenario.expect.get(expectation)?.check {
            Check::User { user, .. } => Some(user),
            _ => None,
        }
    }

    /// The user whom the request of a step names.
    fn user_of(&self, step: usize) -> Option<&'a str> {
        let Action::Request { request, .. } = &self.scenario.steps.get(step)?.action else {
            return None;
        };
        request.headers.get(&self.header).first().copied()
    }
}

impl EventSink for Observed<'_> {
    fn finished(&mut self, tag: u64, finished: Finished<'_>) {
        self.requests += 1;
        if let Some(observer) = &mut self.observer {
            observer.finished(&finished);
        }
        match Tag::of(tag) {
            Tag::User(user) => {
                let _ = self.name(user);
                let user = Some(self.name.as_str());
                self.judge.finished(&Finished { user, ..finished });
            }
            Tag::Step(step) => {
                let user = self.user_of(step);
                self.judge.finished(&Finished { user, ..finished });
            }
            Tag::Probe(expectation) => {
                let user = self.probed(expectation);
                self.judge.finished(&Finished { user, ..finished });
            }
            Tag::Traffic => self.judge.finished(&finished),
        }
    }

    fn exchanged(&mut self, tag: u64, exchange: Exchange) {
        match Tag::of(tag) {
            Tag::Step(step) => {
                self.over.insert(step);
                self.judge.exchanged(step, &exchange);
            }
            Tag::Probe(expectation) => {
                self.probing = self.probing.saturating_sub(1);
                self.judge.user(expectation, &exchange);
            }
            Tag::Traffic | Tag::User(_) => {}
        }
    }

    fn connected(&mut self, tag: u64, connection: Exchanged) {
        if let Tag::Step(step) = Tag::of(tag) {
            self.over.insert(step);
            self.judge.connected(step, &connection);
        }
    }

    fn logged(&mut self, line: LogLine<'_>) {
        self.judge.logged(&line);
        if let Some(observer) = &mut self.observer {
            observer.logged(&line);
        }
    }

    fn called_out(&mut self, at: Duration, cluster: &str) {
        self.judge.called_out(at, cluster);
    }

    fn died(&mut self, at: Duration, why: &str) {
        self.judge.died(at, why);
    }
}
