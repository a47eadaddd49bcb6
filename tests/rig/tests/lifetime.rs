//! No Envoy is left behind, whatever ends the test.

use std::path::Path;
use std::process::Command;

use anyhow::Result;
use serinus_rig::{Envoy, Error, eventually};

const CHILD: &str = "SERINUS_RIG_ABORTING_CHILD";

/// Whether a process runs; one that only waits to be collected does not.
fn runs(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(')')
        .next()
        .is_some_and(|fields| !fields.is_empty() && !fields.trim_start().starts_with('Z'))
}

#[tokio::test]
async fn a_dropped_envoy_is_gone_with_its_files() -> Result<()> {
    let envoy = Envoy::builder().routes([]).start().await?;
    let (pid, dir) = (envoy.pid(), envoy.dir().to_path_buf());
    assert!(runs(pid) && envoy.is_alive() && dir.exists());
    drop(envoy);
    assert!(!runs(pid) && !dir.exists());
    Ok(())
}

#[tokio::test]
async fn stopping_returns_the_whole_log() -> Result<()> {
    let envoy = Envoy::builder().routes([]).start().await?;
    let mut tail = envoy.log_tail();
    assert!(!tail.new_lines().is_empty());
    let log = envoy.stop();
    assert!(log.iter().any(|line| line.contains("exiting")), "{log:#?}");
    Ok(())
}

#[tokio::test]
async fn an_aborted_test_leaves_no_envoy() -> Result<()> {
    let (out, file) = (tempfile::tempdir()?, "pid");
    let status = Command::new(std::env::current_exe()?)
        .args(["--ignored", "--exact", "starts_an_envoy_and_aborts"])
        .env(CHILD, out.path().join(file))
        .status()?;
    assert!(!status.success());
    let report = std::fs::read_to_string(out.path().join(file))?;
    let (pid, dir) = report.split_once(' ').unwrap();
    let pid = pid.parse()?;
    eventually("the orphan to be killed", || async { (!runs(pid)).then_some(()) }).await?;
    // Nobody was left to remove them.
    std::fs::remove_dir_all(dir)?;
    Ok(())
}

#[tokio::test]
#[ignore = "run by an_aborted_test_leaves_no_envoy"]
async fn starts_an_envoy_and_aborts() -> Result<()> {
    let Some(file) = std::env::var_os(CHILD) else {
        return Ok(());
    };
    let envoy = Envoy::builder().routes([]).start().await?;
    std::fs::write(Path::new(&file), format!("{} {}", envoy.pid(), envoy.dir().display()))?;
    std::process::abort()
}

#[tokio::test]
async fn a_broken_configuration_is_an_error_with_the_log() {
    let started =
        Envoy::builder().patch(|bootstrap| bootstrap["no_such_field"] = 1.into()).start().await;
    assert!(matches!(started, Err(Error::EnvoyEnded { log, .. }) if log.contains("no_such_field")));
}

#[tokio::test]
async fn a_process_knows_its_cost_and_its_configuration() -> Result<()> {
    let envoy = Envoy::builder().workers(3).routes([]).start().await?;
    assert!(envoy.rss_bytes()? > 10 << 20);
    assert!(!envoy.cpu_time()?.is_zero());
    let info = envoy.server_info().await?;
    assert_eq!(
        (&info["state"], &info["command_line_options"]["concurrency"]),
        (&"LIVE".into(), &3.into())
    );
    assert!(envoy.config_dump().await?.to_string().contains("HttpConnectionManager"));
    assert_eq!(envoy.worker_connections().await?.len(), 3);
    Ok(())
}
