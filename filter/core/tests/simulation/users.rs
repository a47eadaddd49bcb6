//! Rollouts user by user: what one user's failures in a row do to the guard.
//!
//! Each user has a rate of requests and a share of them that fails. A run jumps from failure to
//! failure; the good answers in between are a Poisson number.

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use rand_distr::{Distribution, Exp, Poisson};
use serinus_core::arm::Arm;
use serinus_core::cohort::bucket::Weight;
use serinus_core::guard::{
    Counters, FailingUnits, FailureSpread, GuardPolicy, GuardState, RECOVERED, Recoveries,
    StageBaseline,
};
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
    let one = |run: u64| {
        let rng = StdRng::seed_from_u64(seed ^ (run << 20));
        Run::new(policy, counting, groups, setting, rng).play(setting.seconds)
    };
    (0..runs).map(one).collect()
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
    policy: &'a GuardPolicy,
    counting: Counting,
    ground: StageBaseline,
    users: Vec<User>,
    /// For each user, the failures a second of all up to it.
    failing: Vec<f64>,
    /// Good answers a second, per arm.
    rps: [f64; 2],
    rng: StdRng,
    seen: Counters,
    book: GuardState,
    breadth: FailureSpread,
    shards: Vec<FailingUnits>,
    workers: Vec<Recoveries>,
    /// When the workers ticked last; they do each second.
    ticked: f64,
}

impl<'a> Run<'a> {
    fn new(
        policy: &'a GuardPolicy,
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
        Self {
            policy,
            counting,
            ground: StageBaseline { weight, began: Counters::default(), absolute: None },
            failing: failing.collect(),
            users,
            rps,
            rng,
            seen: Counters::default(),
            book: GuardState::default(),
            breadth: FailureSpread::default(),
            shards: vec![FailingUnits::default(); FailingUnits::SHARDS],
            workers: vec![Recoveries::default(); setting.workers],
            ticked: 0.0,
        }
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
            self.seen.assigned.baseline += baseline;
            self.seen.assigned.canary += canary;
            self.tick(now);
            let place = self.rng.random_range(0.0..all);
            let who = self.failing.partition_point(|up_to| *up_to <= place);
            if self.fail(who, now) {
                return Some(Stop { seconds: now, requests: self.seen.assigned.canary });
            }
        }
    }

    /// A user fails, and tries again; whether that stops the rollout.
    fn fail(&mut self, who: usize, now: f64) -> bool {
        self.serve(who, now);
        let User { mark, arm, group, .. } = self.users[who];
        (0..=group.retries).any(|_| {
            *self.seen.assigned.get_mut(arm) += 1;
            *self.seen.failed.get_mut(arm) += 1;
            let begins = self.begins_episode(arm, mark);
            if !begins && self.counting == Counting::Episodes {
                return false;
            }
            *self.seen.episodes.get_mut(arm) += 1;
            arm == Arm::Canary
                && self.policy.judge(&mut self.book, &self.ground, &self.seen).breached
        })
    }

    /// As the filter does it, in a worker by chance.
    fn begins_episode(&mut self, arm: Arm, mark: Mark) -> bool {
        let broad = self.breadth.failed(arm, mark.hash(), &self.seen.assigned);
        let (worker, part) =
            (self.rng.random_range(0..self.workers.len()), FailingUnits::shard(mark));
        let shared = self.shards[part].clone();
        let (shared, begins) = self.workers[worker].failed(mark, broad, shared);
        self.workers[worker].learn(part, shared.clone());
        self.shards[part] = shared;
        begins
    }

    /// Draws the good answers that a user has had by now.
    fn serve(&mut self, who: usize, now: f64) {
        let user = &mut self.users[who];
        let good = user.group.rps * (1.0 - user.fails()) * (now - user.served);
        user.served = now;
        let each = good / self.workers.len() as f64;
        for worker in &mut self.workers {
            let good = poisson(each, &mut self.rng).min(u64::from(RECOVERED));
            worker.succeeded(user.mark, good as u8);
        }
    }

    /// Every worker shares what it has seen. One alone need not.
    fn tick(&mut self, now: f64) {
        while self.workers.len() > 1 && self.ticked + 1.0 <= now {
            self.ticked += 1.0;
            (0..self.users.len()).for_each(|who| self.serve(who, self.ticked));
            for (part, shared) in self.shards.iter_mut().enumerate() {
                for worker in &mut self.workers {
                    if let Some(added) = worker.added(part, shared.clone()) {
                        *shared = added;
                    }
                    worker.shared(part, shared.clone());
                }
            }
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
