//! Act 1: a release turns bad at a known moment, and the guard stops it.

use std::time::Duration;

use serde::Serialize;
use serinus_core::record::Verdict;

use crate::cli::Args;
use crate::measure::{Crowd, Late, Scene, surely_decided};
use crate::release::BAD;
use crate::show::Show;
use crate::trouble::Trouble;
use crate::words::Tone;

/// How long it is healthy.
const HEALTHY: Duration = Duration::from_secs(6);
/// How long we look on after the stop: a canary that came back would show.
const AFTERWARDS: Duration = Duration::from_secs(4);

/// What it came to.
#[derive(Clone, Debug, Serialize)]
pub struct Stopped {
    /// The share of the canary's answers that failed, in percent.
    pub failing_percent: u8,
    /// How the users fared.
    pub crowd: Crowd,
    /// Requests that reached the canary from its first failure on.
    pub canary_requests_from_first_failure: u64,
    /// Failures among them.
    pub canary_failures: u64,
    /// What the canary got per second while it was healthy.
    pub canary_requests_per_second: f64,
    /// The stop, if there was one.
    pub stop: Option<Stop>,
}

/// The stop, in time.
#[derive(Clone, Debug, Serialize)]
pub struct Stop {
    /// From the arrival of the first request that failed to the decision; negative if it was decided before.
    pub first_failure_to_decision_ms: f64,
    /// From the deciding answer to the last request that reached the canary; negative if none came after it.
    pub decision_to_last_canary_request_ms: f64,
    /// Requests that the proxy began after the decision and sent to the canary.
    pub begun_after_decision: Late,
}

pub async fn play(show: &mut Show, args: &Args) -> Result<Stopped, Trouble> {
    show.open(1, "A release turns bad, and is stopped.", BAD).await?;
    show.say(Tone::Ours, "We give v2 5% of the users; the others stay on v1.")?;
    show.play(HEALTHY).await?;
    let healthy = show.scene()?;
    let canary_rate = healthy.arrivals.len() as f64 / healthy.began.elapsed().as_secs_f64();
    show.testbed.break_down(BAD.canary, args.failing, args.seed)?;
    show.say(Tone::Ours, &format!("We break v2: {}% of its answers are 503 now.", args.failing))?;
    show.until(patience(args), |show| show.decided(Verdict::Rollback)).await?;
    show.play(AFTERWARDS).await?;
    Ok(measure(&show.scene()?, canary_rate, args))
}

/// Three times what the guard needs in all but one of twenty rollouts: about 1,600 canary requests
/// at 1 % errors, fewer in proportion at more.
fn patience(args: &Args) -> Duration {
    let canary_rate = f64::from(args.rate) * 0.05;
    let requests = 3.0 * 1600.0 / f64::from(args.failing);
    Duration::from_secs(10) + Duration::from_secs_f64(requests / canary_rate)
}

fn measure(scene: &Scene, canary_requests_per_second: f64, args: &Args) -> Stopped {
    let outbreak = scene.since_first_failure();
    let stop = scene.decision(Verdict::Rollback).and_then(|record| {
        let decided = crate::show::decided_at(record);
        let begun = outbreak?.began;
        let waited = decided
            .duration_since(begun)
            .map_or_else(|early| -early.duration().as_secs_f64(), |waited| waited.as_secs_f64());
        Some(Stop {
            first_failure_to_decision_ms: (waited * 1e3).round(),
            decision_to_last_canary_request_ms: scene.last_arrival_ms(decided)?,
            begun_after_decision: scene.begun_after(surely_decided(record)),
        })
    });
    Stopped {
        failing_percent: args.failing,
        // The canary's users go back to v1, and nobody else moves.
        crowd: scene.crowd(BAD.canary, BAD.baseline),
        canary_requests_from_first_failure: outbreak.map_or(0, |o| o.requests),
        canary_failures: outbreak.map_or(0, |o| o.failures),
        canary_requests_per_second: (canary_requests_per_second * 10.0).round() / 10.0,
        stop,
    }
}

impl Stopped {
    /// What should have been otherwise.
    pub fn shortfalls(&self) -> Vec<String> {
        let mut short = Vec::new();
        match &self.stop {
            None => short.push("v2 was failing and was not stopped".to_owned()),
            Some(stop) => {
                if stop.first_failure_to_decision_ms < 0.0 {
                    short.push("v2 was stopped before it failed".to_owned());
                }
                if stop.begun_after_decision.last_ms > super::GRACE_MS {
                    let ms = stop.begun_after_decision.last_ms;
                    short.push(format!("v2 still got a new request {ms} ms after it was stopped"));
                }
            }
        }
        short.extend(self.crowd.shortfalls());
        short
    }
}
