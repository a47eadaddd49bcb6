//! Nothing is promoted in certain hours of the week and on certain dates: weekends, the days before a holiday, an
//! audit. What is in service stays; the guard and the gates roll back as ever.
//!
//! The rollout's own `freeze` does hours of single days. This does what it cannot: stretches of several days and dates.

use serinus_policy::calendar::{Offset, minute_of_week, parse_date, parse_minute_of_week};
use serinus_policy::{About, Decision, Given, Param, Policy, Snapshot, Text, export, table_tests};

const WEEKLY: Param<Text> =
    Param::new("weekly", "times such as `fri 16:00 - mon 08:00`, separated by commas", "");
const DATES: Param<Text> = Param::new(
    "dates",
    "days such as `2026-12-19 - 2027-01-03`, the last included, separated by commas",
    "",
);
const OFFSET: Param<Text> = Param::new("offset", "offset from UTC such as `+01:00`", "Z");

/// The policy.
pub struct FreezeWindow;

impl Policy for FreezeWindow {
    fn about(&self) -> About {
        About {
            name: "freeze-window",
            version: env!("CARGO_PKG_VERSION"),
            description: "promotes nothing in certain hours of the week and on certain dates",
            params: &[&WEEKLY, &DATES, &OFFSET],
        }
    }

    fn validate(&self, params: &[Given]) -> Result<(), Vec<String>> {
        let mut mistakes = self.about().check(params);
        let given = Snapshot { params: params.to_vec(), ..Snapshot::default() };
        let readable = |text: String, read: fn(&str) -> bool| {
            ranges(&text).all(|(from, to)| read(from) && read(to))
        };
        if Offset::parse(&OFFSET.of(&given)).is_none() {
            mistakes.push("`offset` should be as in `+01:00`".into());
        }
        if !readable(WEEKLY.of(&given), |time| parse_minute_of_week(time).is_some()) {
            mistakes.push(
                "`weekly` should be as in `fri 16:00 - mon 08:00, wed 12:00 - wed 13:00`".into(),
            );
        }
        if !readable(DATES.of(&given), |date| parse_date(date, Offset::default()).is_some()) {
            mistakes.push("`dates` should be as in `2026-12-19 - 2027-01-03`".into());
        }
        if mistakes.is_empty() { Ok(()) } else { Err(mistakes) }
    }

    fn evaluate(&self, snapshot: &Snapshot) -> Decision {
        let offset = Offset::parse(&OFFSET.of(snapshot)).unwrap_or_default();
        let (now, minute) = (snapshot.unix_seconds, minute_of_week(snapshot.unix_seconds, offset));
        let (weekly, dates) = (WEEKLY.of(snapshot), DATES.of(snapshot));
        let weekly = ranges(&weekly).find(|(from, to)| in_week(from, to, minute));
        let dates = ranges(&dates).find(|(from, to)| in_dates(from, to, offset, now));
        match (weekly.or(dates), snapshot.open_gate()) {
            (Some((from, to)), _) => Decision::hold(["frozen: ", from, " - ", to].concat()),
            (None, Some(gate)) => Decision::hold(["the gate `", &gate.name, "` is open"].concat()),
            (None, None) => Decision::promote("no freeze is on"),
        }
    }
}

/// `a - b, c - d`. A range without ` - ` has no end, which no end is read as.
fn ranges(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    parts.map(|part| part.split_once(" - ").unwrap_or((part, "")))
}

fn in_week(from: &str, to: &str, minute: u64) -> bool {
    match (parse_minute_of_week(from), parse_minute_of_week(to)) {
        (Some(from), Some(to)) if from <= to => (from..to).contains(&minute),
        // Over the end of the week.
        (Some(from), Some(to)) => minute >= from || minute < to,
        _ => false,
    }
}

fn in_dates(from: &str, to: &str, offset: Offset, now: u64) -> bool {
    const DAY: u64 = 86_400;
    match (parse_date(from, offset), parse_date(to, offset)) {
        (Some(from), Some(to)) => (from..to.saturating_add(DAY)).contains(&now),
        _ => false,
    }
}

export!(FreezeWindow);
table_tests!(FreezeWindow);
