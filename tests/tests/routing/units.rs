//! Who is being assigned: header, cookie, issued cookie, claim of a verified token, address.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use serinus_core::arm::Arm;
use serinus_rig::{Behaviour, COHORT_HEADER, Envoy, Reply};

use crate::stand::{self, Stand, jwt, upstream_of};

const COOKIE: &str = "__Host-serinus";
/// How often the same is asked, so that both workers answer.
const AGAIN: usize = 6;

fn by_unit(unit: Value) -> Value {
    let mut config = stand::steady("50%");
    config["unit"] = unit;
    config
}

fn issuing() -> Value {
    let key = "c2VyaW51cyBzZXJpbnVzIHNlcmludXMgc2VyaW51cyE=";
    let mut config = by_unit(json!([
        { "cookie": { "name": COOKIE, "issue": true, "key": key, "max_age": "1h" } },
    ]));
    let consent = json!({ "header": "x-consent", "not": { "exact": "yes" } });
    config["exclude"] = json!([{ "name": "no-consent", "when": consent }]);
    config
}

/// The values of the `set-cookie` headers of an answer.
fn set_cookies(reply: &Reply) -> Vec<String> {
    let values = reply.headers.get_all("set-cookie").iter();
    values.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).collect()
}

/// A visitor who agrees, with or without a cookie.
async fn visit(envoy: &Envoy, cookie: Option<&str>) -> Result<Reply> {
    let call = envoy.get("/").alone().header("x-consent", "yes");
    let call = match cookie {
        Some(cookie) => call.header("cookie", cookie),
        None => call,
    };
    Ok(call.send().await?)
}

/// A new visitor's cookie, `name=value`, and the cohort that the id in it stands for.
async fn issued(envoy: &Envoy, config: &Value) -> Result<(String, Arm)> {
    let reply = visit(envoy, None).await?;
    let cookies = set_cookies(&reply);
    let [cookie] = &cookies[..] else { anyhow::bail!("not one cookie: {cookies:?}") };
    let (pair, attributes) = cookie.split_once("; ").context("no attributes")?;
    assert_eq!(attributes, "Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=3600");
    let id = pair.split('.').nth(1).context("no id")?;
    let cohort = stand::cohort_of(&stand::native(config)?, id);
    assert_eq!(reply.upstream(), upstream_of(cohort), "already for this request: {cookie}");
    Ok((pair.to_owned(), cohort))
}

/// The cookies of two new visitors, one for each cohort.
async fn issued_to_each(envoy: &Envoy, config: &Value) -> Result<[String; 2]> {
    let mut found = [None, None];
    for _ in 0..100 {
        let (cookie, cohort) = issued(envoy, config).await?;
        found[cohort as usize].get_or_insert(cookie);
        if let [Some(baseline), Some(canary)] = found {
            return Ok([baseline, canary]);
        }
    }
    anyhow::bail!("100 visitors in one cohort at 50 %")
}

