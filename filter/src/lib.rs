//! The Envoy filter: a thin edge around `serinus-core`.
//!
//! | file | one idea |
//! |---|---|
//! | `root` | a plugin's life: configuration, ticks, new streams |
//! | `http` | one request: route it, watch how it ends |
//! | `trial` | one rollout at work: decide, count, judge |
//! | `evaluate` | the tick: merge evidence, take the lease, promote |
//! | `meters` | Envoy's metrics, by name and by id |
//! | `store` | shared data: keys, compare-and-swap |
//! | `request` | what a request shows, by host calls |
//! | `host` | the host calls themselves; the only `unsafe` |
//!
//! The lifecycle callbacks come from the Proxy-Wasm SDK. Its host calls do not: they panic on a
//! status that they do not expect, and a panic here is a worker of Envoy that answers 503.

#![allow(
    missing_docs,
    reason = "the only public item is the entry point, which the SDK's macro makes"
)]

mod evaluate;
mod host;
mod http;
mod meters;
mod request;
mod root;
mod store;
mod trial;

proxy_wasm::main! {{
    // Also makes a panic, should there ever be one, leave its message in Envoy's log.
    proxy_wasm::set_log_level(proxy_wasm::types::LogLevel::Info);
    proxy_wasm::set_root_context(|_| Box::new(root::Root::default()));
}}
