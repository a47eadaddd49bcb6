//! The metrics, as Prometheus shows them.

use super::words::words;
use serde::{Deserialize, Serialize};

words! {
    /// The name of a metric.
    MetricName {
        /// Requests that ended.
        Requests = "serinus_requests_total",
        /// How long answered requests took.
        RequestDuration = "serinus_request_duration_milliseconds",
        /// Requests that were given an arm by chance.
        Assigned = "serinus_assigned_total",
        /// Failures that the guard goes by.
        FailureEpisodes = "serinus_failure_episodes_total",
        /// Business events.
        Events = "serinus_events_total",
        /// Decisions.
        Decisions = "serinus_decisions_total",
        /// The canary's weight.
        CanaryWeight = "serinus_canary_weight",
        /// The stage.
        Stage = "serinus_stage",
        /// The state of the rollout.
        State = "serinus_state",
        /// The revision of the state.
        Revision = "serinus_revision",
        /// Configurations that were refused.
        ConfigErrors = "serinus_config_errors_total",
        /// Evaluations of a policy that gave no decision.
        PolicyFailures = "serinus_policy_failures_total",
    }
}

words! {
    /// The name of a metric's label.
    Label {
        /// The name of the rollout; of a refused configuration, the plugin's.
        Rollout = "rollout",
        /// What the request counts as.
        Cohort = "cohort",
        /// How the request ended.
        Outcome = "outcome",
        /// What was decided.
        Verdict = "verdict",
        /// The business event.
        Event = "event",
        /// What the policy did in place of deciding.
        Kind = "kind",
    }
}

words! {
    /// What sort of number a metric is.
    Kind {
        /// A count that only grows.
        Counter = "counter",
        /// A number that goes up and down.
        Gauge = "gauge",
        /// A distribution.
        Histogram = "histogram",
    }
}

impl MetricName {
    /// The labels, in the order in which they stand in the name that the proxy is given.
    pub const fn labels(self) -> &'static [Label] {
        match self {
            Self::Requests => &[Label::Rollout, Label::Cohort, Label::Outcome],
            Self::RequestDuration | Self::Assigned | Self::FailureEpisodes => {
                &[Label::Rollout, Label::Cohort]
            }
            Self::Events => &[Label::Rollout, Label::Cohort, Label::Event],
            Self::Decisions => &[Label::Rollout, Label::Verdict],
            Self::PolicyFailures => &[Label::Rollout, Label::Kind],
            Self::CanaryWeight
            | Self::Stage
            | Self::State
            | Self::Revision
            | Self::ConfigErrors => &[Label::Rollout],
        }
    }

    /// What sort of number it is.
    pub const fn kind(self) -> Kind {
        match self {
            Self::RequestDuration => Kind::Histogram,
            Self::CanaryWeight | Self::Stage | Self::State | Self::Revision => Kind::Gauge,
            _ => Kind::Counter,
        }
    }

    /// What one of it is.
    pub const fn unit(self) -> &'static str {
        match self {
            Self::Requests | Self::Assigned => "request",
            Self::RequestDuration => "millisecond",
            Self::FailureEpisodes => "episode",
            Self::Events => "event",
            Self::Decisions => "decision",
            Self::CanaryWeight => "1/100000 of the units",
            Self::Stage => "stage, from 0",
            Self::State => "code",
            Self::Revision => "change of the state",
            Self::ConfigErrors => "configuration",
            Self::PolicyFailures => "evaluation",
        }
    }

    /// What it says. The filter never uses this text, so it is not in the filter's module.
    pub const fn help(self) -> &'static str {
        match self {
            Self::Requests => "Requests that ended.",
            Self::RequestDuration => "How long answered requests took.",
            Self::Assigned => "Requests that were given an arm by chance.",
            Self::FailureEpisodes => {
                "Failures that the guard goes by: if the same unit fails several times in a row, that counts once."
            }
            Self::Events => "Responses that showed a business event.",
            Self::Decisions => "Decisions on the rollout.",
            Self::CanaryWeight => {
                "The canary's weight in force. It is 0 after a rollback and while the rollout is killed."
            }
            Self::Stage => "The stage that the rollout is in.",
            Self::State => "0 progressing, 1 holding, 2 promoted, 3 rolled back, 4 killed.",
            Self::Revision => {
                "How often the state has changed; a worker whose copy has a smaller number reads the state anew."
            }
            Self::ConfigErrors => {
                "Configurations that the filter refused; the label `rollout` holds the name of the plugin."
            }
            Self::PolicyFailures => "Evaluations of the rollout's policy that gave no decision.",
        }
    }
}

/// All metrics as a table in Markdown.
pub fn table() -> String {
    let head = "| metric | kind | labels | unit | what it says |\n|---|---|---|---|---|\n";
    let row = |metric: MetricName| {
        let labels: Vec<String> =
            metric.labels().iter().map(|label| format!("`{}`", label.as_str())).collect();
        format!(
            "| `{}` | {} | {} | {} | {} |\n",
            metric.as_str(),
            metric.kind().as_str(),
            labels.join(", "),
            metric.unit(),
            metric.help()
        )
    };
    MetricName::ALL.into_iter().map(row).fold(head.to_owned(), |table, row| table + &row)
}
