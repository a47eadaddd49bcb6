//! Ten thousand users stay where the core puts them, in every worker, while the weight goes up and down.

use std::collections::BTreeSet;

use anyhow::Result;
use serde_json::{Value, json};
use serinus_core::arm::Arm;
use serinus_rig::{Load, Users, eventually, stickiness_violations};

use crate::stand::{self, Stand};

const USERS: usize = 10_000;

/// A rollout whose stage the configuration says.
fn at_stage(stage: u64) -> Value {
    let mut config = stand::steady("10%");
    config["mode"] = "follow".into();
    config["stage"] = stage.into();
    config["stages"] = json!([{ "weight": "10%" }, { "weight": "35%" }, { "weight": "100%" }]);
    config
}

/// Of so many users, those whom the core gives the canary.
fn expected(config: &Value, users: usize) -> Result<BTreeSet<String>> {
    let rollout = stand::native(config)?;
    let users = (0..users).map(|n| format!("u{n}"));
    Ok(users.filter(|user| stand::cohort_of(&rollout, user) == Arm::Canary).collect())
}

/// Sends everyone there twice, and returns who was at the canary.
async fn canary_users(stand: &Stand) -> Result<BTreeSet<String>> {
    stand.v1.forget();
    stand.v2.forget();
    let mut done = Vec::new();
    // Each number of connections deals them out to the workers in another way, so most users see several.
    for connections in [64, 61] {
        let load = Load::new().users(Users::InTurn(USERS)).requests(USERS as u64);
        done.extend(load.outstanding(connections).start(&stand.envoy).finish().await);
    }
    assert_eq!(done.len(), 2 * USERS);
    assert!(done.iter().all(|exchange| exchange.status == Ok(200)));
    assert_eq!(stickiness_violations(&done, 0), []);
    // Overlapping requests of one user count too: nobody may be at both.
    assert_eq!(stand.v1.users() + stand.v2.users(), USERS);
    Ok(stand.v2.hits().into_iter().filter_map(|hit| hit.user).collect())
}

/// Changes the stage, and waits until the workers can know.
async fn move_to(stand: &Stand, stage: u64, weight: u64) -> Result<()> {
    let gauge = |name: &'static str| async move {
        Ok::<_, anyhow::Error>(stand.envoy.metrics().await?.value(name, &[]) as u64)
    };
    let before = gauge("serinus_revision").await?;
    stand.envoy.update_config("serinus", at_stage(stage)).await?;
    let moved = || async {
        // The revision is the last gauge to be set, and the one that the workers look at.
        let changed = gauge("serinus_revision").await.ok()? > before;
        (changed && gauge("serinus_canary_weight").await.ok()? == weight).then_some(())
    };
    Ok(eventually(format!("stage {stage}"), moved).await?)
}

#[tokio::test]
async fn nobody_loses_the_canary_on_the_way_up_and_the_way_down_ends_where_it_began() -> Result<()>
{
    let stand = stand::stand_of(|builder| {
        builder.workers(3).without_access_log().filter(stand::serinus(&at_stage(0)).unwrap())
    })
    .await?;
    let few = canary_users(&stand).await?;
    assert_eq!(few, expected(&at_stage(0), USERS)?);
    assert!((900..1_100).contains(&few.len()), "{} of {USERS} at 10 %", few.len());

    move_to(&stand, 1, 35_000).await?;
    let many = canary_users(&stand).await?;
    assert_eq!(many, expected(&at_stage(1), USERS)?);
    assert!(few.is_subset(&many) && many.len() > 2 * few.len());

    move_to(&stand, 0, 10_000).await?;
    assert_eq!(canary_users(&stand).await?, few);

    let workers = stand.envoy.worker_connections().await?;
    assert!(workers.len() == 3 && workers.iter().all(|count| *count > 0), "{workers:?}");
    stand::ensure_no_crash(&stand.envoy).await
}

#[tokio::test]
async fn another_salt_draws_other_users_and_another_bucketing_too() -> Result<()> {
    const FEW: usize = 2_000;
    let plain = stand::steady("10%");
    let mut sets = vec![expected(&plain, FEW)?];
    for (key, value) in [("salt", "another"), ("bucketing", "launchdarkly")] {
        let mut config = plain.clone();
        config[key] = value.into();
        let stand = stand::stand(&config).await?;
        let load = Load::new().users(Users::InTurn(FEW)).requests(FEW as u64);
        load.start(&stand.envoy).finish().await;
        let users = stand.v2.hits().into_iter().filter_map(|hit| hit.user).collect();
        assert_eq!(users, expected(&config, FEW)?, "{key}");
        sets.push(users);
    }
    // By chance a tenth of the 200 of one set is in the other.
    for (a, b) in [(0, 1), (0, 2), (1, 2)] {
        let both = sets[a].intersection(&sets[b]).count();
        assert!((5..60).contains(&both), "{both} in sets {a} and {b}");
    }
    Ok(())
}
