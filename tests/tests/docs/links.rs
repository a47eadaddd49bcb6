//! Every link leads to a file, and to a heading in it. Those that lead out are only read, never followed.

use std::path::{Component, Path, PathBuf};

use anyhow::{Result, ensure};
use serinus_rig::workspace_root;

use crate::markdown::{Page, page, pages};

#[test]
fn every_link_leads_somewhere() -> Result<()> {
    let mut wrong = Vec::new();
    let mut seen = 0;
    for page in pages()? {
        for (number, target) in links(&page) {
            seen += 1;
            if let Err(error) = leads_somewhere(&page, &target) {
                wrong.push(format!("{}:{number}: ({target}) {error}", page.path.display()));
            }
        }
    }
    ensure!(seen > 100, "only {seen} links were found");
    ensure!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    Ok(())
}

/// Links and pictures of the page, each with its line.
fn links(page: &Page) -> Vec<(usize, String)> {
    let mut links = Vec::new();
    for line in page.prose() {
        for (start, end) in [("](", ')'), ("src=\"", '"'), ("href=\"", '"')] {
            let parts = line.text.split(start).skip(1);
            let targets = parts.filter_map(|rest| rest.split_once(end)).map(|(target, _)| target);
            links.extend(targets.map(|target| (line.number, target.to_owned())));
        }
    }
    links
}

fn leads_somewhere(from: &Page, target: &str) -> Result<()> {
    if target.contains(':') {
        let host = target.strip_prefix("https://").unwrap_or_default();
        ensure!(host.contains('.') && !host.contains(' '), "an address is https://host.name/path");
        return Ok(());
    }
    let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
    let path = match file {
        "" => from.path.clone(),
        _ => from.path.parent().unwrap_or(Path::new("")).join(file),
    };
    ensure!(file.is_empty() || workspace_root().join(&path).exists(), "there is no such file");
    ensure!(!normal(&path).starts_with(".."), "it leads out of the repository");
    let anchors = match (file, anchor) {
        (_, "") => return Ok(()),
        ("", _) => from.anchors(),
        _ => page(normal(&path))?.anchors(),
    };
    ensure!(anchors.iter().any(|known| known == anchor), "no such heading among {anchors:?}");
    Ok(())
}

/// Without `.` and `..` in it.
fn normal(path: &Path) -> PathBuf {
    let mut parts = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if parts.pop() => {}
            other => parts.push(other),
        }
    }
    parts
}

#[test]
fn a_link_to_nowhere_is_found() -> Result<()> {
    let page = |text: &str| Page { path: "docs/x.md".into(), text: text.into() };
    let error = |text: &str| {
        let page = page(text);
        links(&page).into_iter().filter(|(_, to)| leads_somewhere(&page, to).is_err()).count()
    };
    ensure!(error("# A b\n[x](#a-b) [y](guide.md#watch) [z](https://a.org/b)\n") == 0);
    ensure!(error("[x](#a-b) [y](guide.md#nothing) [z](none.md) <img src=\"none.svg\">\n") == 4);
    ensure!(error("[x](http://a.org) [y](https://a b) [z](../../x)\n") == 3);
    Ok(())
}
