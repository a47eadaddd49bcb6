//! The report as a page.

use super::text::span;
use super::{Calibrated, One};
use serinus_lab::calibrate::alternatives::Watched;
use serinus_lab::calibrate::summary::{By, ScenarioOutcome, Spread, Stops};
use serinus_lab::report::{Curve, Point, Power, Table, render_power};
use serinus_lab::story::{bounds, count, lasted, percent, weight};

pub(super) fn page(calibrated: &Calibrated<'_>) -> String {
    let pages: Vec<Power> = calibrated.rollouts.iter().map(|one| power(calibrated, one)).collect();
    render_power(&pages)
}

fn power(calibrated: &Calibrated<'_>, one: &One) -> Power {
    let args = calibrated.args;
    let scenarios = &one.calibration.scenarios;
    let ms = |time: std::time::Duration| lasted(time.as_millis() as u64);
    let heavy = if args.heavy_tailed { ", heavy-tailed" } else { "" };
    let fact = |name: &str, value: String| (name.to_owned(), value);
    let findings = one.problems.iter().map(|problem| {
        let path = if problem.path.is_empty() { "" } else { "`" };
        let problem_text = format!("{path}{}{path} {}", problem.path, problem.message);
        (problem_text.trim().to_owned(), problem.help.clone().unwrap_or_default())
    });
    Power {
        title: format!("What {} would catch", one.calibration.rollout),
        description: format!(
            "{} simulated rollouts of each of {} canaries, with the code that decides in Envoy.",
            count(u64::from(args.runs)),
            scenarios.len()
        ),
        facts: vec![
            fact("requests/s", args.rps.to_string()),
            fact("users", format!("{}{heavy}", count(u64::from(args.users)))),
            fact("usual errors", percent(args.baseline_errors)),
            fact(
                "usual latency",
                format!("P50 {}, P99 {}", ms(args.latency.0), ms(args.latency.1)),
            ),
            fact("seed", args.seed.to_string()),
            fact("serinus", env!("CARGO_PKG_VERSION").to_owned()),
        ],
        tiles: tiles(scenarios),
        findings: findings.collect(),
        curves: curves(scenarios),
        tables: [Some(numbers(scenarios)), one.alternatives.as_deref().map(alternatives)]
            .into_iter()
            .flatten()
            .collect(),
    }
}

fn tiles(scenarios: &[ScenarioOutcome]) -> Vec<(String, String, String)> {
    let Some(same) = scenarios.iter().find(|scenario| scenario.kind == "identical") else {
        return Vec::new();
    };
    let stopped = &same.stopped.share;
    let after = |time: Option<Spread>| {
        time.map_or(String::new(), |t| format!("after {} (median)", span(t.median)))
    };
    let tile = |name: &str, value: String, below: String| (name.to_owned(), value, below);
    let mut tiles = vec![
        tile(
            "false rollbacks",
            percent(stopped.share()),
            format!("{} of identical versions", bounds(stopped.low, stopped.high)),
        ),
        tile("promoted, if identical", percent(same.promoted.share()), after(same.promoted_ms)),
    ];
    if let Some(dead) = scenarios.iter().find(|scenario| scenario.id == "dead") {
        let users =
            dead.stopped.users.map_or("none".to_owned(), |u| count(u.median.round() as u64));
        tiles.push(tile("users hit, if dead", users, after(dead.stopped.after_ms)));
    }
    tiles
}

/// The kinds that have curves, with their titles.
const KINDS: [(&str, &str); 4] = [
    ("errors", "More errors"),
    ("latency-shift", "All answers slower"),
    ("latency-tail", "A tail of answers ten times as slow"),
    ("events", "Fewer business events"),
];

fn curves(scenarios: &[ScenarioOutcome]) -> Vec<Curve> {
    let curve = |(kind, title): (&str, &str)| {
        let same = scenarios.iter().filter(|scenario| scenario.kind == "identical");
        let worse = scenarios.iter().filter(|s| s.kind == kind && s.turned_ms.is_none());
        let points: Vec<Point> = same.chain(worse).map(point).collect();
        // Identical versions alone are no curve.
        (points.len() > 1).then(|| Curve { title: title.to_owned(), points })
    };
    KINDS.into_iter().filter_map(curve).collect()
}

