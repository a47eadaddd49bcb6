//! Rollouts user by user: what one user's failures in a row do to the guard.
//!
//! Each user has a rate of requests and a share of them that fails. A run jumps from failure to
//! failure; the good answers in between are a Poisson number.

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use rand_distr::{Distribution, Exp, Poisson};
use serinus_core::arm::Arm;
use serinus_core::cohort::bucket::Weight;
use serinus_core::config::{self, Rollout};
use serinus_core::contract::Cohort;
use serinus_core::engine::local::{LocalMeters, LocalStore};
use serinus_core::engine::{Engine, Meters};
use serinus_core::guard::{GuardPolicy, RECOVERED};
use serinus_core::outcome::Outcome;
use serinus_core::promotion::Phase;
use serinus_core::stats::units::Mark;

/// Users of one kind.
#[derive(Clone, Copy, Debug)]
pub struct Group {
    /// How many.
    pub users: u32,
    /// Requests a second, each.
    pub rps: f64,
    /// The share that fails of those that go to the baseline.
    pub baseline: f64,
    /// The share that fails of those that go to the canary.
    pub canary: f64,
    /// How often a failure is tried again at once, with the same end.
    pub retries: u32,
}

impl Group {
    /// Users who fail alike at both versions, and do not try again.
    pub const fn alike(users: u32, rps: f64, fails: f64) -> Self {
        Self { users, rps, baseline: fails, canary: fails, retries: 0 }
    }
}

/// 100 requests a second from 5000 users, of which one in a thousand fails.
pub const CROWD: Group = Group::alike(5000, 0.02, 0.001);

/// What the guard counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counting {
    /// Every failure.
    Failures,
    /// Episodes, as the filter does.
    Episodes,
}

/// When a rollout was stopped.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stop {
    /// After so many seconds.
    pub seconds: f64,
    /// After so many canary requests.
    pub requests: u64,
}

/// Where and how long.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// The canary's weight (1/100000).
    pub weight: u32,
    /// The proxy's workers; each request goes to one by chance.
    pub workers: usize,
    /// How long, seconds.
    pub seconds: f64,
}

impl Setting {
    /// A canary at 5 %, in one worker.
    pub const fn five_percent(seconds: f64) -> Self {
        Self { weight: 5_000, workers: 1, seconds }
    }
}

/// When each of `runs` rollouts was stopped; `None` for one that was not in time.
pub fn stops(
    policy: &GuardPolicy,
    counting: Counting,
    groups: &[Group],
    setting: Setting,
    (runs, seed): (u64, u64),
) -> Vec<Option<Stop>> {
    let rollout = rollout(policy, setting.weight);
    let one = |run: u64| {
        let rng = StdRng::seed_from_u64(seed ^ (run << 20));
        Run::new(&rollout, counting, groups, setting, rng).play(setting.seconds)
    };
    (0..runs).map(one).collect()
}

/// A rollout that stays in its first stage, of this weight.
fn rollout(policy: &GuardPolicy, weight: u32) -> Rollout {
    let document = serde_json::json!({ "rollout": "simulated", "unit": [{ "header": "x-user" }] });
    let mut rollout = config::from_value(&document).unwrap().remove(0);
    rollout.guard = *policy;
    rollout.stages[0].weight = Weight::try_new(weight).unwrap();
    rollout
}

#[derive(Clone, Copy)]
struct User {
    mark: Mark,
    arm: Arm,
    group: Group,
    /// Up to which moment its good answers are drawn.
    served: f64,
}

struct Run<'a> {
    counting: Counting,
    users: Vec<User>,
    /// For each user, the failures a second of all up to it.
    failing: Vec<f64>,
    /// Good answers a second, per arm.
    rps: [f64; 2],
    rng: StdRng,
    meters: LocalMeters,
    workers: Vec<Engine<&'a Rollout, LocalStore, LocalMeters>>,
    /// When the workers ticked last; they do each second.
    ticked: f64,
}

