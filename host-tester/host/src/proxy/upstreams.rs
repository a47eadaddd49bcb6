//! The routes and the clusters of a proxy.

use crate::http::HeaderMap;
use crate::upstream::{Behaviour, Cluster, Kind, Route};
use hashbrown::HashMap;
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

/// Where requests can go.
pub(super) struct Upstreams {
    /// In the order in which they are tried.
    routes: Vec<Rc<Route>>,
    clusters: RefCell<HashMap<Rc<str>, Cluster>>,
}

impl Upstreams {
    /// These routes and clusters.
    pub(super) fn new(routes: Vec<Route>, clusters: HashMap<Rc<str>, Cluster>) -> Self {
        let routes = routes.into_iter().map(Rc::new).collect();
        Self { routes, clusters: RefCell::new(clusters) }
    }

    /// The first route that fits a request.
    pub(super) fn route(&self, headers: &HeaderMap) -> Option<Rc<Route>> {
        self.routes.iter().find(|route| route.matches(headers)).cloned()
    }

    /// Whether there is a cluster of that name.
    pub(super) fn has(&self, cluster: &str) -> bool {
        self.clusters.borrow().contains_key(cluster)
    }

    /// Has a cluster behave differently from now on; creates it if there is none of that name.
    pub(super) fn behave(&self, cluster: &str, behaviour: Behaviour) {
        self.clusters.borrow_mut().insert(Rc::from(cluster), Cluster::new(behaviour));
    }

    /// What a cluster does with one request, and how long it takes to begin; `None` if it has no host that could.
    pub(super) fn draw(
        &self,
        cluster: &str,
        elapsed: Duration,
        random: &mut fastrand::Rng,
    ) -> Option<(Duration, Kind)> {
        let clusters = self.clusters.borrow();
        let behaviour = clusters.get(cluster)?.at(elapsed)?.draw(random);
        let latency = behaviour.latency.draw(random);
        (behaviour.kind != Kind::NoHost).then(|| (latency, behaviour.kind.clone()))
    }
}
