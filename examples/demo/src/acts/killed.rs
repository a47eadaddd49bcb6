//! Act 3: nothing is wrong with the release by any metric, and an edit calls it back.

use serinus_core::contract::RolloutState;
use std::time::{Duration, Instant};

use serde::Serialize;
use serinus_rig::wall_clock;

use crate::measure::{Crowd, Late, Scene};
use crate::release::UNWANTED;
use crate::show::Show;
use crate::testbed::Host;
use crate::trouble::Trouble;
use crate::words::Tone;

/// How long it serves half the users.
const BEFORE: Duration = Duration::from_secs(5);
/// How long we look on after the edit.
const AFTERWARDS: Duration = Duration::from_secs(4);

/// What it came to.
#[derive(Clone, Debug, Serialize)]
pub struct Killed {
    /// How the users fared.
    pub crowd: Crowd,
    /// From before the file was written to Envoy's word that every worker has it; on the embedded host there is no way
    /// from one to the other that could be measured.
    pub edit_to_taken_ms: Option<f64>,
    /// From before the file was written to the last request that reached the canary.
    pub edit_to_last_canary_request_ms: f64,
    /// Requests that the proxy began when every worker had it, and sent to the canary.
    pub begun_after_taken: Late,
    /// Whether the filter says that it is killed.
    pub killed: bool,
}

pub async fn play(show: &mut Show) -> Result<Killed, Trouble> {
    show.open(3, "A release is called back by hand.", UNWANTED).await?;
    let opening = "v3 is the baseline now. We give v4 50% of the users. It answers well.";
    show.say(Tone::Ours, opening)?;
    show.play(BEFORE).await?;
    let text = "But its prices are wrong, which no metric shows. We set `kill: true` in the file.";
    show.say(Tone::Ours, text)?;
    let edited = Instant::now();
    show.testbed.edit(UNWANTED.killed()).await?;
    let taken = Instant::now();
    let way = (show.testbed.host() != Host::Embedded).then(|| taken - edited);
    show.say(Tone::Good, &arrived(way))?;
    show.play(AFTERWARDS).await?;
    let killed = show.gauges().state == RolloutState::Killed;
    Ok(Killed {
        edit_to_taken_ms: way.map(tenths),
        ..measure(&show.scene()?, edited, taken, killed)
    })
}

fn arrived(way: Option<Duration>) -> String {
    match way {
        Some(way) => format!("Every worker of Envoy has the edit, {} ms later.", way.as_millis()),
        None => {
            "Every worker VM has the edit at once: the embedded host sends it nowhere.".to_owned()
        }
    }
}

/// Milliseconds with one decimal.
fn tenths(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e4).round() / 10.0
}

fn measure(scene: &Scene, edited: Instant, taken: Instant, killed: bool) -> Killed {
    Killed {
        // The canary's users go back to v3, and nobody else moves.
        crowd: scene.crowd(UNWANTED.canary, UNWANTED.baseline),
        edit_to_taken_ms: None,
        edit_to_last_canary_request_ms: scene.last_arrival_ms(wall_clock(edited)).unwrap_or(0.0),
        begun_after_taken: scene.begun_after(wall_clock(taken)),
        killed,
    }
}

impl Killed {
    /// What should have been otherwise.
    pub fn shortfalls(&self) -> Vec<String> {
        let mut short = Vec::new();
        if !self.killed {
            short.push("v4 was not killed by the edit".to_owned());
        }
        if self.begun_after_taken.last_ms > super::GRACE_MS {
            let ms = self.begun_after_taken.last_ms;
            short.push(format!(
                "v4 still got a new request {ms} ms after every worker had the edit"
            ));
        }
        if self.crowd.canary_failures > 0 {
            short.push(format!("{} requests failed at v4", self.crowd.canary_failures));
        }
        short.extend(self.crowd.shortfalls());
        short
    }
}
