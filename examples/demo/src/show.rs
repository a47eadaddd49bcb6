//! What runs while an act plays: watch, count, draw.

use std::time::{Duration, Instant, SystemTime};

use serinus_core::contract::log;
use serinus_core::record::{Record, Verdict};
use serinus_rig::{Done, Error, wall_clock};

use crate::cli::Args;
use crate::measure::Scene;
use crate::release::Release;
use crate::tally::Tally;
use crate::testbed::{Gauges, Host, Testbed};
use crate::trouble::Trouble;
use crate::view::{Panel, Row, Screen};
use crate::words::{self, Tone};

/// How often it looks and draws.
const FRAME: Duration = Duration::from_millis(100);

/// The act that is being played.
struct Act {
    number: u8,
    release: Release,
    began: Instant,
    records: Vec<Record>,
}

/// A play under way.
pub struct Show {
    /// Where it plays.
    pub testbed: Box<dyn Testbed>,
    screen: Screen,
    acts: usize,
    began: Instant,
    exchanges: Vec<Done>,
    tally: Tally,
    gauges: Gauges,
    act: Option<Act>,
}

/// What is known at the end of it all.
pub struct Facts {
    /// What it ran on.
    pub host: Host,
    /// How long it took.
    pub duration: Duration,
    /// Requests, in all acts and between them.
    pub requests: u64,
    /// Those that no version answered.
    pub unanswered: u64,
}

impl Show {
    /// Opens the curtain.
    pub fn begin(testbed: Box<dyn Testbed>, screen: Screen, args: &Args) -> Self {
        Self {
            testbed,
            screen,
            acts: args.acts().count(),
            began: Instant::now(),
            exchanges: Vec::new(),
            tally: Tally::default(),
            gauges: Gauges::default(),
            act: None,
        }
    }

    /// Opens an act: its rollout goes into the configuration file, and begins.
    pub async fn open(&mut self, number: u8, title: &str, release: Release) -> Result<(), Trouble> {
        self.screen.act(number, title)?;
        self.testbed.edit(release.config()).await?;
        self.collect();
        (self.tally, self.gauges) = (Tally::default(), Gauges::default());
        self.act = Some(Act { number, release, began: Instant::now(), records: Vec::new() });
        Ok(())
    }

    /// Says what happens now.
    pub fn say(&mut self, tone: Tone, text: &str) -> Result<(), Trouble> {
        Ok(self.screen.say(self.began.elapsed(), tone, text)?)
    }

    /// Goes on for so long.
    pub async fn play(&mut self, time: Duration) -> Result<(), Trouble> {
        let end = Instant::now() + time;
        while Instant::now() < end {
            self.step().await?;
        }
        Ok(())
    }

    /// Goes on until it is so, but not for ever.
    pub async fn until(
        &mut self,
        patience: Duration,
        is_so: impl Fn(&Self) -> bool,
    ) -> Result<(), Trouble> {
        let end = Instant::now() + patience;
        while !is_so(self) && Instant::now() < end {
            self.step().await?;
        }
        Ok(())
    }

    /// Whether the filter has come to this verdict in this act.
    pub fn decided(&self, verdict: Verdict) -> bool {
        let records = self.act.iter().flat_map(|act| &act.records);
        records.into_iter().any(|record| record.verdict == verdict)
    }

    /// What the filter says of itself.
    pub fn gauges(&self) -> Gauges {
        self.gauges
    }

    /// Everything that the witnesses of this act have to say.
    pub fn scene(&self) -> Result<Scene, Trouble> {
        let act = self.act.as_ref().ok_or_else(|| Error::Unexpected("no act is open".into()))?;
        let during = |done: &&Done| done.at_sent >= act.began;
        Ok(Scene {
            release: act.release,
            began: act.began,
            exchanges: self.exchanges.iter().filter(during).cloned().collect(),
            arrivals: self.testbed.arrivals(act.release.canary)?,
            access: self.testbed.access_log(),
            records: act.records.clone(),
        })
    }

    /// Lets the last users finish.
    pub async fn end(mut self) -> Result<(Screen, Facts), Trouble> {
        self.collect();
        let rest = self.testbed.finish().await;
        self.exchanges.extend(rest);
        let unanswered = self.exchanges.iter().filter(|done| done.upstream.is_none()).count();
        let facts = Facts {
            host: self.testbed.host(),
            duration: self.began.elapsed(),
            requests: self.exchanges.len() as u64,
            unanswered: unanswered as u64,
        };
        Ok((self.screen, facts))
    }

    async fn step(&mut self) -> Result<(), Trouble> {
        tokio::time::sleep(FRAME).await;
        self.collect();
        self.hear()?;
        self.read_gauges().await?;
        self.draw()
    }

    fn collect(&mut self) {
        let fresh = self.testbed.exchanges();
        fresh.iter().for_each(|done| self.tally.add(done));
        self.exchanges.extend(fresh);
        self.tally.roll(Instant::now());
    }

    /// Takes in what the filter has decided, and repeats it in plain words.
    fn hear(&mut self) -> Result<(), Trouble> {
        for line in self.testbed.log_lines() {
            let Some((_, json)) = line.split_once(log::DECISION) else { continue };
            let Ok(record) = serde_json::from_str::<Record>(json) else { continue };
            let Some(release) = Release::named(&record.rollout) else { continue };
            let (tone, text) = words::decision(&record, &release);
            let at = decided_at(&record).duration_since(wall_clock(self.began));
            self.screen.say(at.unwrap_or_default(), tone, &text)?;
            if let Some(act) = self.act.as_mut().filter(|act| act.release.name == release.name) {
                act.records.push(record);
            }
        }
        Ok(())
    }

    async fn read_gauges(&mut self) -> Result<(), Trouble> {
        if let Some(act) = &self.act {
            self.gauges = self.testbed.gauges(act.release.name).await?;
        }
        Ok(())
    }

    fn draw(&mut self) -> Result<(), Trouble> {
        let Some(act) = &self.act else { return Ok(()) };
        let row = |version: &str, role| Row {
            name: format!("{version} {role}"),
            recent: self.tally.recent(version),
            all: self.tally.all(version),
        };
        let panel = Panel {
            act: (act.number, self.acts),
            rollout: act.release.name,
            state: self.gauges.state,
            share: self.gauges.weight as f64 / 1e5,
            at: self.began.elapsed(),
            rows: [row(act.release.baseline, "baseline"), row(act.release.canary, "canary")],
        };
        Ok(self.screen.show(&panel)?)
    }
}

/// When the filter decided, by the proxy's clock; it writes whole milliseconds.
pub fn decided_at(record: &Record) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(record.time_ms)
}

/// For the tests of others.
#[cfg(test)]
pub fn record(json: serde_json::Value) -> Record {
    serde_json::from_value(json).unwrap()
}
