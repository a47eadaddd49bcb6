//! Why it ended early, and with which exit code.

use std::io::{self, Write};
use std::process::ExitCode;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// How to have the play on the embedded host.
const EMBEDDED: &str = "cargo run --release -p serinus-demo --features embedded -- --embedded";

/// Why there is no summary.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// No Envoy is to be had on this machine.
    #[error("{0}; or play on the embedded host, which needs none: {EMBEDDED}")]
    NoEnvoy(String),
    /// The embedded host was asked for.
    #[error("this build is without the embedded host; build it in: {EMBEDDED}")]
    NotBuiltIn,
    /// Something else is missing, or does not start.
    #[error("{0}")]
    Setup(serinus_rig::Error),
    /// Something broke in the middle.
    #[error("the play broke off: {0}")]
    Midway(#[from] serinus_rig::Error),
    /// Nobody reads our output any more.
    #[error("cannot write: {0}")]
    Screen(#[from] io::Error),
    /// Somebody wanted it to end.
    #[error("ended by {}; everything that it started is gone", .0.name)]
    Signal(Ending),
}

impl Trouble {
    /// Says it on stderr, where somebody still listens.
    pub fn report(&self) -> ExitCode {
        let silent = matches!(self, Self::Screen(e) if e.kind() == io::ErrorKind::BrokenPipe);
        if !silent {
            let _ = writeln!(io::stderr(), "serinus-demo: {self}");
        }
        ExitCode::from(match self {
            Self::NoEnvoy(_) | Self::NotBuiltIn | Self::Setup(_) => 2,
            Self::Midway(_) | Self::Screen(_) => 1,
            Self::Signal(ending) => 128 + ending.number,
        })
    }
}

/// A signal that ends the play.
#[derive(Clone, Copy, Debug)]
pub struct Ending {
    name: &'static str,
    number: u8,
}

/// The signals that ask a program to end, caught so that it ends in order.
pub struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hang_up: Signal,
}

impl Signals {
    /// From now on they no longer kill this process.
    pub fn install() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    /// The next one.
    pub async fn next(&mut self) -> Ending {
        tokio::select! {
            _ = self.interrupt.recv() => Ending { name: "SIGINT", number: 2 },
            _ = self.terminate.recv() => Ending { name: "SIGTERM", number: 15 },
            _ = self.hang_up.recv() => Ending { name: "SIGHUP", number: 1 },
        }
    }
}
