//! Whatever a client sends, it is answered, no VM crashes, and the next request finds everything as it was.
//!
//! One worker, so that the next request meets the VM that had to read the hostile one. The rollout reads everything
//! that a rollout can read, and asks every kind of question of it.

#[path = "../stand/mod.rs"]
mod stand;

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use serinus_core::arm::Arm;
use serinus_rig::{COHORT_HEADER, Call, Envoy, FailurePolicy, Filter, Reply, filter_path};
use stand::{Stand, upstream_of};

mod broken_jwt;
mod fuzz;

const KEY: &str = "c2VyaW51cyBzZXJpbnVzIHNlcmludXMgc2VyaW51cyE=";

/// A rollout that reads everything; its rules hold for everybody.
fn curious() -> Value {
    let mut config = stand::steady("50%");
    config["unit"] = json!([
        { "jwt": "sub" },
        { "header": "x-user-id" },
        { "cookie": { "name": "sid" } },
        { "cookie": { "name": "signed", "key": KEY } },
    ]);
    let never = [
        json!({ "header": "x-any", "regex": "^(a+)+$never" }),
        json!({ "header": "x-any", "semver": ">=99.0.0" }),
        json!({ "header": "x-any", "gt": 1e300 }),
        json!({ "header": "x-any", "cidr": ["203.0.113.7/32"] }),
        json!({ "cookie": "any", "exact": "never" }),
        json!({ "query": "any", "suffix": "never" }),
        json!({ "query": "any", "contains": "%ff never" }),
        json!({ "path": true, "regex": "never$" }),
        json!({ "method": true, "in": ["NEVER"] }),
        json!({ "jwt": "sub", "contains": "never" }),
        json!({ "override": { "header": "x-override", "key": KEY } }),
    ];
    let mut any = never.to_vec();
    any.push(json!({ "method": true, "present": true }));
    config["eligible"] = json!([{ "name": "everybody", "when": { "any": any } }]);
    config["force"] = json!([{ "name": "nobody", "when": { "any": never }, "cohort": "canary" }]);
    config["match"] = json!({ "hosts": ["serinus.test", "*.test", "*"], "path_prefix": "/" });
    config
}

async fn one_worker(config: &Value) -> Result<Stand> {
    let filter = stand::serinus(config)?;
    stand::stand_of(|builder| builder.workers(1).filter(filter)).await
}

/// The users of a stand: one of each arm, each with its upstream.
fn known(config: &Value) -> Result<[(Arm, String); 2]> {
    let user = |cohort| {
        anyhow::Ok((cohort, stand::users_in(config, cohort, 1)?.pop().context("no user")?))
    };
    Ok([user(Arm::Baseline)?, user(Arm::Canary)?])
}

/// Nothing has crashed, and normal requests are routed as ever.
async fn ensure_as_before(envoy: &Envoy, users: &[(Arm, String)]) -> Result<()> {
    for (cohort, user) in users {
        let reply = envoy.get("/").user(user).send().await?;
        ensure!(reply.status == 200, "{user} got {}", reply.status);
        ensure_own_header(&reply, *cohort)?;
    }
    stand::ensure_no_crash(envoy).await
}

/// The upstream got exactly one cohort header, and is the one it names.
fn ensure_own_header(reply: &Reply, cohort: Arm) -> Result<()> {
    let received = reply.received(COHORT_HEADER);
    ensure!(received == [cohort.as_str()], "{received:?}, not {cohort:?}");
    ensure!(reply.upstream() == upstream_of(cohort), "{} for {cohort:?}", reply.upstream());
    Ok(())
}

/// The cohort of a unit under [`curious`].
fn cohort_of(unit: impl AsRef<[u8]>) -> Result<Arm> {
    Ok(stand::cohort_of(&stand::native(&curious())?, unit))
}

