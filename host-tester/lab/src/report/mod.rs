//! A run as one HTML page that a person would rather look at than at the terminal.
//!
//! [`Report`] is plain data: whoever ran something fills it, [`render`] draws it. The page is one file
//! without any network: the charts are SVG drawn here, not by a script, so they are also there in a mail,
//! in print, and where scripts are off. The script only adds a crosshair.
//!
//! Whatever a report says is hostile (names come from files, log lines from guests, numbers from both):
//! text is escaped where it is written, a number that is none leaves a gap, and a page stays small however
//! many samples there are. A content security policy is the second lock.

mod chart;
mod draw;
mod html;
mod model;
mod page;
mod part;
mod power;
mod traffic;

pub use model::{
    Evidence, Expectation, Latency, LogLevel, LogLine, Metric, Report, Rollout, Sample, State,
    Totals,
};
pub use page::{render, render_all};
pub use power::{Curve, Point, Power, Table, render_power};
pub use traffic::{ClusterTraffic, StatusClass, Traffic};
