//! Upstreams and an Envoy that can end a request in every way, and the account of what must have been counted.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use serinus_core::arm::Arm;
use serinus_core::outcome::Outcome;
use serinus_rig::{Behaviour, Builder, Call, Filter, Upstream};

use crate::BOTH;
use crate::stand::{self, Stand};

/// After the filter in the chain: answers by itself, or makes the upstream's answer another.
const LATER: &str = "
function envoy_on_request(h)
  local status = h:headers():get('x-later')
  if status then h:respond({ [':status'] = status }, 'later') end
end
function envoy_on_response(h)
  local status = h:headers():get('x-status')
  if status then h:headers():replace(':status', status) end
end";

/// Before the filter in the chain.
const EARLIER: &str = "
function envoy_on_request(h)
  local status = h:headers():get('x-earlier')
  if status then h:respond({ [':status'] = status }, 'earlier') end
end";

/// A stand with a user of each arm, which keeps the account of what must have been counted.
pub struct Bench {
    pub stand: Stand,
    users: [String; 2],
    expected: BTreeMap<String, u64>,
    pub requests: usize,
    _refused: Upstream,
}

impl Bench {
    pub async fn start() -> Result<Self> {
        let config = stand::steady("50%");
        let user = |cohort| stand::users_in(&config, cohort, 1)?.pop().context("no user");
        let users = [user(BOTH[0])?, user(BOTH[1])?];
        let refused = Upstream::start("refused").await?;
        refused.stop().await?;
        let filter = stand::serinus(&config)?;
        let stand = stand::stand_of(|builder| {
            let chain = builder.filter(Filter::lua("earlier", EARLIER)).filter(filter);
            routes(chain.filter(Filter::lua("later", LATER)), &refused)
        })
        .await?;
        let expected = BTreeMap::new();
        Ok(Self { stand, users, expected, requests: 0, _refused: refused })
    }

    pub fn upstream(&self, cohort: Arm) -> &Upstream {
        if cohort == Arm::Canary { &self.stand.v2 } else { &self.stand.v1 }
    }

    pub fn get(&self, cohort: Arm, path: &str) -> Call {
        self.stand.envoy.get(path).user(&self.users[cohort as usize])
    }

    /// One more request is over, and this is what it counts as.
    pub async fn over(&mut self, case: &str, counted: Option<(Arm, Outcome)>) -> Result<()> {
        self.requests += 1;
        if let Some((cohort, outcome)) = counted {
            let key = format!("{} {}", cohort.as_str(), outcome.as_str());
            *self.expected.entry(key).or_default() += 1;
        }
        let counts = stand::counts_after(&self.stand.envoy, self.requests).await?;
        ensure!(counts == self.expected, "{case}: {counts:?}, not {:?}", self.expected);
        Ok(())
    }

    /// Both arms: so does the upstream behave, so is the request answered, and so is it counted.
    pub async fn row(
        &mut self,
        case: &str,
        behaviour: Behaviour,
        path: &str,
        (status, outcome): (u16, Outcome),
    ) -> Result<()> {
        for cohort in BOTH {
            self.upstream(cohort).behave(behaviour.clone());
            let reply = self.get(cohort, path).open().await?;
            ensure!(reply.status() == status, "{case}: {}", reply.status());
            // The answers that break off do so here.
            let _ = reply.collect().await;
            self.over(case, Some((cohort, outcome))).await?;
        }
        Ok(())
    }
}

/// Routes and clusters for the ways in which Envoy itself answers.
pub fn routes(builder: Builder, refused: &Upstream) -> Builder {
    let route = |path: &str, action: Value| json!({ "match": { "path_separated_prefix": path }, "route": action });
    let by_cohort = |builder: Builder, path: &str, options: Value| {
        [("canary", "canary"), ("baseline", "baseline")].iter().fold(
            builder,
            |b, (arm, cluster)| {
                let mut action = options.clone();
                action["cluster"] = json!(cluster);
                let mut route = route(path, action);
                route["match"]["headers"] =
                    json!([{ "name": "x-serinus-cohort", "string_match": { "exact": arm } }]);
                b.route(route)
            },
        )
    };
    let retry = json!({ "retry_on": "5xx", "num_retries": 2 });
    let answer = |path: &str, status: u16| json!({ "match": { "path": path }, "direct_response": { "status": status } });
    let full = json!({
        "name": "full", "type": "STATIC",
        "circuit_breakers": { "thresholds": [{ "max_requests": 0, "max_pending_requests": 0 }] },
        "load_assignment": { "cluster_name": "full", "endpoints": [{ "lb_endpoints": [{ "endpoint": {
            "address": { "socket_address": { "address": "127.0.0.1", "port_value": refused.addr().port() } },
        } }] }] },
    });
    let builder = by_cohort(builder, "/slow", json!({ "timeout": "0.1s" }));
    let builder = by_cohort(builder, "/idle", json!({ "timeout": "0s", "idle_timeout": "0.3s" }));
    by_cohort(builder, "/retry", json!({ "retry_policy": retry }))
        .cluster("refused", refused)
        .cluster("nobody", ())
        .raw_cluster(full)
        .route(route("/refused", json!({ "cluster": "refused" })))
        .route(route("/nobody", json!({ "cluster": "nobody" })))
        .route(route("/full", json!({ "cluster": "full" })))
        // No cluster is called like a user.
        .route(route("/no-cluster", json!({ "cluster_header": "x-user-id" })))
        .route(json!({ "match": { "path": "/redirect" }, "redirect": { "path_redirect": "/" } }))
        .route(answer("/direct", 200))
        .route(answer("/direct-503", 503))
}
