//! A configuration is taken whole or not at all, and nobody's request pays for a change of it.

mod common;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use common::{decision, finding, metric, records, rollout, serinus, two_versions, verdicts, with};
use serde_json::json;
use serinus_core::record::Verdict;
use serinus_rig::{
    Behaviour, COHORT_HEADER, Envoy, Error, Filter, Load, Upstream, Users, filter_path,
    stickiness_violations,
};

const CONFIG_ERROR: &str = "serinus.config_error";

fn complaints(envoy: &Envoy) -> Vec<String> {
    envoy.log_lines().into_iter().filter(|line| line.contains(CONFIG_ERROR)).collect()
}

/// How many of 400 users the canary gets now; none may fail.
async fn share_of_400(envoy: &Envoy, v2: &Upstream) -> u64 {
    let before = v2.requests();
    let done = Load::new().requests(400).users(Users::InTurn(400)).start(envoy).finish().await;
    assert!(done.iter().all(|exchange| exchange.status == Ok(200)));
    v2.requests() - before
}

#[tokio::test]
async fn a_bad_configuration_at_the_start_gives_everyone_the_baseline() -> Result<()> {
    let stages = json!([{ "weight": "20%" }, { "weight": "10%" }]);
    let two_mistakes =
        with(&rollout("20%"), &json!({ "stages": stages, "guard": { "alpha": 7 } })).to_string();
    let one_of_several =
        json!({ "rollouts": [rollout("20%"), with(&rollout("20%"), &json!({ "unit": [] }))] })
            .to_string();
    let cases: [(&str, &str, &[&str]); 6] = [
        ("not JSON", "{ \"rollout\": checkout }", &["not valid JSON", "line 1, column 14"]),
        ("empty", "", &["not valid JSON"]),
        (
            "unknown keys",
            r#"{ "rollout": "a", "unit": [{ "header": "u", "hedaer": "v" }], "stagse": [] }"#,
            &["unit[0].hedaer", "stagse"],
        ),
        ("an empty object", "{}", &["rollout", "unit"]),
        ("two mistakes", &two_mistakes, &["stages[1].weight", "guard.alpha"]),
        ("one of several", &one_of_several, &["rollouts[1].unit"]),
    ];
    for (case, text, named) in cases {
        let (v1, v2, envoy) = two_versions().await?;
        let plugin = Filter::wasm("serinus").module(filter_path()?).config_text(text);
        let envoy = envoy.workers(4).filter(plugin).start().await.context(case)?;
        let forged = Load::new().requests(200).users(200);
        let forged = forged.shape(|_, call| call.header(COHORT_HEADER, "canary"));
        let done = forged.start(&envoy).finish().await;
        assert!(done.iter().all(|exchange| exchange.status == Ok(200)), "{case}");
        assert_eq!((v1.requests(), v2.requests()), (200, 0), "{case}: a forged header is useless");

        let lines = complaints(&envoy);
        assert_eq!(lines.len(), 1, "{case}: one line, though five VMs were asked: {lines:#?}");
        for mistake in named {
            assert!(lines[0].contains(mistake), "{case}: `{mistake}` in {}", lines[0]);
        }
        let errors = envoy.metrics().await?.value("serinus_config_errors_total", &[]);
        assert_eq!(errors, 1.0, "{case}");
        println!("{case}: {}", lines[0].split_once(CONFIG_ERROR).map_or("", |(_, said)| said));
    }
    Ok(())
}

#[tokio::test]
async fn a_misspelt_key_does_not_hide_a_mistake_elsewhere() -> Result<()> {
    let (_v1, _v2, envoy) = two_versions().await?;
    let wrong = with(&rollout("20%"), &json!({ "generaton": 2, "guard": { "alpha": 7 } }));
    let envoy = envoy.filter(serinus(wrong)?).start().await?;
    let lines = complaints(&envoy);
    assert_eq!(lines.len(), 1);
    assert!(lines[0].contains("generaton") && lines[0].contains("guard.alpha"), "{}", lines[0]);
    Ok(())
}

