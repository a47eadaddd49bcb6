//! A headless Chromium that looks at a page.
//!
//! The page is put into a frame of the width that is asked for, and measured from outside: its own policy lets no
//! script in but its own.

use serde::Deserialize;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Long enough for a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(90);

/// A browser that is there.
pub struct Browser(PathBuf);

/// What it saw at one width.
#[derive(Debug, Deserialize)]
pub struct PageFacts {
    /// How wide the page would like to be.
    pub scroll_width: u32,
    /// Charts that are shown.
    pub charts: usize,
    /// Charts without a width or a height, or with nothing drawn.
    pub empty: usize,
    /// Paths that the browser could make nothing of.
    pub bad_paths: usize,
    /// What the crosshair of the first chart says.
    pub tip: String,
    /// What the browser complained of.
    #[serde(default)]
    pub console: Vec<String>,
}

/// Measures the frames, and writes what it finds where it is read from.
const PROBE: &str = r#"
addEventListener("load", () => {
  const seen = [...document.querySelectorAll("iframe")].map(frame => {
    const page = frame.contentDocument, view = frame.contentWindow;
    page.querySelectorAll("details").forEach(details => { details.open = true; });
    const charts = [...page.querySelectorAll("svg.chart")].filter(svg => view.getComputedStyle(svg).display !== "none");
    const empty = charts.filter(svg => { const box = svg.getBoundingClientRect(); return box.width < 100 || box.height < 50 || svg.getBBox().width < 100; });
    const paths = [...page.querySelectorAll("svg path[d]")].filter(path => path.getAttribute("d") !== "");
    const bad = paths.filter(path => !(path.getTotalLength() >= 0) || path.getPathData?.().length === 0);
    const first = charts.find(svg => svg.dataset.stops && svg.dataset.stops !== "[]");
    if (first) {
      const box = first.getBoundingClientRect();
      first.dispatchEvent(new view.PointerEvent("pointermove", { clientX: box.left + box.width / 2, clientY: box.top + 20 }));
    }
    const tip = page.getElementById("tip");
    return { scroll_width: page.documentElement.scrollWidth, charts: charts.length, empty: empty.length,
      bad_paths: bad.length, tip: tip.hidden ? "" : tip.textContent };
  });
  document.body.innerHTML = "<pre id=seen></pre>";
  document.getElementById("seen").textContent = "SEEN" + JSON.stringify(seen) + "NEES";
});
"#;

impl Browser {
    /// `$CHROMIUM`, or what is on PATH.
    pub fn find() -> Option<Self> {
        let named = std::env::var_os("CHROMIUM").filter(|name| !name.is_empty()).map(PathBuf::from);
        let path = std::env::var_os("PATH").unwrap_or_default();
        let known = ["chromium", "chromium-browser", "google-chrome"];
        let mut all = std::env::split_paths(&path).flat_map(|dir| known.map(|name| dir.join(name)));
        named.or_else(|| all.find(|file| file.is_file())).map(Self)
    }

    /// Looks at a page through windows of these widths.
    pub fn look(&self, page: &str, widths: &[u32]) -> Vec<PageFacts> {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("page.html"), page).unwrap();
        let frame = |width: &u32| {
            format!("<iframe src=page.html style='border:0;width:{width}px;height:900px'></iframe>")
        };
        let frames: String = widths.iter().map(frame).collect();
        let outer =
            format!("<!doctype html><meta charset=utf-8><script>{PROBE}</script><body>{frames}");
        std::fs::write(dir.path().join("outer.html"), outer).unwrap();
        let file = |name: &str| std::fs::File::create(dir.path().join(name)).unwrap();
        let mut child = Command::new(&self.0)
            .args([
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
            ])
            .args([
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
            ])
            .args(["--allow-file-access-from-files", "--enable-logging=stderr", "--dump-dom"])
            .arg(format!("--user-data-dir={}", dir.path().join("profile").display()))
            .arg(format!("file://{}", dir.path().join("outer.html").display()))
            .stdin(Stdio::null())
            .stdout(file("out"))
            .stderr(file("err"))
            .spawn()
            .unwrap();
        wait(&mut child);
        let read = |name| {
            String::from_utf8_lossy(&std::fs::read(dir.path().join(name)).unwrap()).into_owned()
        };
        let (out, err) = (read("out"), read("err"));
        let json = out.split_once("SEEN[").and_then(|(_, rest)| rest.split_once("]NEES"));
        assert!(json.is_some(), "the browser measured nothing: {out:.500}\n{err:.3000}");
        let json = json.unwrap().0.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
        let mut seen: Vec<PageFacts> = serde_json::from_str(&format!("[{json}]")).unwrap();
        let console = err.lines().filter(|line| line.contains(":CONSOLE")).map(str::to_owned);
        seen[0].console = console.collect();
        seen
    }
}

fn wait(child: &mut Child) {
    let began = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if began.elapsed() > PATIENCE {
            child.kill().unwrap();
            child.wait().unwrap();
            assert!(began.elapsed() <= PATIENCE, "the browser did not end within {PATIENCE:?}");
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}
