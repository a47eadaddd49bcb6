//! Envoy's metrics, by name and by id.
//!
//! Ids belong to a VM, values to the process. So a counter is at once what Prometheus shows and
//! what the guard of every worker judges by, and it survives the VM that counted.
//!
//! The names are those of [`serinus_core::contract`].

use crate::host::{self, Level, Metric};
use serinus_core::arm::{Arm, PerArm};
use serinus_core::config::Rollout;
#[cfg(feature = "policies")]
use serinus_core::contract::PolicyFailure;
use serinus_core::contract::{Cohort, Kind, MetricName, Outcome, Series, Verdict};
use serinus_core::engine::{Gauges, Meters};
use serinus_core::guard::Counters;
use serinus_core::record::Record;

/// A metric that is defined; a refused one swallows what it is given.
#[derive(Clone, Copy)]
pub struct Meter(Option<u32>);

impl Meter {
    fn define(series: &Series<'_>) -> Self {
        let kind = match series.metric().kind() {
            Kind::Counter => Metric::Counter,
            Kind::Gauge => Metric::Gauge,
            Kind::Histogram => Metric::Histogram,
        };
        Self(host::define_metric(kind, &series.raw_name()))
    }

    /// How often the rollout's policy failed in this way.
    #[cfg(feature = "policies")]
    pub fn policy_failures(rollout: &str, kind: PolicyFailure) -> Self {
        Self::define(&Series::policy_failures(rollout, kind))
    }

    /// One more.
    pub fn increment(self) {
        if let Some(id) = self.0 {
            host::increment_metric(id, 1);
        }
    }

    /// Sets a gauge, or adds a value to a histogram.
    pub fn record(self, value: u64) {
        if let Some(id) = self.0 {
            host::record_metric(id, value);
        }
    }

    /// The value over all workers.
    pub fn value(self) -> u64 {
        self.0.map_or(0, host::metric)
    }
}

/// The counters of one cohort.
#[derive(Clone, Copy)]
struct CohortMeters {
    outcomes: [Meter; Outcome::ALL.len()],
    duration: Meter,
}

impl CohortMeters {
    fn define(rollout: &str, cohort: Cohort) -> Self {
        let requests = |outcome| Meter::define(&Series::requests(rollout, cohort, outcome));
        Self {
            outcomes: Outcome::ALL.map(requests),
            duration: Meter::define(&Series::request_duration(rollout, cohort)),
        }
    }
}

/// Every metric of one rollout.
pub struct EnvoyMeters {
    cohorts: [CohortMeters; Cohort::ALL.len()],
    assigned: PerArm<Meter>,
    episodes: PerArm<Meter>,
    decisions: [Meter; Verdict::ALL.len()],
    events: Vec<PerArm<Meter>>,
    weight: Meter,
    stage: Meter,
    state: Meter,
    revision: Meter,
}

impl EnvoyMeters {
    /// Defines the metrics of a rollout and of its business events.
    pub fn define(rollout: &Rollout) -> Self {
        let events = rollout.events.iter().map(|event| event.name.as_str());
        let rollout = rollout.name.as_str();
        let gauge = |metric| Meter::define(&Series::of_rollout(metric, rollout));
        let assigned = |arm| Meter::define(&Series::assigned(rollout, arm));
        let episodes = |arm| Meter::define(&Series::failure_episodes(rollout, arm));
        let event = |name| of_arms(|arm| Meter::define(&Series::events(rollout, arm, name)));
        Self {
            cohorts: Cohort::ALL.map(|cohort| CohortMeters::define(rollout, cohort)),
            assigned: of_arms(assigned),
            episodes: of_arms(episodes),
            decisions: Verdict::ALL
                .map(|verdict| Meter::define(&Series::decisions(rollout, verdict))),
            events: events.map(event).collect(),
            weight: gauge(MetricName::CanaryWeight),
            stage: gauge(MetricName::Stage),
            state: gauge(MetricName::State),
            revision: gauge(MetricName::Revision),
        }
    }

    fn cohort(&self, label: Cohort) -> &CohortMeters {
        let [baseline, canary, forced, outside] = &self.cohorts;
        match label {
            Cohort::Arm(Arm::Baseline) => baseline,
            Cohort::Arm(Arm::Canary) => canary,
            Cohort::Forced => forced,
            Cohort::Outside => outside,
        }
    }

    /// Records how long an answered request took.
    pub fn took(&self, label: Cohort, micros: u64) {
        self.cohort(label).duration.record(micros / 1000);
    }

    /// Counts a business event.
    pub fn event(&self, index: usize, arm: Arm) {
        if let Some(meters) = self.events.get(index) {
            meters.get(arm).increment();
        }
    }
}

impl Meters for EnvoyMeters {
    fn assigned(&self, arm: Arm) {
        self.assigned.get(arm).increment();
    }

    fn assigned_so_far(&self) -> PerArm<u64> {
        self.assigned.map(|meter| meter.value())
    }

    fn began_episode(&self, arm: Arm) {
        self.episodes.get(arm).increment();
    }

    fn ended(&self, label: Cohort, outcome: Outcome) {
        if let Some(meter) = self.cohort(label).outcomes.get(outcome.index()) {
            meter.increment();
        }
    }

    fn counters(&self) -> Counters {
        let failed = |arm| {
            let [_, failure, _] = self.cohort(Cohort::Arm(arm)).outcomes;
            failure.value()
        };
        Counters {
            assigned: self.assigned_so_far(),
            failed: PerArm { baseline: failed(Arm::Baseline), canary: failed(Arm::Canary) },
            episodes: self.episodes.map(|meter| meter.value()),
        }
    }

    fn revision(&self) -> u64 {
        self.revision.value()
    }

    fn show(&self, gauges: Gauges) {
        self.state.record(gauges.state.code());
        self.weight.record(gauges.weight);
        self.stage.record(gauges.stage);
        self.revision.record(gauges.revision);
    }

    fn decided(&self, record: &Record) {
        let [promote, hold, rollback] = self.decisions;
        let (meter, level) = match record.verdict {
            Verdict::Promote => (promote, Level::Info),
            Verdict::Hold => (hold, Level::Info),
            Verdict::Rollback => (rollback, Level::Warn),
        };
        meter.increment();
        host::log(level, &record.line());
    }
}

/// A meter for each arm.
fn of_arms(meter: impl Fn(Arm) -> Meter) -> PerArm<Meter> {
    PerArm { baseline: meter(Arm::Baseline), canary: meter(Arm::Canary) }
}

/// Counts a configuration that was refused.
pub fn config_error(plugin: &str) {
    Meter::define(&Series::config_errors(plugin)).increment();
}
