//! The tick: merge what was seen, take the lease, move the rollout.

use super::{Adviser, Claimant, Engine, Meters, Present, Store};
use crate::config::Rollout;
use crate::evidence::{Ledger, UnitCounts};
use crate::promotion::{EvaluationInput, PolicyOpinion, SlowRequestTests, State, step};
use std::ops::Deref;

impl<R: Deref<Target = Rollout>, S: Store, M: Meters> Engine<R, S, M> {
    /// What every worker does on its tick: all merge their evidence, and whoever holds the lease evaluates.
    pub fn tick(&mut self, now: u64, claimant: &Claimant, adviser: &impl Adviser) {
        self.flush(now);
        self.refresh(now);
        if claimant.holds(&self.store, &self.keys.lease, now) {
            self.evaluate(now, adviser);
            // Whatever an older configuration may have left in the gauges.
            self.publish(self.state.clone(), now);
        }
    }

    fn evaluate(&mut self, now: u64, adviser: &impl Adviser) {
        let Some(seen) = self.stage_evidence() else { return };
        let StageEvidence { state, ledger, units, slow } = &seen;
        let (counters, opinion) = (self.meters.counters(), PolicyOpinion::default());
        let input = EvaluationInput { now, ledger, units: &units.units, slow, counters, opinion };
        let opinion = self.ask(adviser, state, &input);
        let input = EvaluationInput { opinion: PolicyOpinion::new(opinion.as_ref()), ..input };
        let outcome = step(&self.rollout, state, &input);
        let Some(mut next) = outcome.state.map(|state| Some((state, outcome.record))) else {
            return;
        };
        self.change(now, |_, present| {
            // Another worker was faster: what was decided is about a state that is gone.
            next.take().filter(|(state, _)| state.revision == present.revision.saturating_add(1))
        });
    }

    /// What has been seen in the present stage, the tests of slow requests brought up to date.
    fn stage_evidence(&self) -> Option<StageEvidence> {
        let mut seen = None;
        self.store.update(&self.keys.slow, &(), |stored: &mut Option<SlowRequestTests>| {
            let mut slow = stored.clone().unwrap_or_default();
            // A worker that was stalled here, and has lost the lease, must judge nothing twice. So what was seen is
            // read after the tests that judge it, and is never behind them; and the state last, for a stage is seen
            // only after it has been entered.
            let layout = &self.rollout.layout;
            let ledger: Option<Ledger> = self.store.read(&self.keys.ledger, layout);
            let units: Option<UnitCounts> = self.store.read(&self.keys.units, &());
            let Some(Present::Ours(state)) = self.store.read(&self.keys.state, &()) else {
                return None;
            };
            let mut ledger = ledger.unwrap_or_else(|| Ledger::new(state.entry, layout));
            ledger.enter(state.entry, layout);
            let units = units.filter(|units| units.entry == state.entry);
            let units = units.unwrap_or_else(|| UnitCounts::new(state.entry));
            let news = slow.observe(&self.rollout, &state, &ledger.stage);
            seen = Some(StageEvidence { state, ledger, units, slow: slow.clone() });
            news.then(|| *stored = Some(slow))
        });
        seen
    }
}

/// What an evaluation goes by.
struct StageEvidence {
    state: State,
    ledger: Ledger,
    units: UnitCounts,
    slow: SlowRequestTests,
}
