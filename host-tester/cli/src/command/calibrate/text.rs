//! The report for a person.

use super::{Calibrated, One};
use anstyle::Style;
use serinus_lab::calibrate::alternatives::Watched;
use serinus_lab::calibrate::exact::Agreement;
use serinus_lab::calibrate::interval::Share;
use serinus_lab::calibrate::summary::{By, ScenarioOutcome, Spread, Stops};
use serinus_lab::snippet::Snippet;
use serinus_lab::story::{bounds, count, lasted, percent, plain, plural, weight};
use std::io::{self, Write};

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();

/// What was simulated, the table, what to make of it.
pub(super) fn report(calibrated: &Calibrated<'_>, out: &mut dyn Write) -> io::Result<()> {
    for one in &calibrated.rollouts {
        head(calibrated, one, out)?;
        table(one, out)?;
        identical(one, out)?;
        for problem in &one.problems {
            let (file, text) = (&calibrated.source.name, &calibrated.source.text);
            writeln!(
                out,
                "\n{}",
                Snippet { diagnostic: problem, file, text }.to_string().trim_end()
            )?;
        }
        if let Some(exact) = &one.exact {
            agreement(exact, out)?;
        }
        if let Some(watched) = &one.alternatives {
            alternatives(watched, out)?;
        }
    }
    Ok(())
}

/// Whether the filter decides as the simulation does.
fn agreement(exact: &[Agreement], out: &mut dyn Write) -> io::Result<()> {
    let row = |title: &str, cells: [&str; 6]| {
        let [simulated, filter, after, filter_after, decisions, differ] = cells;
        format!(
            "{title:<36}{simulated:>9}{filter:>9}{after:>10}{filter_after:>10}{decisions:>11}{differ:>8}"
        )
    };
    let over = ["rolled", "by the", "time,", "by the", "", ""];
    let heads = ["back", "filter", "median", "filter", "decisions", "differ"];
    writeln!(out, "\n{DIM}{}{DIM:#}", row("", over).trim_end())?;
    writeln!(out, "{DIM}{}{DIM:#}", row("the filter itself, 40,000 requests", heads))?;
    for one in exact {
        let time = |spread: Option<Spread>| spread.map_or("–".into(), |s| span(s.median));
        let cells = [
            percent(one.native.share()),
            percent(one.exact.share()),
            time(one.native_ms),
            time(one.exact_ms),
            count(one.decisions),
            count(one.differ),
        ];
        let mark = if one.alike && one.differ == 0 { "" } else { "  not alike" };
        writeln!(out, "{}{mark}", row(&one.title, cells.each_ref().map(String::as_str)))?;
    }
    Ok(())
}

/// How others would have done.
fn alternatives(watched: &[Watched], out: &mut dyn Write) -> io::Result<()> {
    let row = |who: &str, cells: [&str; 4]| {
        let [stopped, median, p95, users] = cells;
        format!("{who:<36}{stopped:>9}{median:>10}{p95:>10}{users:>12}")
    };
    let heads = row("the same traffic, watched by", ["stopped", "after", "p95", "users hit"]);
    writeln!(out, "\n{DIM}{heads}{DIM:#}")?;
    for canary in watched.chunk_by(|a, b| a.canary == b.canary) {
        let title = canary.first().map_or("", |first| &first.canary);
        writeln!(out, "{title}")?;
        for one in canary {
            let time = |of: fn(&Spread) -> f64| one.after_ms.map_or("–".into(), |s| span(of(&s)));
            let users = one.users.map_or(String::new(), |s| count(s.median.round() as u64));
            let stopped = percent(one.stopped.share());
            let cells = [&stopped, &time(|s| s.median), &time(|s| s.p95), &users];
            writeln!(out, "{}", row(&format!("  {}", one.watcher), cells.map(String::as_str)))?;
        }
    }
    Ok(())
}

fn head(calibrated: &Calibrated<'_>, one: &One, out: &mut dyn Write) -> io::Result<()> {
    let args = calibrated.args;
    let scenarios = one.calibration.scenarios.len();
    let all = scenarios as u64 * u64::from(args.runs);
    let ms = |time: std::time::Duration| lasted(time.as_millis() as u64);
    let heavy = if args.heavy_tailed { ", heavy-tailed" } else { "" };
    writeln!(
        out,
        "{BOLD}{}{BOLD:#}: {}, {} of each canary, seed {}\n{} requests/s of {}{heavy}; with nothing wrong {} fail, P50 {}, P99 {}\n",
        plain(&one.calibration.rollout),
        plural(all, "simulated rollout"),
        count(u64::from(args.runs)),
        args.seed,
        args.rps,
        plural(u64::from(args.users), "user"),
        percent(args.baseline_errors),
        ms(args.latency.0),
        ms(args.latency.1),
    )
}