#[tokio::test]
async fn an_issued_cookie_keeps_its_holder_in_the_cohort_of_the_first_request() -> Result<()> {
    let config = issuing();
    let stand = stand::stand(&config).await?;
    let cookies = issued_to_each(&stand.envoy, &config).await?;
    for (cookie, cohort) in cookies.iter().zip([Arm::Baseline, Arm::Canary]) {
        for _ in 0..AGAIN {
            let among_others = format!("a=1; {cookie}; b=2");
            let reply = visit(&stand.envoy, Some(&among_others)).await?;
            assert_eq!(reply.upstream(), upstream_of(cohort), "{cookie}");
            assert_eq!(set_cookies(&reply), [""; 0], "nothing new for {cookie}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_cookie_that_the_key_did_not_sign_counts_for_nothing() -> Result<()> {
    let config = issuing();
    let stand = stand::stand(&config).await?;
    let [baseline, canary] = issued_to_each(&stand.envoy, &config).await?;
    let (id, tag) = canary.rsplit_once('.').context("no tag")?;
    let other_tag = baseline.rsplit('.').next().context("no tag")?;
    let first = if tag.starts_with('A') { 'B' } else { 'A' };
    for cookie in [
        format!("{id}.{first}{}", &tag[1..]),
        format!("{id}.{other_tag}"),
        format!("{id}."),
        id.to_owned(),
        canary.replace("v1.", "v2."),
        canary.replace(COOKIE, &COOKIE.to_lowercase()),
        format!("{COOKIE}=canary"),
        format!("{COOKIE}="),
    ] {
        let reply = visit(&stand.envoy, Some(&cookie)).await?;
        let new = set_cookies(&reply);
        assert!(new.len() == 1 && !new[0].starts_with(&canary), "{cookie}: {new:?}");
    }
    Ok(())
}

#[tokio::test]
async fn nobody_who_is_excluded_is_given_a_cookie() -> Result<()> {
    let stand = stand::stand(&issuing()).await?;
    for consent in [None, Some("no"), Some("")] {
        let call = stand.envoy.get("/");
        let call = consent.into_iter().fold(call, |call, value| call.header("x-consent", value));
        let reply = call.send().await?;
        assert_eq!((reply.upstream(), set_cookies(&reply)), ("v1", vec![]), "{consent:?}");
    }
    let counts = stand::counts_after(&stand.envoy, 3).await?;
    assert_eq!(counts, stand::expect(&[("outside success", 3)]));
    Ok(())
}

#[tokio::test]
async fn the_upstreams_own_cookies_are_kept() -> Result<()> {
    let stand = stand::stand(&issuing()).await?;
    for upstream in [&stand.v1, &stand.v2] {
        upstream.behave(Behaviour::ok().header("set-cookie", "session=1"));
    }
    let cookies = set_cookies(&visit(&stand.envoy, None).await?);
    assert!(cookies.len() == 2 && cookies.contains(&"session=1".to_owned()), "{cookies:?}");
    Ok(())
}

#[tokio::test]
async fn a_plain_cookie_is_a_unit_and_the_first_source_that_is_present_counts() -> Result<()> {
    let config = by_unit(json!([{ "cookie": { "name": "sid" } }, { "header": "x-user-id" }]));
    let users = users_of_each(&config)?;
    let stand = stand::stand(&config).await?;
    for (cohort, user) in &users {
        let other = &users[1 - *cohort as usize].1;
        let cookie = |text: String| stand.envoy.get("/").header("cookie", text);
        for (case, call) in [
            ("cookie", cookie(format!("xsid={other}; sid={user}; sid={other}"))),
            ("before the header", cookie(format!("sid={user}")).user(other)),
            ("empty", cookie("sid=; x=1".into()).user(user)),
            ("header", stand.envoy.get("/").user(user)),
        ] {
            assert_eq!(call.send().await?.upstream(), upstream_of(*cohort), "{case}");
        }
    }
    Ok(())
}

fn users_of_each(config: &Value) -> Result<[(Arm, String); 2]> {
    let user = |cohort| {
        anyhow::Ok((cohort, stand::users_in(config, cohort, 1)?.pop().context("no user")?))
    };
    Ok([user(Arm::Baseline)?, user(Arm::Canary)?])
}

async fn behind_authn(config: &Value) -> Result<Stand> {
    let filter = stand::serinus(config)?;
    stand::stand_of(|builder| builder.filter(jwt::authn()).filter(filter)).await
}

#[tokio::test]
async fn the_claim_of_a_verified_token_is_a_unit() -> Result<()> {
    let config = by_unit(json!([{ "jwt": "uid" }]));
    let rollout = stand::native(&config)?;
    let stand = behind_authn(&config).await?;
    let [(_, low), (_, high)] = users_of_each(&config)?;
    // A number is the same unit as its digits in a text.
    for id in [json!(low), json!(high), json!(7), json!("7"), json!(123_456_789_012_u64)] {
        let unit = id.as_str().map_or_else(|| id.to_string(), Into::into);
        let cohort = stand::cohort_of(&rollout, unit);
        let token = jwt::bearer(json!({ "uid": id }))?;
        for _ in 0..AGAIN {
            let reply = stand.envoy.get("/").alone().header("authorization", &token).send().await?;
            assert_eq!((reply.status, reply.upstream()), (200, upstream_of(cohort)), "{id}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_token_that_does_not_verify_reaches_nobody_and_one_without_the_claim_the_baseline()
-> Result<()> {
    let mut config = by_unit(json!([{ "jwt": "sub" }]));
    config["stages"] = json!([{ "weight": "100%" }]);
    let stand = behind_authn(&config).await?;
    let good = jwt::bearer(json!({ "sub": "anybody" }))?;
    let send = |token: String| stand.envoy.get("/").header("authorization", token).send();
    assert_eq!(send(good.clone()).await?.upstream(), "v2");
    let reply = send(jwt::bearer(json!({ "name": "anybody" }))?).await?;
    assert_eq!(reply.received(COHORT_HEADER), ["baseline"]);
    assert_eq!(stand.envoy.get("/").send().await?.upstream(), "v1");

    let (signed, tag) = good.rsplit_once('.').context("no tag")?;
    let forged = format!("{signed}.{}", tag.chars().rev().collect::<String>());
    assert_eq!(send(forged).await?.status, 401);
    let counts = stand::counts_after(&stand.envoy, 4).await?;
    assert_eq!(counts, stand::expect(&[("canary success", 1), ("outside success", 2)]));
    Ok(())
}

#[tokio::test]
async fn the_source_address_is_a_unit_without_its_port() -> Result<()> {
    // One address is all there is, so two rollouts put it in either cohort.
    let salted = |salt: String, host: &str| {
        let mut config = by_unit(json!([{ "source_address": true }]));
        config["rollout"] = salt.into();
        config["match"] = json!({ "hosts": [host] });
        config
    };
    let found = |cohort: Arm, host: &'static str| {
        let all = (0..1_000).map(move |n| salted(format!("r{n}"), host));
        let mut fits = all.filter(move |config| {
            stand::native(config).is_ok_and(|r| stand::cohort_of(&r, "127.0.0.1") == cohort)
        });
        fits.next().context("no salt")
    };
    let low = found(Arm::Baseline, "low.test")?;
    let high = found(Arm::Canary, "high.test")?;
    let stand = stand::stand(&json!({ "rollouts": [low, high] })).await?;
    for (host, upstream) in [("low.test", "v1"), ("high.test", "v2")] {
        for _ in 0..4 * AGAIN {
            // From another port each time.
            let reply = stand.envoy.get("/").host(host).alone().send().await?;
            assert_eq!(reply.upstream(), upstream, "{host}");
        }
    }
    Ok(())
}
