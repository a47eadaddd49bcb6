//! The script. Each act plays its part, then asks the witnesses what it came to.

mod killed;
mod promoted;
mod stopped;

pub use killed::Killed;
pub use promoted::Promoted;
pub use stopped::Stopped;

use serde::Serialize;

use crate::cli::Args;
use crate::measure::Crowd;
use crate::show::Show;
use crate::trouble::Trouble;

/// How late a request may begin and still go to a canary that is gone, before we call it a failure. The
/// filter notes the time first and tells the other workers then; on a machine with fewer cores than workers,
/// a thread may lose its core between the two.
const GRACE_MS: f64 = 50.0;

/// What an act came to.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "act", rename_all = "snake_case")]
pub enum Outcome {
    /// The first.
    Stopped(Stopped),
    /// The second.
    Promoted(Promoted),
    /// The third.
    Killed(Killed),
}

/// Plays one act, counted from 1.
pub async fn play(show: &mut Show, act: u8, args: &Args) -> Result<Outcome, Trouble> {
    Ok(match act {
        1 => Outcome::Stopped(stopped::play(show, args).await?),
        2 => Outcome::Promoted(promoted::play(show, args).await?),
        _ => Outcome::Killed(killed::play(show).await?),
    })
}

impl Outcome {
    /// What should have been otherwise.
    pub fn shortfalls(&self) -> Vec<String> {
        match self {
            Self::Stopped(act) => act.shortfalls(),
            Self::Promoted(act) => act.shortfalls(),
            Self::Killed(act) => act.shortfalls(),
        }
    }
}

impl Crowd {
    /// What must not happen in any act.
    fn shortfalls(&self) -> Vec<String> {
        let mut short = Vec::new();
        if self.stickiness_violations > 0 {
            short.push(format!("{} users were sent back and forth", self.stickiness_violations));
        }
        if self.baseline_failures > 0 {
            short.push(format!("{} requests failed at the baseline", self.baseline_failures));
        }
        short
    }
}