#[tokio::test]
async fn a_good_configuration_heals_a_bad_start() -> Result<()> {
    let (_v1, v2, envoy) = two_versions().await?;
    let plugin = Filter::wasm("serinus").module(filter_path()?).config_text("{}").ecds();
    let envoy = envoy.filter(plugin).start().await?;
    assert_eq!(share_of_400(&envoy, &v2).await, 0);
    envoy.update_config("serinus", rollout("20%")).await?;
    let share = share_of_400(&envoy, &v2).await;
    assert!((45..=120).contains(&share), "{share} of 400 at 20 %");
    Ok(())
}

#[tokio::test]
async fn a_bad_update_is_refused_and_the_old_one_serves_on() -> Result<()> {
    let (_v1, v2, envoy) = two_versions().await?;
    let good = rollout("20%");
    let envoy = envoy.filter(serinus(good.clone())?.ecds()).start().await?;
    let share = share_of_400(&envoy, &v2).await;
    assert!((45..=120).contains(&share), "{share} of 400 at 20 %");

    let wrong = with(&good, &json!({ "stages": [{ "weight": "50%" }], "guard": { "alpha": 7 } }));
    for (text, named) in [
        (wrong.to_string(), vec!["stages: ", "guard.alpha"]),
        ("{ not JSON".to_owned(), vec!["not valid JSON"]),
        (String::new(), vec!["not valid JSON"]),
    ] {
        let said = complaints(&envoy).len();
        let refused = envoy.update_config_text("serinus", &text).await;
        assert!(matches!(refused, Err(Error::Rejected { .. })), "{text}: {refused:?}");
        assert_eq!(share_of_400(&envoy, &v2).await, share, "{text}: the same users as before");
        let lines = complaints(&envoy).split_off(said);
        assert!(lines.len() == 1 && named.iter().all(|m| lines[0].contains(m)), "{lines:#?}");
    }
    assert_eq!(metric(&envoy, "checkout", "serinus_canary_weight", &[]).await?, 20_000);
    assert_eq!(envoy.metrics().await?.value("serinus_config_errors_total", &[]), 3.0);

    // And a good one is taken again.
    envoy.update_config("serinus", with(&good, &json!({ "kill": true }))).await?;
    assert_eq!(share_of_400(&envoy, &v2).await, 0);
    Ok(())
}

/// `v2` fails until it has failed `limit` times in all.
fn fail_up_to(v2: &Upstream, limit: u64) {
    let failed = AtomicU64::new(v2.answered(503));
    v2.behave_by(move |_| {
        let fails = failed
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| (n < limit).then_some(n + 1));
        if fails.is_ok() { Behaviour::status(503) } else { Behaviour::ok() }
    });
}

#[tokio::test]
async fn a_change_in_mid_traffic_fails_no_request_and_forgets_no_failure() -> Result<()> {
    let (v1, v2, envoy) = two_versions().await?;
    let base = rollout("5%");
    let envoy = envoy.workers(4).filter(serinus(base.clone())?.ecds()).start().await?;
    let load = Load::new().rate(400.0).users(10_000).seed(11).start(&envoy);

    // Three failures before the changes, two after: five are the floor of the guard, and no more come.
    fail_up_to(&v2, 3);
    v2.wait_for_requests(10).await?;
    for hours in 2..=6 {
        let longer =
            json!([{ "weight": "5%", "min_time": format!("{hours}h") }, { "weight": "100%" }]);
        envoy.update_config("serinus", with(&base, &json!({ "stages": longer }))).await?;
        v1.wait_for_requests(v1.requests() + 100).await?;
    }
    assert_eq!((v2.answered(503), records(&envoy)?), (3, vec![]));
    fail_up_to(&v2, 5);
    let stopped = decision(&envoy, "checkout", Verdict::Rollback, 0).await?;
    let done = load.stop_and_finish().await;

    let failed = done.iter().filter(|exchange| exchange.status != Ok(200)).count();
    assert_eq!((failed, v2.answered(503)), (5, 5), "the canary's own, and not one more");
    let finding = finding(&stopped)?;
    assert_eq!(finding.seen.failed.canary, 5);
    // From before the first change on: the counters of all five configurations are one.
    let baseline =
        metric(&envoy, "checkout", "serinus_requests_total", &[("cohort", "baseline")]).await?;
    assert!(finding.seen.assigned.baseline > 600 && baseline >= finding.seen.assigned.baseline);
    assert!(stopped.stage_age_ms > 1_500, "{}", stopped.stage_age_ms);
    let users = stickiness_violations(&done, 2);
    assert_eq!(users, [], "to the canary and back, at the most");
    Ok(())
}

