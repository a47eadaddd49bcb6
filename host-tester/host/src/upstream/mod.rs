//! Simulated upstreams: clusters that answer, late, badly or not at all, and the routes to them.

mod behaviour;
mod latency;
mod route;

pub use behaviour::{Answer, Behaviour, Cluster, Kind};
pub use latency::Latency;
pub use route::{Direct, Retry, Route, RouteAction};
