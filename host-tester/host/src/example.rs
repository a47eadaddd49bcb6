//! A small filter to try the host with, and a proxy around it: the examples of this documentation run them.
//!
//! The filter marks every request with `x-cohort: canary`. It counts requests in `hits`, samples the number of their
//! headers in `sizes`, logs `hello`, and keeps `hello` in shared data under `seen`. A request with the header `x-crash`
//! kills its VM; one with the header `x-ask` waits for an answer of the cluster `authz`. A configuration that begins
//! with `b` is refused.

use crate::engine::{Engine, EngineError, EngineOptions};
use crate::filter::{Filter, LoadError};
use crate::proxy::{Builder, Plugin, Proxy};
use crate::upstream::{Behaviour, Cluster, Route};
use thiserror::Error;

/// The example filter, as a file of its own would hold it.
///
/// ```
/// use serinus_host::{example, lint};
///
/// let report = lint::lint(example::FILTER, lint::Versions::KNOWN);
/// assert!(report.findings.iter().all(|finding| finding.severity != lint::Severity::Error));
/// ```
pub const FILTER: &[u8] = include_bytes!("example.wasm");

/// The example filter, as WebAssembly text: [`FILTER`] is made of it.
///
/// ```
/// use serinus_host::example;
///
/// assert_eq!(wat::parse_str(example::FILTER_TEXT)?, example::FILTER);
/// # Ok::<(), wat::Error>(())
/// ```
pub const FILTER_TEXT: &str = include_str!("example.wat");

/// The example filter cannot be compiled on this machine.
///
/// ```
/// use serinus_host::example::{self, ExampleError};
///
/// let filter: Result<_, ExampleError> = example::filter();
/// assert!(filter.is_ok());
/// ```
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ExampleError {
    /// The runtime cannot be set up.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The runtime does not take the module.
    #[error(transparent)]
    Load(#[from] LoadError),
}

/// The example filter, compiled on an engine of its own.
///
/// # Errors
/// If this machine cannot run WebAssembly.
///
/// ```
/// use serinus_host::example;
/// use serinus_host::proxy::{Plugin, Proxy, Request};
///
/// let mut proxy = Proxy::builder().plugin(Plugin::new(&example::filter()?)).start()?;
/// proxy.send(Request::get("/"));
/// assert_eq!(proxy.metric("hits"), Some(1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn filter() -> Result<Filter, ExampleError> {
    let engine = Engine::new(&EngineOptions::default())?;
    Ok(Filter::compile(&engine, FILTER)?)
}

/// A proxy with the example filter, named `mine`, before the cluster `up`, which answers `hello`.
///
/// # Errors
/// If this machine cannot run WebAssembly.
///
/// ```
/// use serinus_host::example;
/// use serinus_host::proxy::Request;
///
/// let mut proxy = example::builder()?.workers(2).start()?;
/// let exchange = proxy.send(Request::get("/")).ok_or("no answer")?;
/// assert_eq!((exchange.status(), exchange.asked()), (Some(200), Some("up")));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn builder() -> Result<Builder, ExampleError> {
    Ok(Proxy::builder()
        .plugin(Plugin::new(&filter()?).name("mine"))
        .route(Route::to("up"))
        .cluster("up", Cluster::new(Behaviour::body("hello"))))
}