#[tokio::test]
async fn a_change_in_mid_traffic_keeps_the_stage_and_its_evidence() -> Result<()> {
    let (_v1, v2, envoy) = two_versions().await?;
    let stages = |second: u64| {
        json!([
            { "weight": "10%", "min_requests": 40 },
            { "weight": "50%", "min_requests": second },
            { "weight": "100%", "watch": "1h" },
        ])
    };
    let base = with(&rollout("10%"), &json!({ "stages": stages(1_000_000) }));
    let envoy = envoy.filter(serinus(base.clone())?.ecds()).start().await?;
    let load = Load::new().rate(400.0).users(2_000).start(&envoy);
    decision(&envoy, "checkout", Verdict::Promote, 0).await?;
    v2.wait_for_requests(v2.requests() + 800).await?;

    // Asked for as many as there were, the stage is left at once; had they been forgotten, the next would not do.
    let done = load.stop_and_finish().await;
    assert!(done.iter().all(|exchange| exchange.status == Ok(200)));
    envoy.update_config("serinus", with(&base, &json!({ "stages": stages(700) }))).await?;
    let promoted = decision(&envoy, "checkout", Verdict::Promote, 1).await?;
    assert_eq!((promoted.stage, promoted.weight), (1, 50_000));
    assert!(promoted.stage_age_ms >= 1_500, "{}", promoted.stage_age_ms);
    assert_eq!(verdicts(&envoy, "checkout", Verdict::Promote)?.len(), 2);
    Ok(())
}

/// Envoy 1.40 hands a `Struct` over as it came over the wire, not as the JSON that its documentation
/// promises. Whoever configures it so is told the remedy; Istio sends a `StringValue`.
#[tokio::test]
async fn a_protobuf_struct_is_refused_with_the_remedy() -> Result<()> {
    let (_v1, v2, envoy) = two_versions().await?;
    let plugin = Filter::wasm("serinus").module(filter_path()?).config_struct(rollout("50%"));
    let envoy = envoy.filter(plugin).start().await?;
    let complaints = complaints(&envoy);
    assert_eq!(complaints.len(), 1, "{complaints:#?}");
    assert!(complaints[0].contains("deliver it as a StringValue"), "{complaints:#?}");
    assert_eq!(envoy.get("/").user("u1").send().await?.upstream(), "v1");
    assert_eq!(v2.requests(), 0);
    Ok(())
}

/// Numbers that went through a protobuf `Struct` on their way to a `StringValue` are doubles.
#[tokio::test]
async fn numbers_may_arrive_as_doubles() -> Result<()> {
    let (_v1, v2, envoy) = two_versions().await?;
    let config = r#"{ "rollout": "checkout", "unit": [{ "header": "x-user-id" }], "generation": 1.5e1,
        "stages": [{ "weight": 0.05, "min_time": "1h", "min_requests": 3000.0 }, { "weight": 1.0 }],
        "guard": { "alpha": 0.01, "tolerate": 0.5, "min_errors": 5.0 },
        "failure": { "status": ["500-599"], "grpc": [2.0, 14.0] } }"#;
    let plugin = Filter::wasm("serinus").module(filter_path()?).config_text(config);
    let envoy = envoy.filter(plugin).start().await?;
    assert_eq!(complaints(&envoy), Vec::<String>::new());
    v2.behave(Behaviour::status(503).latency(Duration::from_millis(1)));
    let load = Load::new().rate(400.0).users(10_000).start(&envoy);
    let stopped = decision(&envoy, "checkout", Verdict::Rollback, 0).await?;
    load.stop_and_finish().await;
    assert_eq!((stopped.generation, stopped.weight), (15, 5_000));
    assert!(v2.requests() <= 10);
    Ok(())
}
