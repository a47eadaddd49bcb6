//! A plugin under one configuration: its rollouts, and the headers that they route by.

use crate::host;
use crate::live::LiveRollout;
use serinus_core::cohort::attribute::Reads;
use serinus_core::contract::route;
use serinus_core::engine::Claimant;
use std::rc::Rc;

/// A plugin under one configuration.
pub struct Plugin {
    rollouts: Vec<Rc<LiveRollout>>,
    /// Every header that a rollout of this plugin routes by.
    pub route_headers: Vec<String>,
    pub claimant: Claimant,
}

impl Plugin {
    pub fn new(rollouts: Vec<Rc<LiveRollout>>) -> Self {
        let mut route_headers: Vec<String> = Vec::new();
        for header in rollouts.iter().map(|live| &live.rollout.route.header) {
            if !route_headers.contains(header) {
                route_headers.push(header.clone());
            }
        }
        if route_headers.is_empty() {
            // Clients must not choose their arm while no rollout could be read.
            route_headers.push(route::HEADER.to_owned());
        }
        let id = host::random().map_or_else(host::now_ns, u64::from_le_bytes);
        Self { rollouts, route_headers, claimant: Claimant::new(id) }
    }

    /// The first rollout that the request is for.
    pub fn rollout_for<'a>(&'a self, reads: &Reads<'a>) -> Option<&'a Rc<LiveRollout>> {
        self.rollouts.iter().find(|live| {
            let matches = &live.rollout.matches;
            // Each is read only if a rollout asks for it.
            let host = matches.hosts.is_empty()
                || matches.host(&reads.header(":authority").unwrap_or_default());
            host && (matches.path_prefix.is_empty()
                || matches.path(&reads.header(":path").unwrap_or_default()))
        })
    }

    /// Time has passed.
    pub fn tick(&self) {
        let now = host::now_ms();
        self.rollouts.iter().for_each(|live| live.tick(now, &self.claimant));
    }
}
