//! When the whole latency distribution is looked at, and what was seen.
//!
//! The test is one of fixed samples, so every look spends of its error level
//! ([`alpha::at_look`](crate::stats::alpha::at_look)). A look at every tick would spend it in a minute
//! and learn nothing from the second to the next; so the next look is due when there is half as much
//! again to see. A million requests are 22 looks. What was found stands until then.

use crate::arm::PerArm;
use crate::codec::{Reader, Writer};
use crate::config::{Levels, Rollout};
use crate::evidence::Arms;
use crate::gate::{Gate, effect::FIRST};
use crate::record::Judgement;
use crate::stats::alpha::at_look;
use crate::stats::mann_whitney::{Effect, effect};

/// What one gate saw at its last look.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct InterimAnalysis {
    /// Which gate.
    gate: u32,
    /// How many looks there were in this stage.
    pub look: u32,
    /// Latencies in the arms.
    pub requests: PerArm<u64>,
    /// How much slower the canary is.
    pub effect: Effect,
    /// How the gate stands since.
    pub result: Judgement,
}

impl InterimAnalysis {
    /// The level of either end of the interval at this look.
    pub(super) fn alpha(&self, levels: &Levels, gate: &Gate) -> f64 {
        let breached = self.result == Judgement::Breached;
        let alpha = if breached { levels.breach(gate) } else { levels.promote };
        at_look(alpha, self.look)
    }

    fn fewer(&self) -> u64 {
        self.requests.baseline.min(self.requests.canary)
    }
}

/// The last look of every gate that takes some, in the present stage.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InterimAnalyses(Vec<InterimAnalysis>);

impl InterimAnalyses {
    /// What `gate` saw last.
    pub fn of(&self, gate: &Gate) -> Option<&InterimAnalysis> {
        let fingerprint = gate.fingerprint();
        self.0.iter().find(|analysis| analysis.gate == fingerprint)
    }

    /// Takes every look that is due; `None` if none is.
    pub(super) fn take(&self, rollout: &Rollout, seen: &Arms) -> Option<Self> {
        let gates = rollout.gates.iter();
        let due: Vec<InterimAnalysis> =
            gates.filter_map(|gate| self.analyse(gate, &rollout.levels, seen)).collect();
        if due.is_empty() {
            return None;
        }
        let now = |analysis: &&InterimAnalysis| due.iter().all(|new| new.gate != analysis.gate);
        Some(Self(self.0.iter().filter(now).chain(&due).copied().collect()))
    }

    fn analyse(&self, gate: &Gate, levels: &Levels, seen: &Arms) -> Option<InterimAnalysis> {
        let max = gate.kind().max_effect()?;
        let last = self.of(gate);
        let due =
            last.map_or(FIRST, |analysis| analysis.fewer().saturating_add(analysis.fewer() / 2));
        let requests = seen.map(|tally| tally.latency.total());
        if requests.baseline.min(requests.canary) < due {
            return None;
        }
        let effect = effect(seen.canary.latency.counts(), seen.baseline.latency.counts())?;
        let look = last.map_or(1, |analysis| analysis.look.saturating_add(1));
        let result = if effect.p_below(max) <= at_look(levels.promote, look) {
            Judgement::Passed
        } else if effect.p_above(max) <= at_look(levels.breach(gate), look) {
            Judgement::Breached
        } else {
            Judgement::Open
        };
        Some(InterimAnalysis { gate: gate.fingerprint(), look, requests, effect, result })
    }

    pub(super) fn encode(&self, w: &mut Writer) {
        w.number(self.0.len() as u64);
        for analysis in &self.0 {
            let PerArm { baseline, canary } = analysis.requests;
            w.list(&[
                analysis.gate.into(),
                analysis.look.into(),
                baseline,
                canary,
                code(analysis.result),
            ]);
            w.float(analysis.effect.estimate);
            w.float(analysis.effect.error);
        }
    }

    pub(super) fn decode(r: &mut Reader<'_>) -> Option<Self> {
        let gates = r.number()?;
        let mut analyses = Vec::new();
        for _ in 0..gates {
            let [gate, look, baseline, canary, result] = r.list()?.try_into().ok()?;
            analyses.push(InterimAnalysis {
                gate: u32::try_from(gate).ok()?,
                look: u32::try_from(look).ok()?,
                requests: PerArm { baseline, canary },
                result: RESULTS.into_iter().find(|known| code(*known) == result)?,
                effect: Effect { estimate: finite(r)?, error: finite(r)? },
            });
        }
        Some(Self(analyses))
    }
}

const RESULTS: [Judgement; 3] = [Judgement::Passed, Judgement::Open, Judgement::Breached];

fn code(result: Judgement) -> u64 {
    result as u64
}

/// No record may hold what is not JSON.
fn finite(r: &mut Reader<'_>) -> Option<f64> {
    r.float().filter(|x| x.is_finite())
}
