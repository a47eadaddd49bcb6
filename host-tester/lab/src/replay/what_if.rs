//! How a logged request ends when it is sent again.

use super::entry::Ending;
use serinus_host::upstream::{Answer, Behaviour, Kind, Latency};
use std::time::Duration;

/// The client left.
const CLIENT: &[&str] = &["DC", "DPE", "DR"];
/// No connection to an upstream.
const CONNECT: &[&str] = &["UF", "UO", "DF"];
/// No upstream to connect to.
const NO_HOST: &[&str] = &["UH", "NC"];
/// The exchange broke off.
const RESET: &[&str] = &["UC", "UR", "LR", "UPE"];
/// It took too long.
const TIMEOUT: &[&str] = &["UT", "SI", "UMSDR", "DT"];

/// What is assumed of the canary, where it differs from the log.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Canary {
    /// The share of its requests that fail beside those that failed in the log.
    pub errors: f64,
    /// How its latency differs.
    pub latency: Slower,
}

/// How a latency differs.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Slower {
    /// Not at all.
    #[default]
    Same,
    /// So many times as long.
    Times(f64),
    /// So much longer.
    By(Duration),
}

impl Slower {
    fn apply(self, took: Duration) -> Duration {
        match self {
            Self::Same => took,
            Self::Times(factor) => {
                Duration::from_secs_f64((took.as_secs_f64() * factor).min(3600.0))
            }
            Self::By(more) => took.saturating_add(more),
        }
    }
}

impl Canary {
    /// How the canary ends a request that ended so in the log.
    pub fn ends(&self, logged: &Ending, random: &mut fastrand::Rng) -> Behaviour {
        let took = self.latency.apply(logged.took);
        let fails = self.errors > 0.0 && random.f64() < self.errors;
        match fails {
            true => Behaviour::status(503).latency(Latency::Fixed(took)),
            false => behaviour(&Ending { took, ..logged.clone() }),
        }
    }
}

/// What an upstream does so that a request ends like this.
pub fn behaviour(logged: &Ending) -> Behaviour {
    let failed = logged.status.is_some_and(|status| status >= 500);
    let broken = || match logged.status {
        // An answer had begun.
        Some(status) if status < 500 => Kind::ResetAfterHeaders(Answer::status(status)),
        _ => Kind::Reset,
    };
    let kind = if leaves(logged).is_some() {
        Kind::Hang
    } else if logged.has(NO_HOST) {
        Kind::NoHost
    } else if logged.has(CONNECT) {
        Kind::ConnectFail
    } else if logged.has(RESET) || (logged.has(TIMEOUT) && !failed) {
        broken()
    } else {
        logged.status.map_or(Kind::Reset, |status| Kind::Answer(answer(status, logged.grpc)))
    };
    Behaviour::of(kind).latency(Latency::Fixed(logged.took))
}

/// When the client hangs up, if it did.
pub fn leaves(logged: &Ending) -> Option<Duration> {
    // What the upstream had said by then counts first.
    let failed = logged.status.is_some_and(|status| status >= 500);
    let nothing = logged.status.is_none() && logged.flags.is_empty();
    (nothing || (logged.has(CLIENT) && !failed)).then_some(logged.took)
}

fn answer(status: u16, grpc: Option<u32>) -> Answer {
    let answer = Answer::status(status);
    let Some(code) = grpc else { return answer };
    answer.header("content-type", "application/grpc").trailer("grpc-status", code.to_string())
}

#[cfg(test)]
mod tests;