fn point(scenario: &ScenarioOutcome) -> Point {
    let pair = |spread: Option<Spread>| spread.map(|s| (s.median, s.p95));
    let stopped = &scenario.stopped;
    Point {
        label: label(scenario),
        title: scenario.title.clone(),
        stopped: (stopped.share.share(), stopped.share.low, stopped.share.high),
        full: scenario.full.share(),
        after_ms: pair(stopped.after_ms),
        users: pair(stopped.users),
    }
}

fn label(scenario: &ScenarioOutcome) -> String {
    match scenario.kind {
        "identical" => "same".to_owned(),
        "errors" if scenario.size.is_infinite() => "dead".to_owned(),
        "errors" | "latency-shift" => format!("x{}", scenario.size),
        "latency-tail" => percent(scenario.size),
        _ => format!("-{}", percent(scenario.size)),
    }
}

fn numbers(scenarios: &[ScenarioOutcome]) -> Table {
    let heads = [
        "canary",
        "stage",
        "#rolled back",
        "interval",
        "#time, median",
        "#p95",
        "#canary requests",
        "#p95",
        "#users hit",
        "#p95",
        "#all traffic",
        "by",
    ];
    let rows = scenarios.iter().flat_map(|scenario| {
        let full = percent(scenario.full.share());
        let whole = row(&scenario.title, "any", &scenario.stopped, full);
        let stages = scenario.stages.iter().map(|stage| {
            let name = format!("{}, {}", stage.stage, weight(stage.weight));
            row("", &name, &stage.stopped, String::new())
        });
        [whole].into_iter().chain(stages.collect::<Vec<_>>())
    });
    Table {
        title: "Every canary, stage by stage".to_owned(),
        heads: heads.map(str::to_owned).to_vec(),
        rows: rows.collect(),
    }
}

fn row(title: &str, stage: &str, stops: &Stops, full: String) -> Vec<String> {
    let share = &stops.share;
    let time = |of: fn(&Spread) -> f64| stops.after_ms.map_or("–".into(), |s| span(of(&s)));
    let number = |of: fn(&Spread) -> f64, spread: Option<Spread>| {
        spread.map_or("–".to_owned(), |s| count(of(&s).round() as u64))
    };
    vec![
        title.to_owned(),
        stage.to_owned(),
        percent(share.share()),
        bounds(share.low, share.high),
        time(|s| s.median),
        time(|s| s.p95),
        number(|s| s.median, stops.requests),
        number(|s| s.p95, stops.requests),
        number(|s| s.median, stops.users),
        number(|s| s.p95, stops.users),
        full,
        stops
            .by
            .iter()
            .map(|by: &By| format!("{} {}", by.what, by.runs))
            .collect::<Vec<_>>()
            .join(", "),
    ]
}

fn alternatives(watched: &[Watched]) -> Table {
    let heads = [
        "canary",
        "watched by",
        "#stopped",
        "#after, median",
        "#p95",
        "#users hit, median",
        "#p95",
    ];
    let row = |one: &Watched| {
        let time = |of: fn(&Spread) -> f64| one.after_ms.map_or("–".into(), |s| span(of(&s)));
        let users = |of: fn(&Spread) -> f64| {
            one.users.map_or("–".into(), |s| count(of(&s).round() as u64))
        };
        vec![
            one.canary.clone(),
            one.watcher.clone(),
            percent(one.stopped.share()),
            time(|s| s.median),
            time(|s| s.p95),
            users(|s| s.median),
            users(|s| s.p95),
        ]
    };
    Table {
        title: "The same traffic, watched by others".to_owned(),
        heads: heads.map(str::to_owned).to_vec(),
        rows: watched.iter().map(row).collect(),
    }
}