impl<'a> Run<'a> {
    fn new(
        rollout: &'a Rollout,
        counting: Counting,
        groups: &[Group],
        setting: Setting,
        mut rng: StdRng,
    ) -> Self {
        let weight = Weight::try_new(setting.weight).unwrap();
        let share = f64::from(weight.get()) / f64::from(Weight::MAX.get());
        let each =
            groups.iter().flat_map(|group| std::iter::repeat_n(*group, group.users as usize));
        let users: Vec<User> = each
            .zip(0_u64..)
            .map(|(group, id)| {
                let arm = if rng.random_bool(share) { Arm::Canary } else { Arm::Baseline };
                let mark = Mark::new(&(id ^ rng.random::<u64>() << 20).to_le_bytes(), arm);
                User { mark, arm, group, served: 0.0 }
            })
            .collect();
        let mut total = 0.0;
        let failing = users.iter().map(|user| {
            total += user.group.rps * user.fails();
            total
        });
        let good = |user: &User| user.group.rps * (1.0 - user.fails());
        let rps = [Arm::Baseline, Arm::Canary]
            .map(|arm| users.iter().filter(|user| user.arm == arm).map(good).sum());
        let (store, meters) = (LocalStore::default(), LocalMeters::default());
        let worker = |_| Engine::open(rollout, store.clone(), meters.clone(), 0);
        let workers = (0..setting.workers).map(worker).collect();
        let failing = failing.collect();
        Self { counting, failing, users, rps, rng, meters, workers, ticked: 0.0 }
    }

    fn play(mut self, seconds: f64) -> Option<Stop> {
        let all = *self.failing.last()?;
        let (mut now, gap) = (0.0, Exp::new(all).ok()?);
        loop {
            let wait = gap.sample(&mut self.rng);
            now += wait;
            if now > seconds {
                return None;
            }
            let [baseline, canary] = self.rps.map(|rps| poisson(rps * wait, &mut self.rng));
            self.meters.add(Arm::Baseline, baseline, 0);
            self.meters.add(Arm::Canary, canary, 0);
            self.tick(now);
            let place = self.rng.random_range(0.0..all);
            let who = self.failing.partition_point(|up_to| *up_to <= place);
            if self.fail(who, now) {
                return Some(Stop {
                    seconds: now,
                    requests: self.meters.counters().assigned.canary,
                });
            }
        }
    }

    /// A user fails, and tries again; whether that stops the rollout.
    fn fail(&mut self, who: usize, now: f64) -> bool {
        self.serve(who, now);
        let User { mark, arm, group, .. } = self.users[who];
        (0..=group.retries).any(|_| {
            let worker = self.rng.random_range(0..self.workers.len());
            let worker = &mut self.workers[worker];
            worker.meters.assigned(arm);
            worker.meters.ended(Cohort::Arm(arm), Outcome::Failure);
            let begins = worker.begins_episode(arm, mark);
            if begins || self.counting == Counting::Failures {
                worker.began_episode(arm, (now * 1e3) as u64);
            }
            worker.state().phase == Phase::RolledBack
        })
    }

    /// Draws the good answers that a user has had by now.
    fn serve(&mut self, who: usize, now: f64) {
        let user = &mut self.users[who];
        let good = user.group.rps * (1.0 - user.fails()) * (now - user.served);
        user.served = now;
        let each = good / self.workers.len() as f64;
        for worker in &mut self.workers {
            let good = poisson(each, &mut self.rng).min(u64::from(RECOVERED));
            worker.answered_well(user.mark, good as u8);
        }
    }

    /// Every worker shares what it has seen. One alone need not.
    fn tick(&mut self, now: f64) {
        while self.workers.len() > 1 && self.ticked + 1.0 <= now {
            self.ticked += 1.0;
            (0..self.users.len()).for_each(|who| self.serve(who, self.ticked));
            let now = (self.ticked * 1e3) as u64;
            self.workers.iter_mut().for_each(|worker| worker.flush(now));
        }
    }
}

impl User {
    fn fails(&self) -> f64 {
        match self.arm {
            Arm::Baseline => self.group.baseline,
            Arm::Canary => self.group.canary,
        }
    }
}

fn poisson(mean: f64, rng: &mut StdRng) -> u64 {
    if mean > 0.0 { Poisson::new(mean).unwrap().sample(rng) as u64 } else { 0 }
}