#[tokio::test]
async fn headers_of_any_size_number_and_bytes_are_units_or_nothing() -> Result<()> {
    let stand = one_worker(&curious()).await?;
    let users = known(&curious())?;
    let [(_, low), (_, high)] = &users;
    let long = "x".repeat(64 << 10);
    let many = |call: Call| (0..1_000).fold(call, |c, n| c.header(&format!("x-many-{n}"), "1"));
    let get = || stand.envoy.get("/?any=%ff%fe&any&=&any=%");
    let cookie = |text: &[u8]| get().header("cookie", text);
    let nobody = Arm::Baseline;
    let joined = [b"sid=".as_slice(), high.as_bytes(), b"; sid=", low.as_bytes()].concat();
    let giant = format!("{}; sid={high}; any={long}", "a=b; ".repeat(10_000));
    let rows: Vec<(&str, Call, Arm)> = vec![
        ("64 KiB unit", get().user(&long), cohort_of(&long)?),
        ("64 KiB beside it", get().user(high).header("x-any", &long), Arm::Canary),
        ("64 KiB forged cohort", get().user(low).header(COHORT_HEADER, &long), nobody),
        ("1000 headers", many(get().user(high)), Arm::Canary),
        ("1000 headers, no unit", many(get()), nobody),
        ("not UTF-8 unit", get().header("x-user-id", b"\xff\xfe"), cohort_of(b"\xff\xfe")?),
        ("half a character", get().header("x-user-id", b"u\xc3"), cohort_of(b"u\xc3")?),
        ("not UTF-8 beside it", get().user(high).header("x-any", b"\xff\xfe"), Arm::Canary),
        ("not UTF-8 cohort", get().user(low).header(COHORT_HEADER, b"\xff\xfe"), nobody),
        (
            "not UTF-8 override",
            get().user(low).header("x-override", b"v1.\xff.\xfe.1.\x80"),
            nobody,
        ),
        ("empty unit", get().user(""), nobody),
        ("blank unit", get().user("   "), nobody),
        ("empty, then a cookie", cookie(format!("sid={high}").as_bytes()).user(""), Arm::Canary),
        ("two units", get().user(high).user(low), Arm::Canary),
        ("two units, the other first", get().user(low).user(high), nobody),
        ("an empty unit first", get().user("").user(high), nobody),
        ("two cookies of a name", cookie(&joined), Arm::Canary),
        ("not UTF-8 cookie", cookie(b"sid=\xff\xfe; any=\xff"), cohort_of(b"\xff\xfe")?),
        ("no pairs", cookie(b"; ;=;;sid;any;=sid; signed"), nobody),
        ("signed badly", cookie(b"signed=v1.\xff\xff.\xff; signed=v1.."), nobody),
        ("giant cookie", cookie(giant.as_bytes()), Arm::Canary),
        (
            "almost a version",
            get().user(high).header("x-any", "99999999999999999999.1"),
            Arm::Canary,
        ),
        ("bad for a regex", get().user(high).header("x-any", "a".repeat(1_000)), Arm::Canary),
    ];
    for (case, call, cohort) in rows {
        let reply = call.send().await.context(case)?;
        ensure!(reply.status == 200, "{case}: {}", reply.status);
        ensure_own_header(&reply, cohort).context(case)?;
        ensure_as_before(&stand.envoy, &users).await.context(case)?;
    }
    Ok(())
}

#[tokio::test]
async fn a_cookie_is_found_behind_others_in_a_split_cookie_header() -> Result<()> {
    let stand = one_worker(&curious()).await?;
    for (cohort, user) in &known(&curious())? {
        let sid = format!("sid={user}");
        let split = |call: Call, parts: [&str; 2]| {
            parts.iter().fold(call, |call, part| call.header("cookie", part)).send()
        };
        // RFC 9113, section 8.2.3: HTTP/2 clients may split it, and Envoy joins it.
        let reply = split(stand.envoy.get("/").http2(), ["a=1", &sid]).await?;
        ensure_own_header(&reply, *cohort).context("HTTP/2")?;
        // RFC 6265, section 5.4: HTTP/1 clients must not, and Envoy shows a plugin the first.
        let reply = split(stand.envoy.get("/"), [&sid, "a=1"]).await?;
        ensure_own_header(&reply, *cohort).context("HTTP/1, in the first")?;
        let reply = split(stand.envoy.get("/"), ["a=1", &sid]).await?;
        ensure_own_header(&reply, Arm::Baseline).context("HTTP/1, in the second")?;
    }
    Ok(())
}

