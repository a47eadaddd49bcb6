//! What a host answers to modules that mean it ill: the table
//! `tests/guests/hostile/envoy.yaml`, measured on a real Envoy.
//!
//! Each module is a few lines of `.wat` that says at its top what it does. On Envoy it is one plugin, and is sent one
//! request; what is noted is whether it was taken, what it logged (the status of each of its calls, mostly), what the
//! client got, and what killed its VM. `UPDATE=1` writes the table anew. Loops are not run there,
//! because nothing ends them, nor what varies by chance.

mod envoy;
mod host;
mod table;

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use serinus_tests::guests::{Source, sources};

use table::{Answer, Row, Table};

/// The prefix of their names.
const HOSTILE: &str = "hostile-";

fn hostile() -> Result<Vec<Source>> {
    let all = sources()?.into_iter();
    Ok(all.filter(|source| source.name.starts_with(HOSTILE)).collect())
}

#[test]
fn every_hostile_guest_assembles_says_what_it_does_and_is_in_the_table() -> Result<()> {
    let table = table::read()?;
    let mut names = BTreeSet::new();
    for source in hostile()? {
        let text = std::fs::read_to_string(&source.file)?;
        ensure!(text.starts_with(";; "), "{} does not say what it does", source.name);
        wat::parse_str(&text).with_context(|| source.name.clone())?;
        ensure!(table.contains_key(&source.name), "{} is not in the table", source.name);
        names.insert(source.name);
    }
    let gone: Vec<_> = table.keys().filter(|name| !names.contains(*name)).collect();
    ensure!(gone.is_empty(), "in the table without a file: {gone:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn envoy_does_to_each_hostile_guest_what_the_table_says() -> Result<()> {
    let only = std::env::var("GUEST").unwrap_or_default();
    let update = std::env::var_os("UPDATE").is_some();
    let mut table = table::read()?;
    let mut wrong = Vec::new();
    for source in hostile()?.into_iter().filter(|source| source.name.contains(&only)) {
        let expected = table.get(&source.name);
        if matches!(expected, Some(Row::Hangs(_) | Row::Varies(_))) {
            continue;
        }
        let seen =
            Row::Answers(envoy::ask(&source.name).await.with_context(|| source.name.clone())?);
        if expected != Some(&seen) {
            wrong.push(format!("{}: expected {expected:#?}, saw {seen:#?}", source.name));
        }
        table.insert(source.name, seen);
    }
    if update {
        return table::write(&table);
    }
    ensure!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    Ok(())
}

/// A table that could not fail would be no proof.
#[test]
fn the_table_tells_refusals_failures_and_answers_apart() -> Result<()> {
    let table: Table = table::read()?;
    let count = |is: fn(&Row) -> bool| table.values().filter(|row| is(row)).count();
    ensure!(count(|row| matches!(row, Row::Hangs(_))) >= 8);
    ensure!(count(|row| row.answer().is_some_and(|a| a.refused.is_some())) >= 10);
    ensure!(count(|row| row.answer().is_some_and(|a| a.failed.is_some())) >= 10);
    ensure!(count(|row| row.answer().is_some_and(|a| a.status == Some(200))) >= 20);
    Ok(())
}

/// The same table, asked of the embedded host.
#[test]
fn the_embedded_host_answers_as_envoy_does() -> Result<()> {
    let only = std::env::var("GUEST").unwrap_or_default();
    let (table, differs) = (table::read()?, table::read_differences()?);
    let mut wrong = Vec::new();
    for source in hostile()?.into_iter().filter(|source| source.name.contains(&only)) {
        let (Some(Row::Answers(envoy)), None) =
            (table.get(&source.name), differs.get(&source.name))
        else {
            continue;
        };
        let seen = ask_host(&source, false)?;
        if !same(envoy, &seen) {
            wrong.push(format!("{}: Envoy {envoy:#?}, the host {seen:#?}", source.name));
        }
    }
    ensure!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    Ok(())
}

/// Where Envoy hangs or dies, or where the host means to do otherwise, a table of its own says what it does.
#[test]
fn where_the_embedded_host_differs_its_own_table_says_how_and_why() -> Result<()> {
    let update = std::env::var_os("UPDATE").is_some();
    let (table, mut differs) = (table::read()?, table::read_differences()?);
    let mut wrong = Vec::new();
    for source in hostile()? {
        let must = match table.get(&source.name) {
            Some(Row::Answers(answer)) => answer.crashed,
            Some(Row::Hangs(_) | Row::Varies(_)) | None => true,
        };
        let Some(expected) = differs.get_mut(&source.name) else {
            ensure!(!must, "{} is in no table of the host's", source.name);
            continue;
        };
        let in_body = Row::Hangs("proxy_on_request_body".into());
        let seen = ask_host(&source, table.get(&source.name) == Some(&in_body))?;
        if expected.answer != seen {
            wrong.push(format!("{}: expected {:#?}, saw {seen:#?}", source.name, expected.answer));
            expected.answer = seen;
        }
    }
    if update {
        return table::write_differences(&differs);
    }
    ensure!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    Ok(())
}

fn ask_host(source: &Source, body: bool) -> Result<Answer> {
    let text = std::fs::read_to_string(&source.file)?;
    host::ask(&text, body).with_context(|| source.name.clone())
}

/// The same but for the words: reasons are each host's own.
fn same(envoy: &Answer, host: &Answer) -> bool {
    let function = |failed: &Option<String>| {
        let failed = failed.as_deref()?;
        failed.split([' ', ':']).next().map(ToOwned::to_owned)
    };
    envoy.refused.is_some() == host.refused.is_some()
        && function(&envoy.failed) == function(&host.failed)
        && (envoy.status, &envoy.logs) == (host.status, &host.logs)
}
