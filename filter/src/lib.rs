//! The Envoy filter: a thin edge around the engine of `serinus-core`.
//!
//! | file | one idea |
//! |---|---|
//! | `abi` | what Envoy calls: contexts come, are told, and go |
//! | `root` | a plugin's life: configuration, ticks, new streams |
//! | `plugin` | a plugin under one configuration: its rollouts, the headers that they route by |
//! | `registry` | the rollouts of this VM, and which one took the place of which |
//! | `http` | one request: route it, watch how it ends |
//! | `live` | one rollout at work: its engine, and what is Envoy's about it |
//! | `adviser` | the operator's policy: compile it, ask it |
//! | `meters` | Envoy's metrics, by name and by id |
//! | `store` | shared data: compare-and-swap |
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
mod host;
mod http;
mod live;
mod meters;
mod plugin;
mod registry;
mod request;
mod root;
mod store;
