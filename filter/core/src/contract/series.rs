//! One metric with values for its labels.
//!
//! The ABI has no labels: they stand in the name as Istio writes them, `key=.=value;.;`, and the `stats_tags`
//! that ship with Serinus turn them back into labels.

use super::metric::{Label, MetricName};
use super::words::{Cohort, Outcome, PolicyFailure, Verdict};
use crate::arm::Arm;

/// What stands between the name of a label and its value.
pub const ASSIGNS: &str = "=.=";

/// What ends the value of a label.
pub const ENDS: &str = ";.;";

/// What Envoy puts before the name of everything that a plugin defines.
pub const ENVOY_SCOPE: &str = "wasmcustom.";

/// The most labels that a metric has.
const MOST: usize = 3;

/// A metric with values for its labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Series<'a> {
    metric: MetricName,
    /// One value for each label, in the order of the labels; what is beyond them is not used.
    values: [&'a str; MOST],
}

impl<'a> Series<'a> {
    /// A metric that has no label but the rollout.
    pub const fn of_rollout(metric: MetricName, rollout: &'a str) -> Self {
        Self { metric, values: [rollout, "", ""] }
    }

    /// Requests that ended so.
    pub const fn requests(rollout: &'a str, cohort: Cohort, outcome: Outcome) -> Self {
        let values = [rollout, cohort.as_str(), outcome.as_str()];
        Self { metric: MetricName::Requests, values }
    }

    /// How long answered requests took.
    pub const fn request_duration(rollout: &'a str, cohort: Cohort) -> Self {
        Self { metric: MetricName::RequestDuration, values: [rollout, cohort.as_str(), ""] }
    }

    /// Requests that were given this arm.
    pub const fn assigned(rollout: &'a str, arm: Arm) -> Self {
        Self { metric: MetricName::Assigned, values: [rollout, arm.as_str(), ""] }
    }

    /// Failures at this arm that began an episode.
    pub const fn failure_episodes(rollout: &'a str, arm: Arm) -> Self {
        Self { metric: MetricName::FailureEpisodes, values: [rollout, arm.as_str(), ""] }
    }

    /// Responses of this arm that showed the event.
    pub const fn events(rollout: &'a str, arm: Arm, event: &'a str) -> Self {
        Self { metric: MetricName::Events, values: [rollout, arm.as_str(), event] }
    }

    /// Decisions for this verdict.
    pub const fn decisions(rollout: &'a str, verdict: Verdict) -> Self {
        Self { metric: MetricName::Decisions, values: [rollout, verdict.as_str(), ""] }
    }

    /// Evaluations of the policy that failed in this way.
    pub const fn policy_failures(rollout: &'a str, kind: PolicyFailure) -> Self {
        Self { metric: MetricName::PolicyFailures, values: [rollout, kind.as_str(), ""] }
    }

    /// The configurations of this plugin that were refused.
    pub const fn config_errors(plugin: &'a str) -> Self {
        Self::of_rollout(MetricName::ConfigErrors, plugin)
    }

    /// The metric.
    pub const fn metric(&self) -> MetricName {
        self.metric
    }

    /// The labels with their values.
    pub fn labels(&self) -> impl Iterator<Item = (Label, &'a str)> {
        self.metric.labels().iter().copied().zip(self.values)
    }

    /// The name under which the filter defines it: its labels, then the metric's name.
    pub fn raw_name(&self) -> String {
        let mut name = String::new();
        for (label, value) in self.labels() {
            [label.as_str(), ASSIGNS, value, ENDS].into_iter().for_each(|part| name.push_str(part));
        }
        name + self.metric.as_str()
    }
}

/// A metric's name, and its labels with their values.
pub type Parsed<'a> = (&'a str, Vec<(&'a str, &'a str)>);

/// The parts of a name that a plugin defined: `cohort=.=canary;.;serinus_requests_total`, with or without
/// [`ENVOY_SCOPE`] before it.
pub fn parse(raw: &str) -> Parsed<'_> {
    let mut labels = Vec::new();
    let mut rest = without_scope(raw);
    while let Some((label, tail)) = rest.split_once(ENDS) {
        let Some(label) = label.split_once(ASSIGNS) else { break };
        labels.push(label);
        rest = tail;
    }
    (rest, labels)
}

/// A name without what Envoy puts before it.
pub fn without_scope(raw: &str) -> &str {
    raw.strip_prefix(ENVOY_SCOPE).unwrap_or(raw)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_parsed_with_and_without_envoys_scope() {
        let series = Series::requests("shop", Cohort::Forced, Outcome::ClientGone);
        let raw = series.raw_name();
        assert_eq!(
            raw,
            "rollout=.=shop;.;cohort=.=forced;.;outcome=.=client_gone;.;serinus_requests_total"
        );
        let labels = vec![("rollout", "shop"), ("cohort", "forced"), ("outcome", "client_gone")];
        let parsed = (series.metric().as_str(), labels);
        assert_eq!(parse(&raw), parsed);
        assert_eq!(parse(&format!("{ENVOY_SCOPE}{raw}")), parsed);
    }

    #[test]
    fn a_name_of_another_filter_has_the_labels_that_can_be_read() {
        assert_eq!(parse("requests"), ("requests", vec![]));
        assert_eq!(parse("a=.=1;.;odd;.;n"), ("odd;.;n", vec![("a", "1")]));
        assert_eq!(parse("a=.=1;.;"), ("", vec![("a", "1")]));
    }

    #[test]
    fn no_metric_has_more_labels_than_a_series_has_values() {
        for metric in MetricName::ALL {
            assert!(metric.labels().len() <= MOST, "{metric:?}");
            assert_eq!(metric.labels().first(), Some(&Label::Rollout), "{metric:?}");
        }
    }
}
