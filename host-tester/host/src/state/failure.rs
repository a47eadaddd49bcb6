//! How a VM dies.

use thiserror::Error;
use wasmtime::Trap;

/// What killed a VM.
///
/// ```
/// use serinus_host::{example, proxy::*, upstream::*};
/// use serinus_host::process::Limits;
/// use serinus_host::vm::FailureKind;
///
/// // Without fuel, anything is an endless loop.
/// let limits = Limits::default().fuel(0);
/// let error = example::builder()?.limits(limits).start().err().unwrap();
/// let ConfigureError::Died(failure) = error.refused else { unreachable!() };
/// assert_eq!(failure.kind, FailureKind::OutOfFuel { fuel: 0 });
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum FailureKind {
    /// The module trapped: a panic, a wild pointer, a division by zero.
    #[error("trapped: {0}")]
    Trap(String),
    /// The callback burnt all its fuel.
    #[error("ran out of fuel ({fuel} units): an endless loop?")]
    OutOfFuel {
        /// The fuel that the callback was given.
        fuel: u64,
    },
    /// The callback ran for too long by the clock on the wall.
    #[error("ran past its deadline of {ms} ms")]
    Deadline {
        /// The time that the callback was given, milliseconds.
        ms: u64,
    },
    /// The module called itself too deeply.
    #[error("exhausted its call stack: unbounded recursion?")]
    StackOverflow,
    /// It called the host before it was up.
    #[error(
        "called {call} while starting; until the start function is over, Envoy serves only logging, clock, randomness and environment"
    )]
    CalledAtStart {
        /// The host function that it called.
        call: &'static str,
    },
    /// The module's allocator, which runs inside a host call, called the host.
    #[error("called {call} from within its allocator, where Envoy serves only logging")]
    CalledInAllocator {
        /// The host function that it called.
        call: &'static str,
    },
    /// The module took more than its share of the machine.
    #[error("went beyond the limit of {limit} for {what}")]
    Limit {
        /// What it took too much of.
        what: &'static str,
        /// The most that it may take.
        limit: usize,
    },
    /// The module did what Envoy does not survive.
    #[error("does what crashes Envoy: {0}")]
    CrashesEnvoy(&'static str),
    /// The module could not be instantiated.
    #[error("could not be instantiated: {0}")]
    Instantiate(String),
}

/// A VM that died.
///
/// ```
/// use serinus_host::{example, proxy::*, upstream::*};
/// use serinus_host::vm::FailureKind;
///
/// let mut proxy = example::builder()?.start()?;
/// let exchange = proxy.send(Request::get("/").header("x-crash", "now")).unwrap();
/// assert_eq!(exchange.status(), Some(503));
/// let failure = &proxy.failures()[0];
/// assert!(matches!(failure.kind, FailureKind::Trap(_)));
/// assert_eq!((failure.callback, failure.worker), ("proxy_on_request_headers", 1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the VM of worker {worker} {kind} in {callback}{}", refused(*.memory_refused))]
#[non_exhaustive]
pub struct VmFailure {
    /// What killed the VM.
    pub kind: FailureKind,
    /// The callback in which the VM died.
    pub callback: &'static str,
    /// The worker whose VM it was; 0 is the main thread.
    pub worker: u32,
    /// When the VM died, nanoseconds since 1970.
    pub at: u64,
    /// The limit, in bytes, beyond which the VM was refused memory before it died.
    pub memory_refused: Option<usize>,
}

fn refused(limit: Option<usize>) -> String {
    limit.map_or_else(String::new, |limit| {
        format!(", after it was refused memory beyond {} MiB", limit >> 20)
    })
}

/// An error of the host's that ends the module, on its way through the runtime.
#[derive(Debug, Error)]
#[error("{0}")]
pub struct HostTrap(pub FailureKind);

impl FailureKind {
    /// What an error of the runtime means.
    pub(super) fn of(error: &wasmtime::Error, fuel: u64, deadline_ms: u64) -> Self {
        if let Some(HostTrap(kind)) = error.downcast_ref() {
            return kind.clone();
        }
        match error.downcast_ref::<Trap>() {
            Some(Trap::OutOfFuel) => Self::OutOfFuel { fuel },
            Some(Trap::Interrupt) => Self::Deadline { ms: deadline_ms },
            Some(Trap::StackOverflow) => Self::StackOverflow,
            Some(trap) => Self::Trap(trap.to_string().replace("wasm trap: ", "")),
            None => Self::Trap(format!("{error:#}")),
        }
    }
}
