//! The loop: what is due is done, time passes, and the judge is told what happened.

use super::agenda::{Agenda, Due};
use super::observed::Observed;
use super::observer::Observer;
use super::tag::Tag;
use super::target::{Prepared, Target, Until};
use crate::scenario::Scenario;
use crate::scenario::cluster::Phase;
use crate::scenario::judge::{ExpectationResult, Judge, Question};
use crate::scenario::properties::Properties;
use crate::scenario::request::Request;
use crate::scenario::step::Action;
use crate::scenario::traffic::Template;
use std::collections::HashSet;
use std::time::Duration;

/// How long a scenario without an end waits for streams that do not end.
pub(super) const LINGER: Duration = Duration::from_secs(3600);

/// How much before and after a failed expectation its trace begins and ends.
const AROUND: Duration = Duration::from_millis(100);

/// How many lines of trace a failed expectation shows.
const LINES: usize = 40;

/// What came of a drive.
#[derive(Debug)]
pub struct Driven {
    /// How long it lasted.
    pub lasted: Duration,
    /// How many requests were over.
    pub requests: u64,
    /// Every expectation.
    pub results: Vec<ExpectationResult>,
}

/// Is told how far a drive is.
///
/// ```
/// use serinus_lab::scenario::Progress;
/// use std::time::Duration;
///
/// struct Dots;
///
/// impl Progress for Dots {
///     fn at(&mut self, now: Duration, _: Option<Duration>, requests: u64) {
///         if requests.is_multiple_of(100_000) {
///             eprintln!("{} s", now.as_secs());
///         }
///     }
/// }
///
/// let silent: &mut dyn Progress = &mut ();
/// ```
pub trait Progress {
    /// It is this time of so much, and so many requests were over.
    fn at(&mut self, now: Duration, of: Option<Duration>, requests: u64);
}

/// Tells nobody.
impl Progress for () {
    fn at(&mut self, _: Duration, _: Option<Duration>, _: u64) {}
}

/// Runs a scenario on a target that has just begun, and takes it down if there is somebody to.
pub fn drive(
    scenario: &Scenario,
    seed: u64,
    target: &mut dyn Target,
    progress: &mut dyn Progress,
    observer: Option<&mut dyn Observer>,
) -> Driven {
    let judge = Judge::new(scenario);
    let agenda = Agenda::new(scenario, &judge, seed);
    let templates = scenario.traffic.iter().map(|traffic| {
        let all =
            std::iter::once(&traffic.request).chain(traffic.mix.iter().map(|mix| &mix.request));
        all.map(|template| target.prepare(&request(template))).collect()
    });
    let templates = templates.collect();
    let observer = observer.map(|observer| observer as &mut dyn Observer);
    let observed = Observed::new(scenario, judge, observer);
    let mut drive = Drive {
        scenario,
        target,
        agenda,
        templates,
        observed,
        now: Duration::ZERO,
        busy: Duration::ZERO,
        next: 0,
        held: HashSet::new(),
    };
    drive.begin();
    drive.run(progress);
    drive.finish()
}

/// A request of the traffic, still without its user.
fn request(template: &Template) -> Request {
    let Template { method, path, host, headers, body, hang_up } = template.clone();
    let chunks = if body.is_empty() { Vec::new() } else { vec![body.bytes()] };
    Request {
        method,
        path,
        host,
        headers,
        chunks,
        every: Duration::ZERO,
        trailers: Default::default(),
        hang_up,
        worker: None,
        source: None,
        properties: Properties::default(),
    }
}

struct Drive<'a> {
    scenario: &'a Scenario,
    target: &'a mut dyn Target,
    agenda: Agenda,
    /// By stretch of traffic: the rest, then its mix.
    templates: Vec<Vec<Prepared>>,
    observed: Observed<'a>,
    now: Duration,
    /// When something was last begun.
    busy: Duration,
    /// The next step.
    next: usize,
    /// Clusters that a step has taken over from their own plan.
    held: HashSet<&'a str>,
}

impl<'a> Drive<'a> {
    fn begin(&mut self) {
        for (name, behaviour) in &self.scenario.clusters {
            if let Some(first) = behaviour.phases.first() {
                self.target.behave(name, first);
            }
        }
    }

    fn run(&mut self, progress: &mut dyn Progress) {
        loop {
            self.hear();
            while self.step() || self.due() {}
            self.sample();
            progress.at(self.now, self.scenario.lasts, self.observed.requests);
            if self.is_over() {
                return;
            }
            let until = self.until();
            self.now = self.target.advance(until);
        }
    }

    /// Takes down how things stand, if it is time.
    fn sample(&mut self) {
        if let Some(observer) = &mut self.observed.observer
            && observer.next_at() <= self.now
        {
            observer.sample(self.now, &*self.target);
        }
    }

    /// Whether nothing is left to be done, or no time to do it.
    fn is_over(&self) -> bool {
        match self.scenario.lasts {
            Some(lasts) => self.now >= lasts,
            None => {
                let steps = self.next >= self.scenario.steps.len();
                steps && self.agenda.next_at().is_none() && self.is_quiet()
            }
        }
    }

    /// Whether nothing is under way, or what is has lasted for longer than anything is waited for.
    fn is_quiet(&self) -> bool {
        self.target.is_idle() || self.now >= self.busy.saturating_add(LINGER)
    }

