//! What a scenario needs of whatever runs it: a proxy with clients on one side and upstreams on the other, and a clock.

use crate::scenario::cluster::Phase;
use crate::scenario::observation::{Exchange, Exchanged, Finished, LogLine, Snapshot};
use crate::scenario::request::{Connection, Request};
use std::time::Duration;

/// A request that is sent many times, with another user each time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prepared(pub usize);

/// How far to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// To this time.
    Time(Duration),
    /// Until the request or connection with this tag is over; at most to this time.
    Over(u64, Duration),
    /// Until none is under way; at most to this time.
    Idle(Duration),
}

/// A proxy that a scenario is run on.
pub trait Target: Snapshot {
    /// Keeps a request, to be sent often.
    fn prepare(&mut self, request: &Request) -> Prepared;

    /// Sends a request now, with the user's header in addition. The tag comes back with what becomes of it; all of it is
    /// told only if `whole`.
    fn begin(&mut self, request: Prepared, user: Option<(&str, &str)>, tag: u64, whole: bool);

    /// Opens a connection now.
    fn connect(&mut self, connection: &Connection, tag: u64);

    /// Gives a plugin another configuration now.
    ///
    /// # Errors
    /// Why it refused.
    fn configure(&mut self, plugin: &str, config: &[u8]) -> Result<(), String>;

    /// Lets a cluster behave so from now on.
    fn behave(&mut self, cluster: &str, phase: &Phase);

    /// Lets time pass, and returns what time it is, since the start. It may stop earlier, to tell what happened.
    fn advance(&mut self, until: Until) -> Duration;

    /// Whether no request and no connection is under way.
    fn is_idle(&self) -> bool;

    /// Tells what has happened since it was last asked, in order.
    fn tell(&mut self, sink: &mut dyn EventSink);

    /// What happened between two times, line by line, as far as it is remembered.
    fn trace(&self, from: Duration, to: Duration) -> Vec<String>;
}

/// Whom it is told.
pub trait EventSink {
    /// A request is over.
    fn finished(&mut self, tag: u64, finished: Finished<'_>);

    /// A request is over of which all should be told; [`EventSink::finished`] comes too.
    fn exchanged(&mut self, tag: u64, exchange: Exchange);

    /// A connection is over.
    fn connected(&mut self, tag: u64, connection: Exchanged);

    /// A plugin logged a line.
    fn logged(&mut self, line: LogLine<'_>);

    /// A plugin asked a cluster on its own account.
    fn called_out(&mut self, at: Duration, cluster: &str);

    /// A VM died.
    fn died(&mut self, at: Duration, why: &str);
}
