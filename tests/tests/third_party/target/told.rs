//! What is told of requests and connections that are over.

use std::collections::BTreeMap;
use std::time::Duration;

use serinus_lab::scenario::observation::{Exchange, Exchanged, Finished, Message};
use serinus_lab::scenario::run::target::EventSink;

use super::Real;
use crate::entries::Entry;
use crate::logs::{self, Said};
use crate::upstream::NUMBER;

/// A request or a connection that is over.
pub(super) struct Done {
    pub(super) tag: u64,
    pub(super) whole: bool,
    pub(super) began: Duration,
    pub(super) ended: Duration,
    pub(super) number: String,
    pub(super) received: Option<Message>,
    /// Of a connection: what was received.
    pub(super) bytes: Option<Vec<u8>>,
    pub(super) before: Before,
}

/// What there was before a request began.
#[derive(Clone, Default)]
pub(super) struct Before {
    pub(super) hits: BTreeMap<String, usize>,
    pub(super) lines: usize,
    pub(super) entries: usize,
}

impl Real {
    /// The cluster that was asked, and what it received last.
    fn sent(&self, done: &Done) -> Option<(String, Message)> {
        let routed = self.upstreams.iter().filter(|(name, _)| !self.asked.contains_key(*name));
        let hits = routed.filter_map(|(name, upstream)| {
            let hits = upstream.hits();
            let mine = if self.numbered {
                let number = |hit: &&crate::upstream::Hit| {
                    hit.message.headers.get(NUMBER).first() == Some(&done.number.as_str())
                };
                hits.iter().rfind(number).cloned()
            } else {
                hits.get(done.before.hits.get(name).copied().unwrap_or(0)..)?.last().cloned()
            };
            mine.map(|hit| (name.clone(), hit))
        });
        hits.max_by_key(|(_, hit)| hit.at).map(|(name, hit)| (name, hit.message))
    }

    /// As [`sent`](Self::sent), once it has arrived: where the filter answers in its place, Envoy may have the answer
    /// before the upstream has the request, and it would be taken for the next one.
    fn awaited(&self, done: &Done) -> Option<(String, Message)> {
        for _ in 0..20 {
            if let Some(sent) = self.sent(done) {
                return Some(sent);
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        None
    }

    pub(super) fn tell_over(&self, done: Done, sink: &mut dyn EventSink) {
        if let Some(received) = done.bytes {
            let all = self.echoes.iter().map(|(name, echo)| (Some(name.clone()), echo.take()));
            let (cluster, sent) = all.max_by_key(|(_, sent)| sent.len()).unwrap_or_default();
            let logs = self.lines(done.before.lines);
            let (began, ended, flags) = (done.began, done.ended, Vec::new());
            let connection = Exchanged { began, ended, received, sent, cluster, flags, logs };
            return sink.connected(done.tag, connection);
        }
        let entry = match self.numbered {
            true => self.entries.get(&done.number),
            false => self.entry(done.before.entries),
        };
        let arrives =
            entry.as_ref().is_some_and(|entry| entry.attempts > 0 && entry.flags.is_empty());
        let sent = if arrives && done.whole { self.awaited(&done) } else { self.sent(&done) };
        // Of a cluster that refuses connections nobody but Envoy knows that it was asked.
        let tried =
            entry.as_ref().filter(|entry| entry.attempts > 0).and_then(|e| e.cluster.clone());
        let cluster = sent.as_ref().map(|(name, _)| name.clone()).or(tried);
        let flags = entry.as_ref().map(|entry| entry.flags.clone()).unwrap_or_default();
        sink.finished(
            done.tag,
            Finished {
                began: done.began,
                ended: done.ended,
                cluster: cluster.as_deref(),
                status: done.received.as_ref().and_then(|received| received.status),
                flags: &flags,
                ..Finished::default()
            },
        );
        if !done.whole {
            return;
        }
        let details = entry.as_ref().map(|e| e.details.clone()).filter(|text| !text.is_empty());
        let exchange = Exchange {
            began: done.began,
            ended: done.ended,
            received: done.received,
            sent: sent.map(|(_, message)| message),
            cluster,
            route: entry.as_ref().and_then(|entry| entry.route.clone()),
            flags: flags.split(',').filter(|f| !f.is_empty()).map(str::to_owned).collect(),
            details,
            attempts: entry.map_or(0, |entry| entry.attempts),
            logs: self.lines(done.before.lines),
        };
        sink.exchanged(done.tag, exchange);
    }

    /// The next entry of the access log, once it is written.
    fn entry(&self, before: usize) -> Option<Entry> {
        let all = self.handle.block_on(self.envoy.wait_for_access_log(before + 1));
        all.ok()?.into_iter().nth(before).map(Entry::from)
    }

    /// What plugins have logged from this line on.
    fn lines(&self, from: usize) -> Vec<String> {
        // The log runs on a thread of its own.
        std::thread::sleep(Duration::from_millis(100));
        let lines = self.envoy.log_lines().into_iter().skip(from);
        let text = |line: String| match logs::read(&line)? {
            Said::Line { text, .. } => Some(text),
            Said::Died(_) => None,
        };
        lines.filter_map(text).collect()
    }

    pub(super) fn tell_callouts(&mut self, sink: &mut dyn EventSink) {
        let now = self.now();
        for (name, told) in &mut self.asked {
            let hits = self.upstreams.get(name).map_or(0, |upstream| upstream.hits().len());
            (*told..hits).for_each(|_| sink.called_out(now, name));
            *told = hits;
        }
    }
}
