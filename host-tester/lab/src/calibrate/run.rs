//! One rollout from its beginning to its end.

use super::adviser::Adviser;
use super::crowd::{Crowd, Placed};
use super::draw::Draw;
use super::failing::Failing;
use super::scenario::{Scenario, Turn};
use super::schedule;
use super::simulated_rollout::{FINE_MS, GUARD, News, Quiet, RECENT_MS, Settled, SimulatedRollout};
use super::traffic::{Traffic, Version};
use serinus_core::arm::PerArm;
use serinus_core::config::Rollout;

/// Monday, 5 January 2026, 09:00 UTC: when every run begins. It matters to freezes only.
pub const START_MS: u64 = 1_767_603_600_000;

/// The slices of what is longer ago than the last minutes, milliseconds.
const COARSE_MS: u64 = 120_000;

/// What all runs have in common.
pub struct SimulationSetup<'a> {
    /// The rollout.
    pub rollout: &'a Rollout,
    /// Its policy.
    pub adviser: Option<&'a Adviser>,
    /// Its requests.
    pub traffic: &'a Traffic,
    /// Its users.
    pub crowd: &'a Crowd,
    /// Where latencies are told apart, microseconds.
    pub cells: Vec<u64>,
    /// After how long nobody waits any more, milliseconds.
    pub horizon_ms: u64,
}

/// A scenario with its two versions.
pub struct Prepared<'a> {
    /// The scenario.
    pub scenario: &'a Scenario,
    good: Version,
    bad: Version,
}

impl<'a> Prepared<'a> {
    /// What the scenario comes to in this world.
    pub fn new(world: &SimulationSetup<'_>, scenario: &'a Scenario) -> Self {
        let version = |change| world.traffic.version(change, &world.cells);
        let good = version(&super::scenario::Change::None);
        Self { scenario, good, bad: version(&scenario.change) }
    }

    /// The version that is as it should be, and the canary once it has turned.
    pub fn versions(&self) -> (&Version, &Version) {
        (&self.good, &self.bad)
    }
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It was rolled back.
    RolledBack,
    /// It was promoted for good.
    Promoted,
    /// It was still on its way.
    Unfinished,
}

/// What became of a run. Times are milliseconds since it began.
#[derive(Clone, Debug, PartialEq)]
pub struct RunResult {
    /// How it ended.
    pub end: End,
    /// In which stage.
    pub stage: usize,
    /// When.
    pub at_ms: u64,
    /// When the canary had become bad; 0 if it never was good, or never became bad.
    pub turned_ms: u64,
    /// Canary requests since then.
    pub requests: u64,
    /// Users who suffered, as many as can be expected.
    pub users: f64,
    /// Those of them who had by the time it got all traffic.
    pub users_before_full: f64,
    /// When each stage began that it came to.
    pub entered: Vec<u64>,
    /// When it got all traffic.
    pub full_ms: Option<u64>,
    /// What stopped it, or what it was last held for.
    pub why: Vec<String>,
}

impl RunResult {
    /// Whether it was stopped before anything was wrong with it.
    pub fn early(&self) -> bool {
        self.end == End::RolledBack && self.at_ms < self.turned_ms
    }
}

/// Plays the `number`-th run of a scenario. The same number has the same users in every scenario.
pub fn run(
    world: &SimulationSetup<'_>,
    prepared: &Prepared<'_>,
    seed: u64,
    number: u64,
) -> RunResult {
    let mut draw = Draw::new(seed, number);
    let placed = world.crowd.place(&mut draw);
    let turns_ms = match prepared.scenario.turn {
        Turn::AtOnce => 0,
        Turn::After(ms) => ms,
    };
    let simulated = SimulatedRollout::open(world.rollout, world.adviser, START_MS);
    let share = placed.share(simulated.weight());
    let canary = if turns_ms == 0 { &prepared.bad } else { &prepared.good };
    let open = PerArm::default();
    let (suffered, requests, entered) = (Vec::new(), 0, Vec::new());
    let (failing, full_ms, why) = (Failing::new(), None, Vec::new());
    Life {
        world,
        prepared,
        turns_ms,
        placed,
        draw,
        simulated,
        share,
        canary,
        failing,
        open,
        suffered,
        requests,
        entered,
        full_ms,
        why,
    }
    .live()
}

struct Life<'a> {
    world: &'a SimulationSetup<'a>,
    prepared: &'a Prepared<'a>,
    turns_ms: u64,
    placed: Placed<'a>,
    draw: Draw,
    simulated: SimulatedRollout<'a>,
    /// The canary's share of requests.
    share: f64,
    /// The canary of the moment.
    canary: &'a Version,
    failing: Failing,
    /// Successes whose latency and events are still to be drawn.
    open: PerArm<u64>,
    /// How often a user has suffered, at each weight.
    suffered: Vec<(u32, f64)>,
    requests: u64,
    entered: Vec<u64>,
    full_ms: Option<u64>,
    why: Vec<String>,
}

