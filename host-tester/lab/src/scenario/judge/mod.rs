//! Whether a scenario's expectations hold.
//!
//! Everything is counted as it is seen, and nothing is kept: a day of traffic takes no more memory than a minute.
//! The judge knows nothing of how the scenario is run, so that the embedded host and a real Envoy are judged alike.

mod exchange;
pub mod metric;
mod switches;
mod tally;
mod words;

pub use words::Clock;

use super::Scenario;
use super::expectation::Check;
use super::extension::Comparison;
use super::http::Body;
use super::observation::{Exchange, Exchanged, Finished, LogLine, Snapshot};
use super::properties::Properties;
use super::request::Request;
use super::step::Action;
use serinus_core::diagnostic::Place;
use std::time::Duration;
use tally::Tally;

/// Whether one expectation holds.
///
/// ```
/// use serinus_lab::scenario::{Options, Runner, Scenario, Source};
///
/// # let folder = std::env::temp_dir().join(format!("serinus-doc-result-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder)?;
/// # let module = folder.join("mine.wasm");
/// # std::fs::write(&module, serinus_host::example::FILTER)?;
/// # let options = Options { filter: Some(module), ..Options::default() };
/// let scenario = Scenario::parse(Source::new("mine.yaml", "
/// scenario: one is right, and one is not
/// plugins: [{ name: mine }]
/// steps:
///   - request: { path: / }
///     expect: { status: 200, body: welcome }
/// "))?;
/// let outcome = Runner::new()?.run(&scenario, &options, &mut ())?;
/// let wrong = outcome.results.iter().find(|result| !result.passed).ok_or("all is well")?;
/// assert_eq!(wrong.path, "steps[0].expect.body");
/// assert_eq!((wrong.expected.as_str(), wrong.seen.as_str()), ("\"welcome\"", "\"\""));
/// # std::fs::remove_dir_all(folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectationResult {
    /// Its path in the scenario, such as `steps[0].expect.status`.
    pub path: String,
    /// Where that stands in the file.
    pub place: Option<Place>,
    /// What it is about.
    pub what: String,
    /// What was expected.
    pub expected: String,
    /// What was seen.
    pub seen: String,
    /// Whether it holds.
    pub passed: bool,
    /// The time that it is about, since the start: the whole of an exchange, or one moment twice.
    pub window: (Duration, Duration),
    /// Of one that does not hold: what happened around that time.
    pub trace: Vec<String>,
}

/// When something must be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// When; `None`: at the end.
    pub at: Option<Duration>,
    /// By which expectation.
    pub expectation: usize,
    /// How.
    pub question: Question,
}

/// How something is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// With [`Judge::inspect`].
    Snapshot,
    /// By sending [`Judge::user_request`], and handing what comes of it to [`Judge::user`].
    User,
}

/// Sees what happens, and says whether it should.
#[derive(Debug)]
pub struct Judge<'s> {
    scenario: &'s Scenario,
    tallies: Vec<Tally>,
    /// Which steps are over.
    done: Vec<bool>,
    results: Vec<ExpectationResult>,
    /// How many results have their trace.
    explained: usize,
}

impl<'s> Judge<'s> {
    /// Has seen nothing.
    pub fn new(scenario: &'s Scenario) -> Self {
        let tallies = scenario.expect.iter().map(Tally::new).collect();
        // Of how a cluster behaves nothing comes back.
        let done = scenario.steps.iter().map(|step| matches!(step.action, Action::Cluster { .. }));
        Self { scenario, tallies, done: done.collect(), results: Vec::new(), explained: 0 }
    }

    /// What must be looked at, in the order of time. What is counted needs no looking at.
    pub fn moments(&self) -> Vec<Moment> {
        let all = self.scenario.expect.iter().enumerate().filter_map(|(i, expectation)| {
            let question = match expectation.check {
                Check::User { .. } => Question::User,
                Check::Metric { .. } | Check::SharedData { .. } => Question::Snapshot,
                Check::Extra(ref extra) if extra.0.tally().is_none() => Question::Snapshot,
                _ => return None,
            };
            Some(Moment { at: expectation.at, expectation: i, question })
        });
        let mut all: Vec<Moment> = all.collect();
        all.sort_by_key(|moment| moment.at.unwrap_or(Duration::MAX));
        all
    }

