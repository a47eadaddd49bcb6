//! `examples/envoy`: exactly these files in a real Envoy, and everything that its README says comes out.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use serinus_lab::rollout_file::{Document, Source};
use serinus_rig::{
    Behaviour, Envoy, Metrics, Upstream, envoy_binary, eventually, filter_path, workspace_root,
};
use tempfile::TempDir;

const RELOADS: &str = "extension_config_discovery.http_filter.serinus.config_reload";
const REFUSALS: &str = "extension_config_discovery.http_filter.serinus.update_rejected";

/// The example with free ports and absolute paths in place of its own, and otherwise to the letter.
struct Copy {
    dir: TempDir,
}

impl Copy {
    fn new(v1: &Upstream, v2: &Upstream) -> Result<Self> {
        let copy = Self { dir: TempDir::new()? };
        fs::create_dir(copy.path("ecds"))?;
        let ecds = copy.path("ecds").display().to_string();
        let replaced = [
            ("port_value: 9901", "port_value: 0".to_owned()),
            ("port_value: 10000", "port_value: 0".to_owned()),
            ("port_value: 8081", format!("port_value: {}", v1.addr().port())),
            ("port_value: 8082", format!("port_value: {}", v2.addr().port())),
            ("path: ecds/serinus.yaml", format!("path: {ecds}/serinus.yaml")),
            ("path: ecds }", format!("path: {ecds} }}")),
        ];
        copy.take("envoy.yaml", &replaced)?;
        let module = filter_path()?.display().to_string();
        copy.take("ecds/serinus.yaml", &[("../../target/dist/serinus-filter.wasm", module)])?;
        Ok(copy)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Copies a file of the example; each replacement must be needed exactly once.
    fn take(&self, name: &str, replaced: &[(&str, String)]) -> Result<()> {
        let mut text = fs::read_to_string(example(name))?;
        for (old, new) in replaced {
            ensure!(text.matches(old).count() == 1, "`{old}` should be once in {name}");
            text = text.replace(old, new);
        }
        Ok(fs::write(self.path(name), text)?)
    }

    /// What the README does with `sed -i`: a new file, renamed over the old one.
    fn edit(&self, old: &str, new: &str) -> Result<()> {
        let text = fs::read_to_string(self.path("ecds/serinus.yaml"))?;
        ensure!(text.matches(old).count() == 1, "`{old}` should be once in ecds/serinus.yaml");
        fs::write(self.path("ecds/next"), text.replace(old, new))?;
        Ok(fs::rename(self.path("ecds/next"), self.path("ecds/serinus.yaml"))?)
    }

    /// An edit that Envoy takes.
    async fn edit_live(&self, envoy: &Envoy, old: &str, new: &str) -> Result<()> {
        self.edit_until(envoy, old, new, RELOADS).await
    }

    async fn edit_until(&self, envoy: &Envoy, old: &str, new: &str, stat: &str) -> Result<()> {
        let before = envoy.stat(stat).await?;
        self.edit(old, new)?;
        let risen = || async { envoy.stat(stat).await.ok().filter(|now| *now > before) };
        eventually(format!("{stat} above {before}"), risen).await?;
        Ok(())
    }
}

fn example(name: &str) -> PathBuf {
    workspace_root().join("examples/envoy").join(name)
}

/// Envoy itself reads the YAML, comments and all.
fn validate(config: &Path) -> Result<()> {
    let output = Command::new(envoy_binary()?)
        .args(["--mode", "validate", "--disable-hot-restart", "-c"])
        .arg(config)
        .output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

async fn start(copy: &Copy) -> Result<Envoy> {
    let config = copy.path("envoy.yaml");
    validate(&config)?;
    let document = Document::read(&Source::read(&config.display().to_string())?)?;
    let patched = move |bootstrap: &mut Value| bootstrap.clone_from(&document.value);
    Ok(Envoy::builder().workers(2).patch(patched).start().await?)
}

/// The ```text blocks of a section of the README.
fn shown(heading: &str) -> Result<String> {
    let readme = fs::read_to_string(example("README.md"))?;
    let section = readme.split("\n## ").find(|section| section.starts_with(heading));
    let section = section.with_context(|| format!("no section `{heading}`"))?;
    let blocks = section.split("```text\n").skip(1);
    Ok(blocks.filter_map(|block| block.split("```").next()).collect())
}

/// Every metric that the text shows has this value on the page, and under these labels only.
fn agrees(page: &Metrics, text: &str) -> Result<()> {
    let shown = Metrics::parse(&lines_with(text, "serinus_"));
    ensure!(!shown.samples.is_empty(), "the README shows no metric here");
    for sample in shown.samples {
        ensure!(page.samples.contains(&sample), "the README shows {sample:?}");
    }
    Ok(())
}

fn lines_with(text: &str, start: &str) -> String {
    text.lines().filter(|line| line.starts_with(start)).map(|line| format!("{line}\n")).collect()
}

async fn ask(envoy: &Envoy, user: &str) -> Result<serinus_rig::Reply> {
    Ok(envoy.get("/").user(user).header("x-serinus-cohort", "canary").send().await?)
}

#[tokio::test]
async fn the_readme_of_the_envoy_example_is_true() -> Result<()> {
    let (v1, v2) = (Upstream::start("v1").await?, Upstream::start("v2").await?);
    let copy = Copy::new(&v1, &v2)?;
    let envoy = start(&copy).await?;

    who_gets_the_canary(&envoy).await?;
    agrees(&envoy.metrics().await?, &shown("What Prometheus sees")?)?;
    kill_and_take_back(&copy, &envoy).await?;
    the_canary_turns_bad(&envoy, &v2).await?;
    a_mistake(&copy, &envoy).await?;

    copy.edit_live(&envoy, r#""generation": 1"#, r#""generation": 2"#).await?;
    agrees(&envoy.metrics().await?, &shown("Try again")?)
}

async fn who_gets_the_canary(envoy: &Envoy) -> Result<()> {
    let shown = shown("Who gets the canary")?;
    let words: Vec<&str> = shown.split_whitespace().collect();
    ensure!(words.len() == 48);
    for pair in words.chunks(2) {
        let [user, version] = pair else { bail!("half a pair") };
        let reply = ask(envoy, user).await?;
        ensure!(reply.upstream() == *version, "{user} got {}", reply.upstream());
        // The client said `canary` each time; the upstream sees one header, and it is ours.
        let expected = if *version == "v2" { "canary" } else { "baseline" };
        let received = reply.received("x-serinus-cohort");
        ensure!(received == [expected], "{user}: {received:?}");
    }
    Ok(())
}

async fn kill_and_take_back(copy: &Copy, envoy: &Envoy) -> Result<()> {
    let mut seen = String::new();
    copy.edit_live(envoy, r#""kill": false"#, r#""kill": true"#).await?;
    seen += ask(envoy, "u6").await?.upstream();
    let shown = shown("Kill it")?;
    agrees(&envoy.metrics().await?, &shown)?;
    copy.edit_live(envoy, r#""kill": true"#, r#""kill": false"#).await?;
    seen += ask(envoy, "u6").await?.upstream();
    let versions: String = shown.lines().filter(|line| line.len() == 2).collect();
    ensure!(seen == versions, "{seen} is not {versions}");
    Ok(())
}

async fn the_canary_turns_bad(envoy: &Envoy, v2: &Upstream) -> Result<()> {
    v2.behave(Behaviour::status(503));
    let mut failed = 0;
    for i in 1..=300 {
        failed += usize::from(ask(envoy, &format!("u{i}")).await?.status == 503);
    }
    let shown = shown("The canary turns bad")?;
    let counts: Vec<&str> = shown.split_whitespace().take(4).collect();
    ensure!(counts == [(300 - failed).to_string().as_str(), "200", &failed.to_string(), "503"]);
    agrees(&envoy.metrics().await?, &shown)?;
    let logged = envoy.wait_for_log("serinus.decision ").await?;
    let reasons = |text: &str| -> Result<Value> {
        let line = text.lines().find(|line| line.contains("serinus.decision "));
        let (_, json) =
            line.and_then(|l| l.split_once("serinus.decision ")).context("no decision")?;
        let record: Value = serde_json::from_str(json.trim())?;
        ensure!(record["verdict"] == "rollback", "{record}");
        Ok(record["reasons"].clone())
    };
    let (logged, shown) = (reasons(&logged)?, reasons(&shown)?);
    ensure!(logged == shown, "{logged} is not {shown}");
    Ok(())
}

async fn a_mistake(copy: &Copy, envoy: &Envoy) -> Result<()> {
    copy.edit_until(envoy, r#""10%""#, r#""10 percent""#, REFUSALS).await?;
    let shown = shown("A mistake")?;
    let line = lines_with(&shown, "serinus.config_error");
    envoy.wait_for_log(line.trim()).await?;
    agrees(&envoy.metrics().await?, &shown)?;
    // The same text as before the mistake: Envoy has it still, and reloads nothing.
    copy.edit(r#""10 percent""#, r#""10%""#)
}

#[test]
fn the_rollout_of_the_envoy_example_needs_no_advice() -> Result<()> {
    let file = example("ecds/serinus.yaml");
    let document = Document::read(&Source::read(&file.display().to_string())?)?;
    let plugin = &document.value["resources"][0]["typed_config"]["config"];
    let json = plugin["configuration"]["value"].as_str().context("a StringValue")?;
    let rollout =
        serinus_cli::command::check::check(Source::new("ecds.json", json), Some(100.0), true);
    ensure!(rollout.problems.is_empty(), "{:#?}", rollout.problems);
    ensure!(plugin["failure_policy"] == "FAIL_RELOAD");
    ensure!(["name", "root_id"].iter().all(|key| plugin[key] == "serinus"));
    ensure!(plugin["vm_config"]["vm_id"] == "serinus");
    Ok(())
}
