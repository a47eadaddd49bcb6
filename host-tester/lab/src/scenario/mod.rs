//! Scenarios: a file says what runs, what the world around it does, and what should come of it.
//!
//! `serinus run` does this from the command line; here it is a test in Rust that runs the same file:
//!
//! ```no_run
//! use serinus_lab::scenario::{Options, Runner, Scenario};
//!
//! let scenario = Scenario::read("tests/who-has-no-token.yaml")?;
//! let options = Options { filter: Some("target/mine.wasm".into()), ..Options::default() };
//! let outcome = Runner::new()?.run(&scenario, &options, &mut ())?;
//! assert!(outcome.passed(), "{:#?}", outcome.results);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! How it is made:
//!
//! ```text
//! YAML or JSON -> tree with places -> checked types -> a run (embedded host, or a real Envoy) -> outcome
//! ```
//!
//! The types say nothing of how a scenario is run, so that the very same file, and the very same judgement of
//! it, serve the embedded host and the tests on a real Envoy.
//!
//! | module | question it answers |
//! |---|---|
//! | `file` | what does a file say, and what is wrong with it? |
//! | `plugin` | what runs? |
//! | `route`, `cluster` | what is around it? |
//! | `traffic`, `step`, `request`, `http`, `properties` | what is done? |
//! | `expectation`, `matcher`, `bounds` | what should come of it? |
//! | `observation`, `judge` | did it? |
//! | `run`, `embedded` | how is it done? |
//! | `outcome`, `report` | how is it told? |
//! | `extension` | what can be plugged in from outside? |
//! | `schema` | how is it told to an editor? |

pub mod bounds;
pub mod cluster;
#[cfg(feature = "runtime")]
mod embedded;
pub mod expectation;
pub mod extension;
mod file;
pub mod http;
pub mod judge;
pub mod matcher;
pub mod observation;
pub mod outcome;
pub mod plugin;
pub mod properties;
pub mod read;
pub mod report;
pub mod request;
pub mod route;
pub mod run;
pub mod schema;
mod sense;
pub mod step;
pub mod traffic;
mod whole;

#[cfg(feature = "runtime")]
pub use embedded::tell_log;
#[cfg(feature = "runtime")]
pub use embedded::{Options, RunError, Runner};
pub use file::{Files, InvalidFile, ScenarioError};
pub use judge::ExpectationResult;
pub use outcome::Outcome;
pub use run::Progress;
pub use whole::Protocol;

use crate::rollout_file::Places;
pub use crate::rollout_file::Source;
use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

/// A scenario that was read and makes sense. What a file can say of one, its schema says ([`schema`]).
///
/// ```
/// use serinus_lab::scenario::{Scenario, Source};
///
/// let scenario = Scenario::parse(Source::new("mine.yaml", "
/// scenario: nothing comes of nothing
/// plugins: [{ name: mine, wasm: mine.wasm }]
/// expect: [{ failures: 0 }]
/// "))?;
/// assert_eq!((scenario.name.as_str(), scenario.workers), ("nothing comes of nothing", 1));
/// # Ok::<(), serinus_lab::scenario::ScenarioError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Its file.
    pub source: Source,
    /// Where everything in the file stands, by paths such as `steps[0].expect.status`.
    pub places: Places,
    /// What it may say beyond its own keys.
    pub extensions: extension::Extensions,
    /// What it shows.
    pub name: String,
    /// More about it.
    pub description: Option<String>,
    /// Why it cannot run on a real Envoy; `None`: it can.
    pub only_host: Option<String>,
    /// What runs, in the order of the chain; names are unique.
    pub plugins: Vec<plugin::PluginSpec>,
    /// What kind of traffic it is.
    pub protocol: Protocol,
    /// How many workers; at least 1.
    pub workers: u32,
    /// Of everything that is drawn.
    pub seed: u64,
    /// The virtual clock at the start.
    pub start: SystemTime,
    /// The chance that a call on shared state is interrupted by another worker's work.
    pub races: read::Share,
    /// Properties that every stream and plugin finds; a real Envoy takes none.
    pub properties: properties::Properties,
    /// The route table; where the file says none, what follows from its clusters. With TCP at most one, to a cluster.
    pub routes: Vec<route::RouteSpec>,
    /// The clusters.
    pub clusters: BTreeMap<String, cluster::Behaviour>,
    /// Open load.
    pub traffic: Vec<traffic::Traffic>,
    /// What is done one after the other.
    pub steps: Vec<step::Step>,
    /// How long it lasts; `None`: until the last step and all traffic are over and every stream ended.
    pub lasts: Option<Duration>,
    /// The plugin that refuses to start.
    pub refused: Option<String>,
    /// What should hold of the whole.
    pub expect: Vec<expectation::Expectation>,
}

impl Scenario {
    /// Where connections go, unless a filter chooses; `None` for HTTP.
    pub fn tcp_cluster(&self) -> Option<&str> {
        let cluster = match self.routes.first().map(|route| &route.target) {
            Some(route::RouteTarget::Cluster(cluster)) => Some(cluster),
            _ => self.clusters.keys().next(),
        };
        cluster.filter(|_| self.protocol == Protocol::Tcp).map(String::as_str)
    }
}
