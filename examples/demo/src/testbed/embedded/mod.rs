//! On the embedded host: a proxy on a thread of its own, whose virtual clock keeps up with the clock on the wall.
//!
//! The play is for a person to watch, so time cannot run ahead here as it does in tests. What happens between two looks
//! at the clock happens at its own virtual moment all the same, in order.

mod stage;
mod traffic;
mod witnesses;

use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use serde_json::Value;
use serinus_rig::{AccessEntry, Done, Error, Hit, Result};

use super::{Gauges, Host, Later, Testbed};
use crate::cli::Args;
use stage::Stage;

/// How often the virtual clock catches up.
const TICK: Duration = Duration::from_millis(1);

/// What the play wants done with the stage, on its thread.
type Work = Box<dyn FnOnce(&mut Stage) + Send>;

/// The way to the stage. Its thread ends when this is dropped.
pub struct Embedded {
    work: Sender<Work>,
}

impl Embedded {
    /// Starts it.
    ///
    /// # Errors
    /// If the filter does not load here, or refuses to start.
    pub fn start(args: &Args) -> Result<Self> {
        let (work, queue) = mpsc::channel();
        let (started, outcome) = mpsc::channel();
        let args = args.clone();
        // The proxy cannot change threads, so it is built where it will run.
        let run = move || match Stage::build(&args) {
            Ok(stage) => {
                let _ = started.send(Ok(()));
                keep_up(stage, &queue);
            }
            Err(error) => drop(started.send(Err(error))),
        };
        let spawned = thread::Builder::new().name("embedded host".into()).spawn(run);
        spawned.map_err(|e| Error::Unexpected(format!("no thread for the embedded host: {e}")))?;
        outcome.recv().unwrap_or_else(|_| Err(ended()))?;
        Ok(Self { work })
    }

    /// Has something done on the stage at this moment.
    fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Stage) -> T + Send + 'static,
    ) -> Result<T> {
        let (answer, answered) = mpsc::channel();
        // Whoever asked waits below.
        let work = Box::new(move |stage: &mut Stage| drop(answer.send(work(stage))));
        self.work.send(work).map_err(|_| ended())?;
        answered.recv().map_err(|_| ended())
    }
}

fn keep_up(mut stage: Stage, queue: &Receiver<Work>) {
    loop {
        let work = queue.recv_timeout(TICK);
        stage.catch_up();
        match work {
            Ok(work) => work(&mut stage),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

fn ended() -> Error {
    Error::Unexpected("the embedded host ended".into())
}

impl Testbed for Embedded {
    fn host(&self) -> Host {
        Host::Embedded
    }

    fn exchanges(&mut self) -> Vec<Done> {
        self.ask(|stage| stage.witnesses.take_exchanges()).unwrap_or_default()
    }

    fn log_lines(&mut self) -> Vec<String> {
        self.ask(Stage::log_lines).unwrap_or_default()
    }

    fn arrivals(&self, version: &str) -> Result<Vec<Hit>> {
        let version = version.to_owned();
        self.ask(move |stage| stage.witnesses.arrivals(&version))
    }

    fn access_log(&self) -> Vec<AccessEntry> {
        self.ask(|stage| stage.witnesses.access_log()).unwrap_or_default()
    }

    // The stage draws everything from the one seed it began with.
    fn break_down(&self, version: &str, percent: u8, _seed: u64) -> Result<()> {
        let version = version.to_owned();
        self.ask(move |stage| stage.break_down(&version, percent))?
    }

    fn edit(&self, config: Value) -> Later<'_, Result<()>> {
        Box::pin(async move { self.ask(move |stage| stage.edit(&config))? })
    }

    fn gauges(&self, rollout: &'static str) -> Later<'_, Result<Gauges>> {
        Box::pin(async move { self.ask(move |stage| stage.gauges(rollout))? })
    }

    fn finish(&mut self) -> Later<'_, Vec<Done>> {
        Box::pin(async move { self.ask(Stage::finish).unwrap_or_default() })
    }
}
