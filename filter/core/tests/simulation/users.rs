//! Rollouts user by user: what one user's failures in a row do to the guard.
//!
//! Each user has a rate of requests and a share of them that fails. A run jumps from failure to
//! failure; the good answers in between are a Poisson number.

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use rand_distr::{Distribution, Exp, Poisson};
use serinus_core::cohort::bucket::Weight;
use serinus_core::cohort::decide::Cohort;
use serinus_core::guard::{Answers, Book, Counters, Ground, GuardPolicy, RECOVERED, Repeats};
use serinus_core::outcome::Outcome;
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

/// When each of `runs` rollouts at `weight` (1/100000) was stopped; `None` for one that was not in `seconds`.
pub fn stops(
    policy: &GuardPolicy,
    counting: Counting,
    groups: &[Group],
    (weight, seconds): (u32, f64),
    (runs, seed): (u64, u64),
) -> Vec<Option<Stop>> {
    let weight = Weight::try_new(weight).unwrap();
    let one = |run: u64| {
        let rng = StdRng::seed_from_u64(seed ^ (run << 20));
        Run::new(policy, counting, groups, weight, rng).play(seconds)
    };
    (0..runs).map(one).collect()
}

struct User {
    mark: Mark,
    arm: Cohort,
    group: Group,
    /// Up to which moment its good answers are drawn.
    served: f64,
}

struct Run<'a> {
    policy: &'a GuardPolicy,
    counting: Counting,
    ground: Ground,
    users: Vec<User>,
    /// For each user, the failures a second of all up to it.
    failing: Vec<f64>,
    /// Good answers a second, per arm.
    rps: [f64; 2],
    rng: StdRng,
    seen: Counters,
    book: Book,
    shards: Vec<Repeats>,
    answers: Answers,
}

impl<'a> Run<'a> {
    fn new(
        policy: &'a GuardPolicy,
        counting: Counting,
        groups: &[Group],
        weight: Weight,
        mut rng: StdRng,
    ) -> Self {
        let share = f64::from(weight.get()) / f64::from(Weight::MAX.get());
        let each =
            groups.iter().flat_map(|group| std::iter::repeat_n(*group, group.users as usize));
        let users: Vec<User> = each
            .zip(0_u64..)
            .map(|(group, id)| {
                let arm = if rng.random_bool(share) { Cohort::Canary } else { Cohort::Baseline };
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
        let rps = [Cohort::Baseline, Cohort::Canary]
            .map(|arm| users.iter().filter(|user| user.arm == arm).map(good).sum());
        Self {
            policy,
            counting,
            ground: Ground { weight, began: Counters::default(), absolute: None },
            failing: failing.collect(),
            users,
            rps,
            rng,
            seen: Counters::default(),
            book: Book::default(),
            shards: vec![Repeats::default(); Repeats::SHARDS],
            answers: Answers::default(),
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
            self.answers.pass(Cohort::Baseline, baseline);
            self.answers.pass(Cohort::Canary, canary);
            let place = self.rng.random_range(0.0..all);
            let who = self.failing.partition_point(|up_to| *up_to <= place);
            if self.fail(who, now) {
                return Some(Stop { seconds: now, requests: self.seen.assigned.canary });
            }
        }
    }

    /// A user fails, and tries again; whether that stops the rollout.
    fn fail(&mut self, who: usize, now: f64) -> bool {
        let user = &mut self.users[who];
        let good = user.group.rps * (1.0 - user.fails()) * (now - user.served);
        user.served = now;
        let (mark, arm, tries) = (user.mark, user.arm, 1 + user.group.retries);
        let good = poisson(good, &mut self.rng).min(u64::from(RECOVERED));
        self.answers.recover(mark, good as u8);
        (0..tries).any(|_| {
            *self.seen.assigned.get_mut(arm) += 1;
            *self.seen.failed.get_mut(arm) += 1;
            let anew = self.answers.note(arm, Outcome::Failure, mark).unwrap();
            let begins = self.shards[Repeats::shard(mark)].begins(mark, anew);
            if !begins && self.counting == Counting::Episodes {
                return false;
            }
            *self.seen.episodes.get_mut(arm) += 1;
            arm == Cohort::Canary
                && self.policy.judge(&mut self.book, &self.ground, &self.seen).breached
        })
    }
}

impl User {
    fn fails(&self) -> f64 {
        match self.arm {
            Cohort::Baseline => self.group.baseline,
            Cohort::Canary => self.group.canary,
        }
    }
}

fn poisson(mean: f64, rng: &mut StdRng) -> u64 {
    if mean > 0.0 { Poisson::new(mean).unwrap().sample(rng) as u64 } else { 0 }
}
