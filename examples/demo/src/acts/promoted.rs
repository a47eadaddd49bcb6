//! Act 2: a healthy release climbs to 100 % by itself, each step when there is proof enough.

use serinus_core::contract::RolloutState;
use std::time::Duration;

use serde::Serialize;
use serinus_core::record::{Reason, Record, Verdict};

use crate::cli::Args;
use crate::measure::{Crowd, Scene};
use crate::release::{ERROR_LIMIT, Evidence, GOOD};
use crate::show::{Show, decided_at};
use crate::trouble::Trouble;
use crate::words::{Tone, count, percent};

/// How long everyone is on the promoted release before the next act.
const AFTERWARDS: Duration = Duration::from_secs(2);

/// What it came to.
#[derive(Clone, Debug, Serialize)]
pub struct Promoted {
    /// How the users fared.
    pub crowd: Crowd,
    /// The clean requests that the gates of a stage need.
    pub clean_requests_needed: u64,
    /// Every step up; the last is the promotion.
    pub steps: Vec<Step>,
    /// Whether it was promoted.
    pub promoted: bool,
    /// Whether it was stopped, for no reason.
    pub stopped: bool,
}

/// A step up.
#[derive(Clone, Debug, Serialize)]
pub struct Step {
    /// Seconds since the rollout began.
    pub at_s: f64,
    /// To this weight, in percent; nothing for the promotion, which ends the watch at 100 %.
    pub to_percent: Option<f64>,
    /// The canary requests of the stage that it was decided on.
    pub canary_requests: u64,
}

pub async fn play(show: &mut Show, args: &Args) -> Result<Promoted, Trouble> {
    show.open(2, "A healthy release is promoted, step by step.", GOOD).await?;
    let evidence = GOOD.evidence();
    show.say(Tone::Ours, &opening(evidence.as_ref(), args.rate))?;
    let ended = |show: &Show| {
        let promoted = show.gauges().state == RolloutState::Promoted;
        promoted || show.decided(Verdict::Rollback)
    };
    show.until(patience(evidence.as_ref(), args.rate), ended).await?;
    show.play(AFTERWARDS).await?;
    Ok(measure(&show.scene()?, evidence.map_or(0, |evidence| evidence.requests)))
}

fn opening(evidence: Option<&Evidence>, rate: u32) -> String {
    let steps = "v3 is healthy. It gets 5% of the users, then 25%, 50%, 100%.";
    evidence.map_or_else(
        || steps.to_owned(),
        |evidence| {
            format!(
                "{steps} To show that at most {} fail takes {} requests without a failure, {} s at 5%.",
                percent(ERROR_LIMIT),
                count(evidence.requests),
                evidence.first_stage(rate).as_secs(),
            )
        },
    )
}

/// Twice what it takes if all goes well, and what ticks and a slow machine add.
fn patience(evidence: Option<&Evidence>, rate: u32) -> Duration {
    let whole = evidence.map_or(Duration::from_secs(30), |evidence| evidence.whole(rate));
    2 * whole + Duration::from_secs(20)
}

fn measure(scene: &Scene, clean_requests_needed: u64) -> Promoted {
    let promotions = scene.records.iter().filter(|record| record.verdict == Verdict::Promote);
    let steps: Vec<Step> = promotions.map(|record| step(scene, record)).collect();
    Promoted {
        // Users go to v3 as the weight rises, and nobody back.
        crowd: scene.crowd(GOOD.baseline, GOOD.canary),
        clean_requests_needed,
        promoted: steps.iter().any(|step| step.to_percent.is_none()),
        stopped: scene.decision(Verdict::Rollback).is_some(),
        steps,
    }
}

fn step(scene: &Scene, record: &Record) -> Step {
    let to_percent = record.reasons.iter().find_map(|reason| match reason {
        Reason::GatesPassed { to_weight } => Some(f64::from(*to_weight) / 1e3),
        _ => None,
    });
    Step {
        at_s: (scene.since_began(decided_at(record)).as_secs_f64() * 10.0).round() / 10.0,
        to_percent,
        canary_requests: record.comparisons.first().map_or(0, |c| c.canary.requests),
    }
}

impl Promoted {
    /// What should have been otherwise.
    pub fn shortfalls(&self) -> Vec<String> {
        let mut short = Vec::new();
        if self.stopped {
            short.push("v3 is healthy and was stopped".to_owned());
        } else if !self.promoted {
            short.push("v3 is healthy and was not promoted in time".to_owned());
        }
        if self.crowd.canary_failures > 0 {
            short.push(format!("{} requests failed at v3", self.crowd.canary_failures));
        }
        short.extend(self.crowd.shortfalls());
        short
    }
}
