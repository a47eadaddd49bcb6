//! What `make demo` runs: with an Envoy, without one, and with one that does not work.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output};

use anyhow::Result;

/// Instead of running anything, says what would be run.
const CARGO: &str = "#!/bin/sh\necho \"cargo $*\"\n";

/// Whether `make demo` with this variable succeeds, what it runs, and what it says.
fn make_demo(variable: &str) -> Result<(bool, String, String)> {
    let tools = tempfile::tempdir()?;
    let cargo = tools.path().join("cargo");
    fs::write(&cargo, CARGO)?;
    fs::set_permissions(&cargo, Permissions::from_mode(0o755))?;
    let path = format!("{}:{}", tools.path().display(), std::env::var("PATH")?);
    let mut make = Command::new("make");
    // The filter is taken to be there; the settings of a make that runs this test are not its own.
    make.args(["--no-print-directory", "--old-file=filter", "demo", variable]);
    make.current_dir(serinus_rig::workspace_root()).env("PATH", path);
    for set_by_make in ["MAKEFLAGS", "MAKELEVEL", "MFLAGS", "SERINUS_NO_ENVOY"] {
        make.env_remove(set_by_make);
    }
    let Output { status, stdout, stderr } = make.output()?;
    Ok((status.success(), String::from_utf8(stdout)?, String::from_utf8(stderr)?))
}

#[test]
fn with_an_envoy_it_plays_on_that() -> Result<()> {
    let (fine, run, _) = make_demo("ENVOY=/bin/true")?;
    assert_eq!((fine, run.as_str()), (true, "cargo run --locked --release -p serinus-demo\n"));
    Ok(())
}

#[test]
fn without_one_it_says_so_and_plays_on_the_embedded_host() -> Result<()> {
    let (fine, run, said) = make_demo("SERINUS_NO_ENVOY=1")?;
    assert!(fine && run.ends_with("-p serinus-demo --features embedded -- --embedded\n"), "{run}");
    assert!(said.contains("No Envoy can be had"), "{said}");
    Ok(())
}

#[test]
fn with_one_that_does_not_run_it_stops() -> Result<()> {
    let (fine, run, said) = make_demo("ENVOY=/nowhere")?;
    assert!(!fine && run.is_empty() && said.contains("does not run"), "{run}{said}");
    Ok(())
}
