//! What a rollout would catch, as a page: curves over the size of what is wrong, and all numbers in tables.

use super::chart::power as chart;
use super::html::{sentence, table, text};
use super::page::page;
use crate::story::percent;

/// A page about what would be caught.
#[derive(Clone, Debug, Default)]
pub struct Power {
    /// What was simulated: the rollout's name.
    pub title: String,
    /// How, in a sentence or two.
    pub description: String,
    /// What else is worth knowing, as name and value.
    pub facts: Vec<(String, String)>,
    /// The numbers that one asks for first, as name, value, and what is below.
    pub tiles: Vec<(String, String, String)>,
    /// What to make of it, and what would help.
    pub findings: Vec<(String, String)>,
    /// One for each kind of what may be wrong.
    pub curves: Vec<Curve>,
    /// Tables with title and heads; a head that begins with `#` is of numbers.
    pub tables: Vec<Table>,
}

/// A kind of regression.
#[derive(Clone, Debug, Default)]
pub struct Curve {
    /// What is wrong: `More errors`.
    pub title: String,
    /// From the least to the greatest.
    pub points: Vec<Point>,
}

/// A size of a regression.
#[derive(Clone, Debug, Default)]
pub struct Point {
    /// Its size in a few letters: `x10`.
    pub label: String,
    /// In words.
    pub title: String,
    /// The share of rollouts that were stopped, with its interval.
    pub stopped: (f64, f64, f64),
    /// The share in which it got all traffic.
    pub full: f64,
    /// Median and 95th percentile of the time to rollback, milliseconds.
    pub after_ms: Option<(f64, f64)>,
    /// The same of the users hit.
    pub users: Option<(f64, f64)>,
}

/// A table.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// Above it.
    pub title: String,
    /// Heads of the columns.
    pub heads: Vec<String>,
    /// Rows of cells, as text.
    pub rows: Vec<Vec<String>>,
}

/// Several as one self-contained HTML page.
pub fn render_power(pages: &[Power]) -> String {
    let title = pages.iter().map(|power| power.title.as_str()).collect::<Vec<_>>().join(", ");
    let article = |power: &Power| match pages.len() {
        1 => body(power),
        _ => format!("<article>\n{}</article>\n", body(power)),
    };
    page(&title, &pages.iter().map(article).collect::<String>())
}

fn body(power: &Power) -> String {
    let facts: String = power
        .facts
        .iter()
        .map(|(name, value)| format!("<div><dt>{}</dt><dd>{}</dd></div>", text(name), text(value)))
        .collect();
    let tile = |(name, value, below): &(String, String, String)| {
        let (name, value, below) = (text(name), text(value), text(below));
        format!("<div class=tile><dt>{name}</dt><dd>{value}</dd><dd class=sub>{below}</dd></div>")
    };
    format!(
        "<header>\n<h1>{}</h1>\n<p class=lead>{}</p>\n<dl class=facts>{facts}</dl>\n</header>\n<dl class=tiles>{}</dl>\n{}{}{}",
        text(&power.title),
        sentence(&power.description),
        power.tiles.iter().map(tile).collect::<String>(),
        findings(&power.findings),
        power.curves.iter().map(curve).collect::<String>(),
        power.tables.iter().map(numbers).collect::<String>(),
    )
}

fn findings(findings: &[(String, String)]) -> String {
    let item = |(problem, remedy): &(String, String)| {
        let remedy = match remedy.as_str() {
            "" => String::new(),
            remedy => format!("<p>What would help: {}</p>", sentence(remedy)),
        };
        format!("<li><p>{}</p>{remedy}\n", sentence(problem))
    };
    if findings.is_empty() {
        return String::new();
    }
    let items: String = findings.iter().map(item).collect();
    format!("<h2>What to know</h2>\n<ol class=decisions>\n{items}</ol>\n")
}

fn curve(curve: &Curve) -> String {
    let charts = [chart::caught(curve), chart::time(curve), chart::users(curve)];
    let charts: String = charts.into_iter().flatten().collect();
    format!("<section><h2>{}</h2>\n{charts}</section>\n", text(&curve.title))
}

fn numbers(of: &Table) -> String {
    let heads: Vec<&str> = of.heads.iter().map(String::as_str).collect();
    let rows = of.rows.iter().map(|row| row.iter().map(|cell| text(cell)).collect());
    format!("<h2>{}</h2>\n{}", text(&of.title), table("numbers", &heads, rows))
}

impl Point {
    /// What the crosshair says.
    pub(super) fn words(&self) -> String {
        let (share, low, high) = self.stopped;
        let interval = crate::story::bounds(low, high);
        format!("{}\nrolled back in {} {interval}", self.title, percent(share))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn power() -> Power {
        let point = |label: &str, share: f64| Point {
            label: label.into(),
            title: "<b>".into(),
            stopped: (share, share / 2.0, 1.0),
            full: 1.0 - share,
            after_ms: (share > 0.0).then_some((1e4 / share, 1e6)),
            users: (share > 0.0).then_some((3.0, 9.0)),
        };
        let points = vec![point("none", 0.0), point("x2", 0.5), point("dead", 1.0)];
        Power {
            title: "<script>".into(),
            curves: vec![Curve { title: "More errors".into(), points }],
            tables: vec![Table {
                title: "All".into(),
                heads: vec!["canary".into(), "#users".into()],
                rows: vec![vec!["<i>".into(), "3".into()]],
            }],
            ..Power::default()
        }
    }

    #[test]
    fn every_curve_is_drawn_wide_and_narrow_and_nothing_escapes() {
        let page = render_power(&[power()]);
        assert_eq!(page.matches("<svg class=\"chart wide\"").count(), 3);
        assert_eq!(page.matches("<svg class=\"chart narrow\"").count(), 3);
        assert!(page.contains("&lt;script&gt;") && !page.contains("<i>") && !page.contains("NaN"));
        assert!(!page.contains("://"), "no network");
    }

    #[test]
    fn what_never_happened_has_no_chart() {
        let mut power = power();
        power.curves[0].points.truncate(1);
        assert_eq!(render_power(&[power]).matches("<svg").count(), 2, "only the share");
    }
}