impl Life<'_> {
    fn live(mut self) -> RunResult {
        let (mut now, mut changed) = (0, 0);
        self.enter(now);
        loop {
            let next = schedule::next(now, changed, &self.appointments());
            if let Some(at) = self.pass(now, next) {
                self.why = vec![GUARD.to_owned()];
                return self.ended(End::RolledBack, at);
            }
            now = next;
            self.settle(now);
            match self.simulated.look(START_MS + now) {
                News::None => {}
                News::Held(why) => self.why = why,
                News::Entered => {
                    changed = now;
                    self.enter(now);
                }
                News::Promoted => return self.ended(End::Promoted, now),
                News::Stopped(what) => {
                    self.why = vec![what];
                    return self.ended(End::RolledBack, now);
                }
            }
            if now == self.turns_ms && now > 0 {
                (self.canary, self.requests, changed) = (&self.prepared.bad, 0, now);
                self.suffered = vec![(self.simulated.weight(), 0.0)];
            }
            if now >= self.world.horizon_ms {
                return self.ended(End::Unfinished, now);
            }
        }
    }

    /// Moments at which something new is allowed.
    fn appointments(&self) -> [u64; 5] {
        let rollout = self.world.rollout;
        let entered = self.entered.last().copied().unwrap_or(0);
        let over = entered + rollout.stage(self.simulated.stage()).min_time_ms;
        let warm = entered + rollout.warm_up_ms;
        let expired = rollout.max_age_ms.map_or(u64::MAX / 2, |age| age + schedule::TICK_MS);
        [over, warm, expired, self.turns_ms, self.world.horizon_ms]
    }

    /// A stage begins.
    fn enter(&mut self, now: u64) {
        let weight = self.simulated.weight();
        self.share = self.placed.share(weight);
        self.failing.enter(&self.placed, weight);
        self.suffered.push((weight, 0.0));
        self.why.clear();
        self.entered.push(now);
        if weight == 100_000 {
            self.full_ms.get_or_insert(now);
        }
    }

    /// Lets requests pass; the moment at which the guard stopped it.
    fn pass(&mut self, from: u64, to: u64) -> Option<u64> {
        let mut now = from;
        let recent = to.saturating_sub(RECENT_MS);
        while now < to {
            // Windows of hours can do with minutes.
            let fine = if now < recent { COARSE_MS } else { FINE_MS };
            let end = to.min((now / fine + 1) * fine);
            let stopped = self.slice(now, end);
            if stopped.is_some() {
                return stopped;
            }
            // The last millisecond of the slice belongs to it, the next one does not.
            self.simulated.end_slice(START_MS + end - 1);
            now = end;
        }
        None
    }

    fn slice(&mut self, from: u64, to: u64) -> Option<u64> {
        let failures = self.world.traffic.rps / 1e3 * self.share * self.canary.errors;
        let (mut at, to) = (from as f64, to as f64);
        loop {
            let failure = at + self.draw.wait(failures);
            self.quiet(failure.min(to) - at);
            if failure >= to {
                return None;
            }
            at = failure;
            self.requests += 1;
            self.suffer(1.0);
            let good = self.world.traffic.rps / 1e3 * (1.0 - self.canary.errors);
            let Some(failure) = self.failing.fails(&mut self.draw, at, good) else { continue };
            if self.simulated.canary_failed(&failure, START_MS + at as u64) {
                return Some(at as u64);
            }
        }
    }

    /// So many milliseconds without a canary failure.
    fn quiet(&mut self, ms: f64) {
        let requests = self.world.traffic.rps / 1e3 * ms;
        let (canary, baseline) = (requests * self.share, requests * (1.0 - self.share));
        let errors = self.prepared.good.errors;
        let quiet = Quiet {
            canary: self.draw.count(canary * (1.0 - self.canary.errors)),
            baseline: self.draw.count(baseline * (1.0 - errors)),
            baseline_failed: self.draw.count(baseline * errors),
        };
        self.simulated.pass(&quiet);
        self.open.canary += quiet.canary;
        self.open.baseline += quiet.baseline;
        self.requests += quiet.canary;
        self.suffer(quiet.canary as f64 * self.canary.harm);
    }

    fn suffer(&mut self, times: f64) {
        if let Some((_, suffered)) = self.suffered.last_mut() {
            *suffered += times;
        }
    }

    /// Draws what had been left open.
    fn settle(&mut self, now: u64) {
        let open = std::mem::take(&mut self.open);
        let good = &self.prepared.good;
        let canary = self.draw.spread(open.canary, &self.canary.latency);
        let baseline = self.draw.spread(open.baseline, &good.latency);
        // A latency within each cell: its upper end, or anything above the last.
        let micros = self.world.cells.iter().copied().chain([u64::MAX]);
        let latency = micros.zip(canary.into_iter().zip(baseline));
        let latency = latency.map(|(us, (canary, baseline))| (us, PerArm { baseline, canary }));
        let events = self.canary.events.iter().zip(&good.events).map(|(canary, baseline)| PerArm {
            canary: self.draw.of(open.canary, *canary),
            baseline: self.draw.of(open.baseline, *baseline),
        });
        let settled = Settled { latency: latency.collect(), events: events.collect() };
        self.simulated.settle(&settled, START_MS + now);
    }

    fn ended(self, end: End, at_ms: u64) -> RunResult {
        let full = |suffered: &&(u32, f64)| suffered.0 == 100_000;
        let before: Vec<_> = self.suffered.iter().filter(|s| !full(s)).copied().collect();
        let users = self.placed.hit(&self.suffered);
        let same = before.len() == self.suffered.len();
        RunResult {
            end,
            stage: self.simulated.stage(),
            at_ms,
            turned_ms: self.turns_ms,
            requests: self.requests,
            users,
            users_before_full: if same { users } else { self.placed.hit(&before) },
            entered: self.entered,
            full_ms: self.full_ms,
            why: self.why,
        }
    }
}
