//! A finding as a person reads it: the evidence itself, not its logarithm.

use crate::arm::PerArm;
use crate::guard::{Counters, Finding};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

#[derive(Serialize, Deserialize)]
struct Shown {
    e_value: f64,
    threshold: f64,
    canary_share: f64,
    requests: PerArm<u64>,
    failures: PerArm<u64>,
    /// Those that the evidence goes by: of one user's in a row, one. Older records have only failures.
    episodes: Option<PerArm<u64>>,
}

pub(super) fn serialize<S: Serializer>(finding: &Finding, s: S) -> Result<S::Ok, S::Error> {
    // Beyond this the number says nothing, and infinity is not JSON.
    let e_value = libm::exp(finding.ln_e.min(230.0));
    let threshold = libm::round(libm::exp(finding.threshold) * 1e6) / 1e6;
    let Counters { assigned, failed, episodes } = finding.seen;
    Shown {
        e_value,
        threshold,
        canary_share: finding.share,
        requests: assigned,
        failures: failed,
        episodes: Some(episodes),
    }
    .serialize(s)
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Finding, D::Error> {
    let shown = Shown::deserialize(d)?;
    Ok(Finding {
        ln_e: libm::log(shown.e_value),
        threshold: libm::log(shown.threshold),
        seen: Counters {
            assigned: shown.requests,
            failed: shown.failures,
            episodes: shown.episodes.unwrap_or(shown.failures),
        },
        share: shown.canary_share,
        breached: true,
    })
}
