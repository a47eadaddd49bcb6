//! The HTML report: of what the core played, of what nobody should have put in, and in a real browser.
#![expect(clippy::unwrap_used, reason = "a test says what must hold by unwrapping it")]

mod browser;
mod play;

use browser::{Browser, PageFacts};
use play::{BROKEN, HEALTHY, Script, both, play, report};
use serinus_core::record::Rate;
use serinus_lab::report::{
    Evidence, Expectation, Latency, LogLevel, LogLine, Metric, Report, Rollout, Sample, State,
    Totals, Traffic, render,
};

const EVIL: &str = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>&\u{202e}\u{0}`";

fn healthy() -> Report {
    report("a healthy canary is promoted", play(&HEALTHY, 1))
}

fn broken() -> Report {
    report("a canary that turns bad is stopped", play(&BROKEN, 1))
}

/// Several rollouts, one of them killed, and a hold.
fn several() -> Report {
    let extra = serde_json::json!({ "rollout": "search", "freeze": [{ "days": ["mon"], "from": "09:00", "to": "09:04" }] });
    let mut report = broken();
    let mut second = play(&Script { extra, ..BROKEN }, 2).rollout;
    second.samples.iter_mut().filter(|s| s.at_ms > 400_000).for_each(|s| s.state = State::Killed);
    report.rollouts.push(second);
    report
}

/// Any filter's scenario: no rollout at all.
fn without_rollout() -> Report {
    Report { rollouts: Vec::new(), title: "auth refuses strangers".into(), ..broken() }
}

/// Names, numbers and times that mean harm, in every place there is.
fn hostile() -> Report {
    let evil = || EVIL.to_owned();
    let sample = |at_ms, number: f64, count| Sample {
        at_ms,
        weight: u32::MAX,
        stage: usize::MAX,
        state: State::Holding,
        totals: Some(both(Totals { requests: count, failures: u64::MAX })),
        rates: Some(both(Rate { requests: count, hits: u64::MAX, low: number, high: -number })),
        evidence: Some(Evidence { ln_e: number, ln_threshold: number }),
    };
    let numbers = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0, f64::MAX, 0.0];
    let samples = numbers.iter().enumerate().flat_map(|(i, number)| {
        [sample(i as u64, *number, 5), sample(u64::MAX - i as u64, *number, u64::MAX)]
    });
    let mut record = play(&BROKEN, 1).rollout.decisions.remove(0);
    record.rollout = evil();
    record.time_ms = u64::MAX;
    record.stage_age_ms = u64::MAX;
    record.comparisons[0].gate = evil();
    record.comparisons[0].limit = f64::NAN;
    let mut traffic = Traffic::new(0);
    traffic.record(3, EVIL, Some(9999));
    let rollout = |samples: Vec<Sample>| Rollout {
        name: evil(),
        generation: u64::MAX,
        start_ms: None,
        samples,
        latency: Some(Latency {
            edges_us: vec![0, 5, 3, u64::MAX],
            counts: both(()).map(|()| vec![u64::MAX; 9]),
        }),
        decisions: vec![record.clone(); 400],
    };
    Report {
        title: evil(),
        description: evil(),
        start_ms: Some(0),
        duration_ms: u64::MAX,
        facts: vec![(evil(), evil())],
        expectations: vec![Expectation {
            what: evil(),
            expected: evil(),
            seen: evil(),
            passed: false,
            at_ms: Some(u64::MAX),
        }],
        rollouts: vec![
            rollout(samples.collect()),
            rollout(vec![sample(7, f64::NAN, 0)]),
            rollout(Vec::new()),
            Rollout::default(),
        ],
        traffic: Some(traffic),
        metrics: vec![Metric { name: evil(), value: f64::NAN }],
        logs: vec![LogLine {
            at_ms: 1,
            level: LogLevel::Error,
            source: evil(),
            text: "y".repeat(100_000) + EVIL,
        }],
        logs_omitted: u64::MAX - 5,
    }
}

/// A day with a sample each second, in which everything changes all the time.
fn huge() -> Report {
    let samples = (0..100_000_u64).map(|i| Sample {
        at_ms: i * 1000,
        weight: (i % 7 * 10_000) as u32,
        stage: (i % 3) as usize,
        state: [State::Progressing, State::Holding, State::Promoted][(i % 3) as usize],
        totals: Some(both(Totals { requests: i * 9, failures: i / 50 })),
        rates: Some(both(Rate { requests: i, hits: i / 100, low: 0.005, high: 0.02 })),
        evidence: Some(Evidence { ln_e: (i % 100) as f64 / 20.0, ln_threshold: 4.6 }),
    });
    let rollout = Rollout { name: "huge".into(), samples: samples.collect(), ..Rollout::default() };
    Report { title: "a day".into(), rollouts: vec![rollout], ..Report::default() }
}

#[test]
fn a_report_survives_its_json_form() {
    let report = several();
    let json = serde_json::to_string(&report).unwrap();
    let read: Report = serde_json::from_str(&json).unwrap();
    assert!(render(&read) == render(&report), "another page");
    let least: Report = serde_json::from_str(r#"{"title":"t"}"#).unwrap();
    assert_eq!(least, Report { title: "t".into(), ..Report::default() });
}

#[test]
fn the_page_says_what_was_played() {
    let (report, page) = (broken(), render(&broken()));
    let last = report.rollouts[0].decisions.last().unwrap();
    let told = serinus_lab::story::tell(last);
    assert!(page.contains(&told.headline) && page.contains(&told.why[0]), "{told:?}");
    assert!(page.contains("Failed: 1 of 2 expectations did not hold"));
    for title in
        ["Weight and state", "Requests", "Failures", "Failure rates", "Evidence against", "Latency"]
    {
        assert!(page.contains(&format!("<h4>{title}")), "{title}");
    }
    // What the charts say of it: two weights, the state, both rates, the threshold, the quantiles.
    for label in
        ["5%", "0%", "rolled back", "canary 0.144%", "baseline 0.102%", "stop at 125", "p99 57 ms"]
    {
        assert!(page.contains(&format!(">{label}</text>")), "{label}");
    }
    assert!(!page.contains("http://") && !page.contains("https://"), "no network");
}

#[test]
fn nothing_in_a_report_becomes_markup() {
    let page = render(&hostile());
    assert_eq!(page.matches("<script").count(), 1, "only our own");
    assert!(!page.contains("<img") && !page.contains('\u{202e}') && !page.contains('\u{0}'));
    let paths = page.split(" d=\"").skip(1).filter_map(|rest| rest.split('"').next());
    for path in paths {
        assert!(path.chars().all(|c| "MLHVhvZ -.0123456789".contains(c)), "{path}");
    }
}

#[test]
fn a_page_stays_small_however_much_there_is() {
    let page = render(&huge());
    assert!(page.len() < 3_000_000, "{} bytes", page.len());
    assert!(render(&hostile()).len() < 3_000_000);
}

/// In a browser: fits its window, draws every chart, complains of nothing, and answers the pointer.
#[test]
fn a_browser_shows_it() {
    let Some(browser) = Browser::find() else {
        eprintln!("no Chromium ($CHROMIUM, or on PATH): the report was not looked at in a browser");
        return;
    };
    for (name, report, charts) in [
        ("healthy", healthy(), true),
        ("several", several(), true),
        ("without a rollout", without_rollout(), true),
        ("hostile", hostile(), true),
        ("huge", huge(), true),
        ("empty", Report::default(), false),
    ] {
        let page = render(&report);
        // For whoever wants to look, too.
        std::fs::write(format!("{}/report {name}.html", env!("CARGO_TARGET_TMPDIR")), &page)
            .unwrap();
        let looks = browser.look(&page, &[420, 1200]);
        for (width, seen) in [420, 1200].into_iter().zip(looks) {
            let PageFacts { scroll_width, charts: drawn, empty, tip, console, bad_paths } = seen;
            assert!(scroll_width <= width, "{name}: {scroll_width} pixels in a window of {width}");
            assert_eq!(
                (empty, bad_paths),
                (0, 0),
                "{name} at {width}: charts without a size, paths that do not parse"
            );
            assert_eq!(drawn > 0, charts, "{name} at {width}: {drawn} charts");
            assert_eq!(console, Vec::<String>::new(), "{name} at {width}");
            let crosshair = report.rollouts.iter().any(|rollout| !rollout.samples.is_empty());
            assert_eq!(!tip.is_empty(), crosshair, "{name} at {width}: the crosshair says {tip:?}");
        }
    }
}