/// The columns: how wide, and what.
const HEADS: [(usize, &str, &str); 9] = [
    (36, "", "canary"),
    (10, "", "stage"),
    (7, "rolled", "back"),
    (9, "time,", "median"),
    (9, "", "p95"),
    (11, "canary", "requests"),
    (11, "", "p95"),
    (7, "users", "hit"),
    (9, "all", "traffic"),
];

fn table(one: &One, out: &mut dyn Write) -> io::Result<()> {
    for line in [0, 1] {
        let cell = |(i, (_, over, head)): (usize, &(usize, &'static str, &'static str))| {
            align(i, if line == 0 { over } else { head })
        };
        let heads: String = HEADS.iter().enumerate().map(cell).collect();
        let last = if line == 0 { "" } else { "  by" };
        writeln!(out, "{DIM}{}{DIM:#}", format!("{heads}{last}").trim_end())?;
    }
    one.calibration.scenarios.iter().try_for_each(|scenario| rows(scenario, out))
}

/// Text to the left in the first two columns, numbers to the right.
fn align(column: usize, cell: &str) -> String {
    let width = HEADS.get(column).map_or(0, |(width, _, _)| *width);
    if column < 2 { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
}

/// A scenario: one line, or one for all stages and one for each in which something was stopped.
fn rows(scenario: &ScenarioOutcome, out: &mut dyn Write) -> io::Result<()> {
    let stages: Vec<_> = scenario.stages.iter().filter(|s| s.stopped.share.runs > 0).collect();
    let name = |stage: usize, at: u32| format!("{stage}, {}", weight(at));
    let full = percent(scenario.full.share());
    let whole = match stages.as_slice() {
        [only] => name(only.stage, only.weight),
        _ => "any".to_owned(),
    };
    row(&scenario.title, &whole, &scenario.stopped, &full, out)?;
    if stages.len() > 1 {
        for stage in stages {
            row("", &name(stage.stage, stage.weight), &stage.stopped, "", out)?;
        }
    }
    Ok(())
}

fn row(title: &str, stage: &str, stops: &Stops, full: &str, out: &mut dyn Write) -> io::Result<()> {
    let time = |of: fn(&Spread) -> f64| stops.after_ms.map_or(String::new(), |s| span(of(&s)));
    let number = |of: fn(&Spread) -> f64, spread: Option<Spread>| {
        spread.map_or(String::new(), |s| count(of(&s).round() as u64))
    };
    let cells = [
        title.to_owned(),
        stage.to_owned(),
        percent(stops.share.share()),
        time(|s| s.median),
        time(|s| s.p95),
        number(|s| s.median, stops.requests),
        number(|s| s.p95, stops.requests),
        number(|s| s.median, stops.users),
        full.to_owned(),
    ];
    let cells = cells.iter().enumerate().map(|(column, cell)| align(column, cell));
    let line = format!("{}  {}", cells.collect::<String>(), by(&stops.by, stops.share.runs));
    writeln!(out, "{}", line.trim_end())
}

/// A time without what nobody needs to know.
pub(super) fn span(ms: f64) -> String {
    const HOUR: u64 = 3_600_000;
    let ms = ms as u64;
    let coarse = if ms >= HOUR { ms / 60_000 * 60_000 } else { ms };
    lasted(coarse)
}

/// `guard`, or `guard 80%, errors <= 0.1% 20%`.
fn by(by: &[By], of: u64) -> String {
    match by {
        [only] => plain(&only.what),
        several => {
            let one =
                |by: &By| format!("{} {}", plain(&by.what), percent(by.runs as f64 / of as f64));
            several.iter().map(one).collect::<Vec<_>>().join(", ")
        }
    }
}

/// What becomes of canaries with which nothing is wrong.
fn identical(one: &One, out: &mut dyn Write) -> io::Result<()> {
    let same = one.calibration.scenarios.iter().find(|scenario| scenario.kind == "identical");
    let Some(same) = same else { return Ok(()) };
    let share = |share: &Share| {
        format!("{} of {} = {}", count(share.runs), count(share.of), percent(share.share()))
    };
    let stopped = &same.stopped.share;
    writeln!(
        out,
        "\nIdentical versions: rolled back in {} {} (Clopper-Pearson, 95%);\nall traffic in {}{}, promoted for good in {}{}.",
        share(stopped),
        bounds(stopped.low, stopped.high),
        share(&same.full),
        after(same.full_ms),
        share(&same.promoted),
        after(same.promoted_ms),
    )
}

fn after(time: Option<Spread>) -> String {
    time.map_or(String::new(), |t| {
        format!(", after {} (median; p95 {})", span(t.median), span(t.p95))
    })
}
