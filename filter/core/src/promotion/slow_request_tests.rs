//! Is the canary's tail worse than the baseline's of the same moment?
//!
//! "Slower than the gate's limit" is an event like a failure, so the guard's test answers it: a slow
//! request belongs to the canary with a probability that follows from its share. Slow minutes that both
//! arms share cancel out, which two intervals over the whole stage do not see. There is no hurry as with
//! failures, so the tests are brought up to date on ticks, by whoever evaluates.

use super::state::State;
use crate::codec::{Reader, Stored, Writer};
use crate::cohort::bucket::Weight;
use crate::config::Rollout;
use crate::evidence::Arms;
use crate::gate::Gate;
use crate::guard::{Counters, GuardPolicy, GuardState, StageBaseline};

/// The tests of all latency gates. The evidence goes on from stage to stage, as the guard's does.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SlowRequestTests {
    /// The stage entry up to which they go.
    entry: u64,
    tests: Vec<SlowRequestTest>,
}

#[derive(Clone, Debug, Default, PartialEq)]
struct SlowRequestTest {
    gate: u32,
    evidence: GuardState,
    ln_e: f64,
    /// Whether as many canary requests were slow in the stage as the guard wants failures.
    enough: bool,
}

impl SlowRequestTests {
    /// Takes in what the stage has `seen` since the last call; whether there was anything.
    pub fn observe(&mut self, rollout: &Rollout, state: &State, seen: &Arms) -> bool {
        if state.weight == Weight::MAX {
            return false;
        }
        if state.entry != self.entry {
            self.entry = state.entry;
            // The stage's counts begin at nothing again.
            self.tests.iter_mut().for_each(SlowRequestTest::reopen);
        }
        let baseline =
            StageBaseline { weight: state.weight, began: Counters::default(), absolute: None };
        let mut news = false;
        for gate in &rollout.gates {
            news |= self.take(rollout, gate, &baseline, seen);
        }
        news
    }

    fn take(
        &mut self,
        rollout: &Rollout,
        gate: &Gate,
        baseline: &StageBaseline,
        seen: &Arms,
    ) -> bool {
        let Some(limit) = gate.kind().edge() else { return false };
        let slow = seen.map(|tally| tally.latency.slower_than(limit, &rollout.layout.edges));
        let assigned = seen.map(|tally| tally.latency.total());
        let counters = Counters { assigned, failed: slow, episodes: slow };
        let Some(test) = self.of(gate.fingerprint()) else { return false };
        if test.evidence.has_seen(&counters) {
            return false;
        }
        let policy = GuardPolicy { alpha: rollout.levels.rollback_in_all, ..rollout.guard };
        let finding = policy.judge(&mut test.evidence, baseline, &counters);
        test.ln_e = finding.ln_e;
        test.enough = finding.seen.episodes.canary >= policy.min_errors;
        true
    }

    /// The test of a gate; a new one where there is none.
    fn of(&mut self, gate: u32) -> Option<&mut SlowRequestTest> {
        if self.tests.iter().all(|test| test.gate != gate) {
            self.tests.push(SlowRequestTest { gate, ..SlowRequestTest::default() });
        }
        self.tests.iter_mut().find(|test| test.gate == gate)
    }

    /// Whether the evidence is in that the canary is slower than tolerated.
    pub(super) fn is_slower(&self, rollout: &Rollout, gate: &Gate) -> bool {
        let levels = &rollout.levels;
        let alpha = if gate.rolls_back() { levels.rollback_in_all } else { levels.promote };
        let gate = gate.fingerprint();
        let test = self.tests.iter().find(|test| test.gate == gate);
        test.is_some_and(|test| test.enough && test.ln_e >= libm::log(1.0 / alpha))
    }
}

impl Stored for SlowRequestTests {
    const FORMAT: u8 = 3;
    type Context = ();

    fn encode(&self, (): &()) -> Vec<u8> {
        let mut w = Writer::new(Self::FORMAT);
        w.number(self.entry);
        for test in &self.tests {
            w.list(&[u64::from(test.gate), u64::from(test.enough)]);
            w.float(test.ln_e);
            test.evidence.write(&mut w);
        }
        w.finish()
    }

    fn decode(bytes: &[u8], (): &()) -> Option<Self> {
        let mut r = Reader::new(bytes, Self::FORMAT)?;
        let (entry, mut tests) = (r.number()?, Vec::new());
        while !r.is_at_end() {
            let [gate, enough] = r.list()?.try_into().ok()?;
            let (gate, enough) = (u32::try_from(gate).ok()?, enough == 1);
            let ln_e = r.float().filter(|x| !x.is_nan())?;
            tests.push(SlowRequestTest { gate, enough, ln_e, evidence: GuardState::read(&mut r)? });
        }
        Some(Self { entry, tests })
    }
}

impl SlowRequestTest {
    fn reopen(&mut self) {
        self.evidence.reopen_at(Counters::default());
        self.enough = false;
    }
}