    /// A request is over, be it of the traffic, of a step, or of [`Judge::user_request`].
    pub fn finished(&mut self, finished: &Finished<'_>) {
        self.tallies.iter_mut().for_each(|tally| tally.finished(finished));
    }

    /// A plugin logged a line.
    pub fn logged(&mut self, line: &LogLine<'_>) {
        self.tallies.iter_mut().for_each(|tally| tally.logged(line));
    }

    /// A plugin asked a cluster on its own account.
    pub fn called_out(&mut self, at: Duration, cluster: &str) {
        self.tallies.iter_mut().for_each(|tally| tally.called_out(at, cluster));
    }

    /// A VM died.
    pub fn died(&mut self, at: Duration, why: &str) {
        self.tallies.iter_mut().for_each(|tally| tally.died(at, why));
    }

    /// The request of a step is over.
    pub fn exchanged(&mut self, step: usize, exchange: &Exchange) {
        self.done(step);
        if let Some(Action::Request { request, expect }) = self.action(step) {
            let what = format!("{} {}", request.method, request.path);
            self.step(
                step,
                &what,
                exchange::request(expect, exchange),
                (exchange.began, exchange.ended),
            );
        }
    }

    /// The connection of a step is over.
    pub fn connected(&mut self, step: usize, connection: &Exchanged) {
        self.done(step);
        if let Some(Action::Connect { expect, .. }) = self.action(step) {
            let window = (connection.began, connection.ended);
            self.step(step, "connection", exchange::connection(expect, connection), window);
        }
    }

    /// A plugin was given the configuration of a step; the error is why it refused.
    pub fn configured(&mut self, step: usize, at: Duration, outcome: &Result<(), String>) {
        self.done(step);
        let Some(Action::Configure(configure)) = self.action(step) else { return };
        let word = |accepted| if accepted { "accepted".to_owned() } else { "refused".to_owned() };
        let seen = outcome.as_ref().map_or_else(|why| format!("refused: {why}"), |()| word(true));
        let passed = outcome.is_ok() == configure.accepted;
        let what = format!("configuration of {}", configure.plugin);
        let path = format!("steps[{step}].configure.accepted");
        self.add(path, what, word(configure.accepted), seen, passed, (at, at));
    }

    /// The request that shows where a user goes.
    pub fn user_request(&self, expectation: usize) -> Option<Request> {
        let Check::User { user, header, .. } = &self.scenario.expect.get(expectation)?.check else {
            return None;
        };
        let like = self.scenario.traffic.first().map(|traffic| traffic.request.clone());
        let mut headers = like.as_ref().map(|like| like.headers.clone()).unwrap_or_default();
        headers.replace(&super::http::Headers(vec![(header.clone(), user.clone())]));
        let word = |of: fn(&super::traffic::Template) -> &String, default: &str| {
            like.as_ref().map_or_else(|| default.to_owned(), |like| of(like).clone())
        };
        let body = like.as_ref().map(|like| &like.body).filter(|body| !body.is_empty());
        Some(Request {
            method: word(|like| &like.method, "GET"),
            path: word(|like| &like.path, "/"),
            host: word(|like| &like.host, "example.com"),
            headers,
            chunks: body.map(Body::bytes).into_iter().collect(),
            every: Duration::ZERO,
            trailers: super::http::Headers::default(),
            hang_up: None,
            worker: None,
            source: None,
            properties: Properties::default(),
        })
    }

    /// [`Judge::user_request`] is over.
    pub fn user(&mut self, expectation: usize, exchange: &Exchange) {
        let Some(Check::User { user, cluster, .. }) = self.check(expectation) else { return };
        let (expected, seen, passed) = exchange::cluster(cluster, exchange.cluster.as_deref());
        let what = format!("cluster of user {user}");
        let window = (exchange.began, exchange.ended);
        self.add(format!("expect[{expectation}]"), what, expected, seen, passed, window);
    }

