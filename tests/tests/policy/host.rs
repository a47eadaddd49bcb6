//! The same hostile policies on the embedded host, where the seconds are virtual.

use std::time::Duration;

use anyhow::Result;
use serde_json::json;
use serinus_core::contract::log::DECISION;
use serinus_core::record::{Reason, Record, Verdict};
use serinus_host::engine::{Engine, EngineOptions};
use serinus_host::filter::Filter;
use serinus_host::proxy::{Plugin, Proxy, Request};
use serinus_host::upstream::{Behaviour, Cluster, Route};
use serinus_rig::policies_filter_path;

use crate::{HOSTILE, each_for_its_host, host_of};

#[test]
fn the_embedded_host_finds_each_to_do_the_same() -> Result<()> {
    let engine = Engine::new(&EngineOptions::default().instances(8))?;
    let filter = Filter::load(&engine, policies_filter_path()?)?;
    let plugin = Plugin::new(&filter).name("serinus");
    let mut proxy = Proxy::builder()
        .plugin(plugin.config(json!({ "rollouts": each_for_its_host()? }).to_string()))
        .route(Route::to("web"))
        .cluster("web", Cluster::new(Behaviour::body("hello")))
        .start()?;
    for (user, (name, _)) in (0..240).zip(HOSTILE.into_iter().cycle()) {
        let request = Request::get("/").header("x-user-id", format!("u{user}"));
        let over = proxy.send(request.header(":authority", host_of(name)));
        assert_eq!(over.and_then(|over| over.status()), Some(200), "{name}");
        proxy.advance(Duration::from_millis(40));
    }
    assert_eq!(proxy.failures().len(), 0, "the filter has crashed");

    let logs = proxy.take_logs();
    let lines = logs.iter().filter_map(|line| line.text.split_once(DECISION));
    let all: Vec<Record> =
        lines.map(|(_, json)| serde_json::from_str(json)).collect::<Result<_, _>>()?;
    for (name, kind) in HOSTILE {
        let records: Vec<_> = all.iter().filter(|r| r.rollout == host_of(name)).collect();
        let failed = Reason::PolicyFailed { kind };
        let said = |reason: &Reason| records.iter().filter(|r| r.reasons.contains(reason)).count();
        let right = Reason::Policy { verdict: Verdict::Hold, reason: "as it should".to_owned() };
        let sometimes = name.starts_with("hostile/");
        assert!(said(&failed) >= if sometimes { 3 } else { 1 }, "{name}: {records:#?}");
        assert_eq!(said(&right) >= 3, sometimes, "{name}: {records:#?}");
        assert!(records.iter().all(|record| record.verdict == Verdict::Hold), "{name}");
        let counter = format!(
            "rollout=.={};.;kind=.={};.;serinus_policy_failures_total",
            host_of(name),
            kind.as_str()
        );
        assert!(proxy.metric(&counter).is_some_and(|count| count >= 4), "{name}: {counter}");
    }
    Ok(())
}
