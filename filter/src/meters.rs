//! Envoy's metrics, by name and by id.
//!
//! Ids belong to a VM, values to the process. So a counter is at once what Prometheus shows and
//! what the guard of every worker judges by, and it survives the VM that counted.
//!
//! The ABI has no tags: they stand in the name as Istio writes them, `key=.=value;.;`, and the
//! `stats_tags` that ship with Serinus turn them into labels.

use crate::host::{self, Level, Metric};
use serinus_core::arm::Arm;
use serinus_core::arm::PerArm;
use serinus_core::config::Rollout;
use serinus_core::engine::{Gauges, Label, Meters};
use serinus_core::guard::Counters;
use serinus_core::outcome::Outcome;
#[cfg(feature = "policies")]
use serinus_core::policy::Failure;
use serinus_core::record::{Record, Verdict};

/// A metric that is defined; a refused one swallows what it is given.
#[derive(Clone, Copy)]
pub struct Meter(Option<u32>);

impl Meter {
    fn define(kind: Metric, name: &str, tags: &[(&str, &str)]) -> Self {
        let tags: String = tags.iter().map(|(key, value)| format!("{key}=.={value};.;")).collect();
        Self(host::define_metric(kind, &format!("{tags}{name}")))
    }

    /// How often the rollout's policy failed in this way.
    #[cfg(feature = "policies")]
    pub fn policy_failures(rollout: &str, kind: Failure) -> Self {
        let tags = [("rollout", rollout), ("kind", kind.as_str())];
        Self::define(Metric::Counter, "serinus_policy_failures_total", &tags)
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
    fn define(rollout: &str, label: Label) -> Self {
        let cohort = ("cohort", label.as_str());
        let tags = [("rollout", rollout), cohort];
        let outcome = |outcome: Outcome| {
            let tags = [("rollout", rollout), cohort, ("outcome", outcome.as_str())];
            Meter::define(Metric::Counter, "serinus_requests_total", &tags)
        };
        Self {
            outcomes: Outcome::ALL.map(outcome),
            duration: Meter::define(
                Metric::Histogram,
                "serinus_request_duration_milliseconds",
                &tags,
            ),
        }
    }
}

/// Every metric of one rollout.
pub struct EnvoyMeters {
    cohorts: [CohortMeters; Label::ALL.len()],
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
        let gauge = |name| Meter::define(Metric::Gauge, name, &[("rollout", rollout)]);
        let counter = |name, key, value| {
            Meter::define(Metric::Counter, name, &[("rollout", rollout), (key, value)])
        };
        let arms = |name| PerArm {
            baseline: counter(name, "cohort", "baseline"),
            canary: counter(name, "cohort", "canary"),
        };
        let event = |name: &str| {
            let arm = |cohort| {
                let tags = [("rollout", rollout), ("cohort", cohort), ("event", name)];
                Meter::define(Metric::Counter, "serinus_events_total", &tags)
            };
            PerArm { baseline: arm("baseline"), canary: arm("canary") }
        };
        Self {
            cohorts: Label::ALL.map(|label| CohortMeters::define(rollout, label)),
            assigned: arms("serinus_assigned_total"),
            episodes: arms("serinus_failure_episodes_total"),
            decisions: Verdict::ALL
                .map(|v| counter("serinus_decisions_total", "verdict", v.as_str())),
            events: events.map(event).collect(),
            weight: gauge("serinus_canary_weight"),
            stage: gauge("serinus_stage"),
            state: gauge("serinus_state"),
            revision: gauge("serinus_revision"),
        }
    }

    fn cohort(&self, label: Label) -> &CohortMeters {
        let [baseline, canary, forced, outside] = &self.cohorts;
        match label {
            Label::Arm(Arm::Baseline) => baseline,
            Label::Arm(Arm::Canary) => canary,
            Label::Forced => forced,
            Label::Outside => outside,
        }
    }

    /// Records how long an answered request took.
    pub fn took(&self, label: Label, micros: u64) {
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

    fn ended(&self, label: Label, outcome: Outcome) {
        if let Some(meter) = self.cohort(label).outcomes.get(outcome.index()) {
            meter.increment();
        }
    }

    fn counters(&self) -> Counters {
        let failed = |arm| {
            let [_, failure, _] = self.cohort(Label::Arm(arm)).outcomes;
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
        self.state.record(gauges.state);
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

/// Counts a configuration that was refused.
pub fn config_error(rollout: &str) {
    let tags = [("rollout", rollout)];
    Meter::define(Metric::Counter, "serinus_config_errors_total", &tags).increment();
}
