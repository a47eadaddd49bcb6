//! The demo where no Envoy can be had: its first act, on the embedded host.

use std::process::{Command, Output};

use anyhow::{Result, ensure};
use serde_json::Value;

const ARGS: [&str; 8] =
    ["--embedded", "--act", "1", "--failing", "100", "--plain", "--json", "--workers=2"];

#[test]
fn the_first_act_holds_and_does_not_pass_for_envoy() -> Result<()> {
    let mut demo = Command::new(env!("CARGO_BIN_EXE_serinus-demo"));
    demo.args(ARGS).env("SERINUS_FILTER", serinus_rig::filter_path()?).env("ENVOY", "/nowhere");
    let Output { status, stdout, stderr } = demo.output()?;
    let (json, story) = (String::from_utf8(stdout)?, String::from_utf8(stderr)?);
    ensure!(status.success(), "{status}\n{story}\n{json}");
    let summary: Value = serde_json::from_str(&json)?;
    let held = (&summary["held"], &summary["host"], &summary["envoy"]);
    assert_eq!(held, (&true.into(), &"embedded".into(), &Value::Null), "{summary:#}");
    let act = &summary["acts"][0];
    assert_eq!(
        (&act["act"], &act["crowd"]["stickiness_violations"]),
        (&"stopped".into(), &0.into())
    );
    assert!(act["canary_requests_from_first_failure"].as_u64().is_some_and(|n| n >= 5));
    assert!(act["stop"]["first_failure_to_decision_ms"].as_f64().is_some_and(|ms| ms > 0.0));
    for said in
        ["Embedded host, no Envoy", "Serinus stops v2", "Nothing below was measured on Envoy"]
    {
        assert!(story.contains(said), "{said:?} is missing in\n{story}");
    }
    Ok(())
}