    /// Compares what there is to see now with what one expectation says.
    pub fn inspect(&mut self, expectation: usize, now: Duration, snapshot: &dyn Snapshot) {
        let Some(check) = self.check(expectation) else { return };
        let (expected, seen, passed) = match check {
            Check::Metric { name, labels, bounds } => {
                let sum = metric::sum(snapshot, name, labels);
                let seen = sum.map_or_else(|| "no such metric".to_owned(), |sum| sum.to_string());
                // What was never counted is zero to whoever allows none.
                (bounds.to_string(), seen, bounds.contains(sum.unwrap_or(0)))
            }
            Check::SharedData { key, vm_id, value } => {
                let seen = snapshot.shared_data(vm_id, key);
                let text: Vec<String> =
                    seen.iter().map(|bytes| String::from_utf8_lossy(bytes).into_owned()).collect();
                (value.to_string(), words::values(&text), value.matches(&text))
            }
            Check::Extra(extra) => {
                let Comparison { expected, seen, passed } = extra.0.inspect(snapshot);
                (expected, seen, passed)
            }
            _ => return,
        };
        let path = format!("expect[{expectation}]");
        self.add(path, words::check(check), expected, seen, passed, (now, now));
    }

    /// Puts what happened around it to each new failure, by a function of two times.
    pub fn explain(&mut self, trace: &dyn Fn(Duration, Duration) -> Vec<String>) {
        for result in self.results.iter_mut().skip(self.explained).filter(|result| !result.passed) {
            result.trace = trace(result.window.0, result.window.1);
        }
        self.explained = self.results.len();
    }

    /// Everything is over: all results, in the order of the file.
    pub fn conclude(
        mut self,
        now: Duration,
        trace: &dyn Fn(Duration, Duration) -> Vec<String>,
    ) -> Vec<ExpectationResult> {
        for (i, tally) in std::mem::take(&mut self.tallies).into_iter().enumerate() {
            let Some(check) = self.check(i) else { continue };
            if let Some((expected, seen, passed, at)) = tally.conclude(now) {
                self.add(
                    format!("expect[{i}]"),
                    words::check(check),
                    expected,
                    seen,
                    passed,
                    (at, at),
                );
            }
        }
        self.unseen(now);
        self.explain(trace);
        self.results.sort_by_key(|result| order(&result.path));
        self.results
    }

    /// What nothing was shown of does not hold: the run ended before it.
    fn unseen(&mut self, now: Duration) {
        let late = |step: &&(usize, bool)| !step.1;
        let steps: Vec<(usize, bool)> = self.done.iter().copied().enumerate().collect();
        let steps =
            steps.iter().filter(late).map(|(i, _)| (format!("steps[{i}]"), "step".to_owned()));
        let inspected = self.moments().into_iter().filter_map(|moment| {
            let path = format!("expect[{}]", moment.expectation);
            let seen = self.results.iter().any(|result| result.path == path);
            (!seen).then(|| {
                (path, self.check(moment.expectation).map_or_else(String::new, words::check))
            })
        });
        for (path, what) in steps.chain(inspected).collect::<Vec<_>>() {
            let (expected, seen) =
                ("over before the end".to_owned(), "the run ended before it was".to_owned());
            self.add(path, what, expected, seen, false, (now, now));
        }
    }

    /// Notes that a step is over.
    fn done(&mut self, step: usize) {
        if let Some(done) = self.done.get_mut(step) {
            *done = true;
        }
    }

    fn action(&self, step: usize) -> Option<&'s Action> {
        self.scenario.steps.get(step).map(|step| &step.action)
    }

    fn check(&self, expectation: usize) -> Option<&'s Check> {
        self.scenario.expect.get(expectation).map(|expectation| &expectation.check)
    }

    fn step(
        &mut self,
        step: usize,
        of: &str,
        found: Vec<exchange::Found>,
        window: (Duration, Duration),
    ) {
        for exchange::Found { key, what, expected, seen, passed } in found {
            let path = format!("steps[{step}].expect.{key}");
            self.add(path, format!("{of}: {what}"), expected, seen, passed, window);
        }
    }

    fn add(
        &mut self,
        path: String,
        what: String,
        expected: String,
        seen: String,
        passed: bool,
        window: (Duration, Duration),
    ) {
        let place = self.scenario.places.nearest(&path);
        let trace = Vec::new();
        let result = ExpectationResult { path, place, what, expected, seen, passed, window, trace };
        self.results.push(result);
    }
}

/// Steps first, then by number. Keys of one step stay as they came.
fn order(path: &str) -> (bool, usize) {
    let digits = path.split(['[', ']']).nth(1).and_then(|digits| digits.parse().ok());
    (path.starts_with("expect"), digits.unwrap_or(0))
}

#[cfg(test)]
mod tests;
