//! Real Envoys, real upstreams and live traffic, for tests and the demo.
//!
//! A test reads like what it claims:
//!
//! ```no_run
//! # async fn test() -> serinus_rig::Result<()> {
//! use serde_json::json;
//! use serinus_rig::{Behaviour, Envoy, Filter, Load, Upstream, filter_path};
//!
//! let (v1, v2) = (Upstream::start("v1").await?, Upstream::start("v2").await?);
//! let envoy = Envoy::builder()
//!     .workers(2)
//!     .cluster("baseline", &v1)
//!     .cluster("canary", &v2)
//!     .filter(Filter::wasm("serinus").module(filter_path()?).config(json!({})).ecds())
//!     .start()
//!     .await?;
//! let reply = envoy.get("/checkout").header("x-user-id", "u17").send().await?;
//! assert_eq!(reply.upstream(), "v2");
//!
//! v2.behave(Behaviour::status(503));
//! let load = Load::new().rate(400.0).users(10_000).requests(2_000).start(&envoy).finish().await;
//! assert_eq!(load.len(), 2_000);
//! envoy.update_config("serinus", json!({ "kill": true })).await?;
//! # Ok(()) }
//! ```
//!
//! Nothing here waits for a fixed time: what must become true is polled for ([`eventually`]), with a patience that a
//! slow machine does not exhaust. The rig knows nothing of the filter but the names of the headers its traffic carries.

mod clock;
mod error;
mod paths;
mod poll;

pub mod client;
pub mod envoy;
pub mod upstream;

pub use client::load::{Done, Load, Picker, Running, Users};
pub use client::stickiness::{Violation, stickiness_violations};
pub use client::{Call, Client, Open, Reply};
pub use clock::wall_clock;
pub use envoy::access_log::AccessEntry;
pub use envoy::builder::{Builder, Endpoints};
pub use envoy::filter::{FailurePolicy, Filter, Wasm};
pub use envoy::metrics::{Metrics, Sample};
pub use envoy::{Envoy, LogTail};
pub use error::{Error, Result};
pub use paths::{envoy_binary, filter_path, policies_filter_path, workspace_root};
pub use poll::{PATIENCE, eventually};
pub use upstream::{Behaviour, Hit, Upstream};

/// The request header that names the user.
pub const USER_HEADER: &str = "x-user-id";

/// The request header that the default routes match.
pub const COHORT_HEADER: &str = "x-serinus-cohort";

/// The response header in which an upstream says its name.
pub const UPSTREAM_HEADER: &str = "x-upstream";
