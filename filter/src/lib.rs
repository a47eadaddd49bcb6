//! The Envoy filter: a thin edge around `serinus-core`.
//!
//! | file | one idea |
//! |---|---|
//! | `abi` | what Envoy calls: contexts come, are told, and go |
//! | `root` | a plugin's life: configuration, ticks, new streams |
//! | `http` | one request: route it, watch how it ends |
//! | `trial` | one rollout at work: decide, count, judge |
//! | `evaluate` | the tick: merge evidence, take the lease, promote |
//! | `adviser` | the operator's policy: compile it, ask it |
//! | `meters` | Envoy's metrics, by name and by id |
//! | `store` | shared data: keys, compare-and-swap |
//! | `request` | what a request shows, by host calls |
//! | `host` | what we call: the host calls themselves |
//!
//! `abi` and `host` are the two sides of the ABI and hold all `unsafe`.

mod abi;
#[cfg(feature = "policies")]
mod adviser;
#[cfg(not(feature = "policies"))]
#[path = "adviser/nobody.rs"]
mod adviser;
mod evaluate;
mod host;
mod http;
mod meters;
mod request;
mod root;
mod store;
mod trial;
