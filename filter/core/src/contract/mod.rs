//! Every name that leaves the process, once: what dashboards, alerts, logs and other tools hold on to.
//!
//! The filter writes these names, and every reader (`serinus explain`, the reports, the demo, the tests) takes
//! them from here, so a reader never finds a thing by how a text begins. A change here is a change for users:
//! `tests/tests/contract.rs` pins the values, and finds a name that is typed again elsewhere.
//!
//! | module | what it names |
//! |---|---|
//! | [`words`] | the values of labels and of fields in records |
//! | [`metric`] | the metrics: name, kind, labels, unit, help text |
//! | [`series`] | one metric with values for its labels, written and parsed |
//! | [`gate`] | the labels of gates |
//! | [`key`] | the keys in shared data |
//! | [`log`] | what lines in Envoy's log begin with |
//! | [`route`] | the header that carries the arm to the route table |

pub mod gate;
pub mod key;
pub mod log;
pub mod metric;
pub mod route;
pub mod series;
pub mod words;

pub use gate::GateLabel;
pub use key::Key;
pub use metric::{Kind, Label, MetricName};
pub use series::Series;
pub use words::{Cohort, Metric, Outcome, PolicyFailure, RolloutState, Severity, Verdict};
