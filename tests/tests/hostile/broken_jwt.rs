//! Claims that are not what a rollout expects of them, put where `jwt_authn` puts a verified token's.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use serinus_core::arm::Arm;
use serinus_rig::Filter;

use crate::stand::{self, Stand};
use crate::{cohort_of, ensure_as_before, ensure_own_header, known};

const TYPE: &str = "type.googleapis.com/envoy.extensions.filters.http.set_metadata.v3.Config";

/// Puts this where the filter looks for the claims of a token.
fn metadata(namespace: Value) -> Filter {
    let entry = json!({
        "metadata_namespace": "envoy.filters.http.jwt_authn", "value": namespace, "allow_overwrite": true,
    });
    Filter::raw("set_metadata", json!({ "@type": TYPE, "metadata": [entry] }))
}

async fn behind(namespace: Value, config: &Value) -> Result<Stand> {
    let filter = stand::serinus(config)?;
    let chain = |builder: serinus_rig::Builder| {
        builder.workers(1).filter(metadata(namespace)).filter(filter)
    };
    stand::stand_of(chain).await
}

/// A rollout for `/<claim>/`, with this claim for unit and every operator on it, and one by header for the rest.
fn by_claim(claims: &[&str]) -> Value {
    let asks = |claim: &str| {
        [
            json!({ "jwt": claim, "exact": "never" }),
            json!({ "jwt": claim, "contains": "never" }),
            json!({ "jwt": claim, "regex": "never" }),
            json!({ "jwt": claim, "gt": 1e300 }),
            json!({ "jwt": claim, "semver": ">=999.0.0" }),
            json!({ "jwt": claim, "cidr": ["203.0.113.7/32"] }),
            json!({ "jwt": claim, "percentage": "0%" }),
            json!({ "method": true, "present": true }),
        ]
    };
    let one = |claim: &&str| {
        let mut config = stand::steady("50%");
        config["rollout"] = format!("by-{claim}").into();
        config["salt"] = "checkout".into();
        config["match"] = json!({ "path_prefix": format!("/{claim}/") });
        config["unit"] = json!([{ "jwt": claim }]);
        config["eligible"] = json!([{ "name": "all", "when": { "any": asks(claim) } }]);
        config
    };
    let mut rollouts: Vec<_> = claims.iter().map(one).collect();
    rollouts.push(stand::steady("50%"));
    json!({ "rollouts": rollouts })
}

#[tokio::test]
async fn a_claim_of_any_type_is_a_unit_or_none() -> Result<()> {
    // Protobuf reads a hundred levels, and each of these takes several.
    let deep = (0..8).fold(json!("x"), |inner, _| json!({ "a": [inner] }));
    let wide: Vec<_> = (0..2_000).map(|n| n.to_string()).collect();
    let unit = |text: &str| cohort_of(text);
    let none = Arm::Baseline;
    let rows: Vec<(&str, Value, Arm)> = vec![
        ("text", json!("u7"), unit("u7")?),
        ("empty", json!(""), none),
        ("nul", json!("a\u{0}b"), unit("a\u{0}b")?),
        ("foreign", json!("\u{fffd}ü\u{10ffff}"), unit("\u{fffd}ü\u{10ffff}")?),
        ("long", json!("x".repeat(64 << 10)), unit(&"x".repeat(64 << 10))?),
        ("whole", json!(42), unit("42")?),
        ("zero", json!(0), unit("0")?),
        ("negative", json!(-3), unit("-3")?),
        ("fraction", json!(0.5), none),
        ("huge", json!(1e300), none),
        ("no", json!(false), unit("false")?),
        ("yes", json!(true), unit("true")?),
        ("null", Value::Null, none),
        ("list", json!(["u7", "u8"]), none),
        ("nothing", json!([]), none),
        ("mixed", json!([1, "a", null, true, [2], { "b": 3 }]), none),
        ("wide", json!(wide), none),
        ("struct", json!({ "sub": "u7" }), none),
        ("hollow", json!({}), none),
        ("deep", deep, none),
    ];
    let claims: Vec<_> = rows.iter().map(|(claim, ..)| *claim).collect();
    let payload: Value = rows.iter().map(|(k, v, _)| ((*k).to_owned(), v.clone())).collect();
    let stand = behind(json!({ "payload": payload }), &by_claim(&claims)).await?;
    let users = known(&stand::steady("50%"))?;
    for (claim, value, cohort) in rows {
        let reply = stand.envoy.get(&format!("/{claim}/")).send().await?;
        ensure!(reply.status == 200, "{claim}: {}", reply.status);
        ensure_own_header(&reply, cohort).with_context(|| format!("{claim}: {value:.100}"))?;
        ensure_as_before(&stand.envoy, &users).await.context(claim)?;
    }
    Ok(())
}

#[tokio::test]
async fn a_payload_that_is_no_struct_has_no_claims() -> Result<()> {
    let users = known(&stand::steady("50%"))?;
    for namespace in [
        json!({ "payload": "text" }),
        json!({ "payload": 5 }),
        json!({ "payload": ["sub", "u7"] }),
        json!({ "payload": null }),
        json!({ "payload": { "payload": { "sub": "u7" } } }),
        json!({}),
    ] {
        let stand = behind(namespace.clone(), &by_claim(&["sub"])).await?;
        let reply = stand.envoy.get("/sub/").send().await?;
        ensure!(reply.status == 200, "{namespace}: {}", reply.status);
        ensure_own_header(&reply, Arm::Baseline).with_context(|| namespace.to_string())?;
        ensure_as_before(&stand.envoy, &users).await.with_context(|| namespace.to_string())?;
    }
    Ok(())
}