    /// How far time may pass until something is to be done.
    fn until(&self) -> Until {
        let end = self.scenario.lasts.unwrap_or(Duration::MAX);
        let due = self.agenda.next_at().unwrap_or(Duration::MAX).min(end);
        let step = self.scenario.steps.get(self.next);
        let sample = self.observed.observer.as_ref().map_or(Duration::MAX, |all| all.next_at());
        let limit = due.min(self.busy.saturating_add(LINGER)).min(sample);
        match step {
            Some(step) => match step.at {
                Some(at) => Until::Time(due.min(at).min(sample)),
                None => Until::Over(Tag::Step(self.next.saturating_sub(1)).number(), limit),
            },
            None if due == Duration::MAX => Until::Idle(limit),
            None => Until::Time(due.min(sample)),
        }
    }

    /// Begins the next step, if it is time.
    fn step(&mut self) -> bool {
        let Some(step) = self.scenario.steps.get(self.next) else { return false };
        let ready = match step.at {
            Some(at) => at <= self.now,
            None => self.next == 0 || self.observed.is_over(self.next - 1, self.now),
        };
        if ready {
            self.observed.begun.push(self.now);
            self.act(self.next, &step.action);
            self.next += 1;
            self.hear();
        }
        ready
    }

    fn act(&mut self, step: usize, action: &'a Action) {
        self.busy = self.now;
        let tag = Tag::Step(step).number();
        match action {
            Action::Request { request, .. } => {
                let prepared = self.target.prepare(request);
                self.target.begin(prepared, None, tag, true);
            }
            Action::Connect { connection, .. } => self.target.connect(connection, tag),
            Action::Configure(configure) => {
                let outcome = self.target.configure(&configure.plugin, &configure.config.bytes());
                if outcome.is_ok() {
                    self.observed.watch(&configure.plugin, &configure.config);
                }
                self.observed.judge.configured(step, self.now, &outcome);
                self.observed.over.insert(step);
            }
            Action::Cluster { name, behaviour } => {
                self.held.insert(name);
                self.target.behave(name, behaviour);
                self.observed.over.insert(step);
            }
        }
    }

    /// Does the next thing that is due.
    fn due(&mut self) -> bool {
        let Some(due) = self.agenda.pop(self.now) else { return false };
        match due {
            Due::Phase(cluster, phase) => self.phase(cluster, phase),
            Due::Arrival(stretch) => self.arrival(stretch),
            Due::Moment(moment) => self.moment(moment),
        }
        true
    }

    fn phase(&mut self, cluster: usize, phase: usize) {
        let Some((name, behaviour)) = self.scenario.clusters.iter().nth(cluster) else { return };
        let phase: Option<&Phase> = behaviour.phases.get(phase);
        if let Some(phase) = phase.filter(|_| !self.held.contains(name.as_str())) {
            self.target.behave(name, phase);
        }
    }

    fn arrival(&mut self, stretch: usize) {
        let Some(arrivals) = self.agenda.arrivals.get_mut(stretch) else { return };
        let arrival = arrivals.take();
        self.busy = self.now;
        self.agenda.arrival(stretch);
        let templates = self.templates.get(stretch);
        let template = templates.and_then(|all| all.get(arrival.mix.map_or(0, |mix| mix + 1)));
        let (Some(template), Some(traffic)) = (template, self.scenario.traffic.get(stretch)) else {
            return;
        };
        match (arrival.user, &traffic.users) {
            (Some(user), Some(users)) => {
                let name = self.observed.name(user);
                let user = Tag::User(user).number();
                self.target.begin(*template, Some((&users.header, name)), user, false);
            }
            _ => self.target.begin(*template, None, Tag::Traffic.number(), false),
        }
    }

    fn moment(&mut self, moment: usize) {
        let Some(moment) = self.agenda.moments.get(moment).copied() else { return };
        self.hear();
        match moment.question {
            Question::Snapshot => {
                self.observed.judge.inspect(moment.expectation, self.now, &*self.target)
            }
            Question::User => {
                let Some(request) = self.observed.judge.user_request(moment.expectation) else {
                    return;
                };
                let prepared = self.target.prepare(&request);
                self.busy = self.now;
                self.observed.probing += 1;
                self.target.begin(prepared, None, Tag::Probe(moment.expectation).number(), true);
            }
        }
    }

    fn hear(&mut self) {
        self.target.tell(&mut self.observed);
        // At once: a target does not remember for long.
        let target = &*self.target;
        self.observed.judge.explain(&|from, to| around(target, from, to));
    }

    /// Looks at what should be looked at in the end, and concludes.
    fn finish(mut self) -> Driven {
        let lasted = self.now;
        let last: Vec<usize> = (0..self.agenda.moments.len())
            .filter(|i| self.agenda.moments.get(*i).is_some_and(|moment| moment.at.is_none()))
            .collect();
        // Users last: asking after one must not change what the others look at.
        for user in [Question::Snapshot, Question::User] {
            for moment in last.iter().copied() {
                if self.agenda.moments.get(moment).is_some_and(|moment| moment.question == user) {
                    self.moment(moment);
                }
            }
        }
        while self.observed.probing > 0 && !self.is_quiet() {
            self.now = self.target.advance(Until::Idle(self.busy.saturating_add(LINGER)));
            self.hear();
        }
        let requests = self.observed.requests;
        let target = &*self.target;
        if let Some(observer) = &mut self.observed.observer {
            observer.end(lasted, target);
        }
        let results = self.observed.judge.conclude(lasted, &|from, to| around(target, from, to));
        Driven { lasted, requests, results }
    }
}

/// What happened around a time.
fn around(target: &dyn Target, from: Duration, to: Duration) -> Vec<String> {
    shortened(target.trace(from.saturating_sub(AROUND), to.saturating_add(AROUND)))
}

/// The beginning and the end.
fn shortened(mut lines: Vec<String>) -> Vec<String> {
    let more = lines.len().saturating_sub(LINES);
    if more > 0 {
        lines.splice(LINES / 2..LINES / 2 + more, [format!("... {more} more lines")]);
    }
    lines
}