#[tokio::test]
async fn bytes_that_no_library_would_send_are_answered() -> Result<()> {
    let stand = one_worker(&curious()).await?;
    let users = known(&curious())?;
    let rows: &[(&str, &[u8], &[u8])] = &[
        ("path", b"GET /\xff\xfe?any=\xff HTTP/1.1\r\nhost: a.test", b""),
        ("path of one byte", b"GET / HTTP/1.1\r\nhost: a.test", b""),
        ("no path", b"GET ? HTTP/1.1\r\nhost: a.test", b""),
        ("every path", b"OPTIONS * HTTP/1.1\r\nhost: a.test", b""),
        ("a whole URL", b"GET http://a.test/x HTTP/1.1\r\nhost: b.test", b""),
        ("a tunnel", b"CONNECT a.test:443 HTTP/1.1\r\nhost: a.test:443", b""),
        ("authority", b"GET / HTTP/1.1\r\nhost: \xff\xfe", b""),
        ("empty authority", b"GET / HTTP/1.1\r\nhost:", b""),
        ("ports", b"GET / HTTP/1.1\r\nhost: a.test:::99999:", b""),
        ("no authority", b"GET / HTTP/1.1", b""),
        ("HTTP/1.0", b"GET / HTTP/1.0", b""),
        ("method", b"\xff\xfe / HTTP/1.1\r\nhost: a.test", b""),
        ("unit", b"GET / HTTP/1.1\r\nhost: a.test\r\nx-user-id: \xff\xfe\xc3\x28", b""),
        ("name", b"GET / HTTP/1.1\r\nhost: a.test\r\nx-user-id\xff: 1", b""),
        ("spaces", b"GET / HTTP/1.1\r\nhost: a.test\r\nx-user-id: \t  \t", b""),
        ("folded", b"GET / HTTP/1.1\r\nhost: a.test\r\nx-user-id: a\r\n b", b""),
        ("NUL", b"GET / HTTP/1.1\r\nhost: a.test\r\nx-user-id: a\x00b", b""),
        (
            "two lengths",
            b"POST / HTTP/1.1\r\nhost: a.test\r\ncontent-length: 1\r\ncontent-length: 2",
            b"ab",
        ),
    ];
    for (case, head, body) in rows {
        let bytes = [*head, b"\r\nconnection: close\r\n\r\n", *body].concat();
        let answer = stand.envoy.send_raw(&bytes).await.context(*case)?;
        let text = String::from_utf8_lossy(&answer);
        let status = text.split(' ').nth(1).unwrap_or_default();
        // Envoy itself may refuse; a crashed VM would answer 503.
        ensure!(matches!(status, "200" | "400" | "403" | "404" | "426"), "{case}: {text}");
        ensure_as_before(&stand.envoy, &users).await.context(*case)?;
    }
    Ok(())
}

/// A module that traps at every request.
const TRAP: &str = r#"(module
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "_initialize"))
  (func (export "malloc") (param i32) (result i32) (i32.const 1024))
  (func (export "proxy_on_memory_allocate") (param i32) (result i32) (i32.const 1024))
  (func (export "proxy_on_context_create") (param i32 i32))
  (func (export "proxy_on_vm_start") (param i32 i32) (result i32) (i32.const 1))
  (func (export "proxy_on_configure") (param i32 i32) (result i32) (i32.const 1))
  (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32) unreachable)
  (memory (export "memory") 1))"#;

/// Every test here rests on this check, so it must be able to fail.
#[tokio::test]
async fn a_crash_would_be_seen() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let module = dir.path().join("trap.wasm");
    std::fs::write(&module, wat::parse_str(TRAP)?)?;
    ensure!(module != filter_path()?);
    let trap = Filter::wasm("serinus").module(module).failure_policy(FailurePolicy::Reload);
    let stand = stand::stand_of(|builder| builder.workers(1).filter(trap)).await?;
    stand::ensure_no_crash(&stand.envoy).await?;
    assert_eq!(stand.envoy.get("/").send().await?.status, 503);
    assert!(stand::ensure_no_crash(&stand.envoy).await.is_err());
    Ok(())
}

/// How often each cohort was counted, whatever the outcome.
async fn arms(envoy: &Envoy) -> Result<BTreeMap<String, u64>> {
    let mut arms = BTreeMap::new();
    for (key, count) in stand::counts(envoy).await? {
        let arm = key.split(' ').next().unwrap_or_default().to_owned();
        *arms.entry(arm).or_default() += count;
    }
    Ok(arms)
}
