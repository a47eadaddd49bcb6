//! How things stand, as lines.

use serinus_core::contract::RolloutState;
use std::time::Duration;

use super::text::{Line, Span};
use crate::tally::Counts;
use crate::words::{Tone, clock, count, percent};

/// How things stand.
#[derive(Clone, Debug, PartialEq)]
pub struct Panel {
    /// Which act of how many.
    pub act: (u8, usize),
    /// The rollout's name.
    pub rollout: &'static str,
    /// The gauge `serinus_state`.
    pub state: RolloutState,
    /// The canary's share of users.
    pub share: f64,
    /// The time of the play.
    pub at: Duration,
    /// The baseline and the canary.
    pub rows: [Row; 2],
}

/// One version.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Its name and what it is.
    pub name: String,
    /// In the last second.
    pub recent: Counts,
    /// Since the act began.
    pub all: Counts,
}

/// What a reader wants to know of at once when it changes: rollout, state and share.
pub type Standing = (&'static str, RolloutState, f64);

const MARGIN: &str = "  ";
const NAME: usize = 14;

impl Panel {
    /// For redrawing.
    pub fn lines(&self, width: usize, unicode: bool) -> Vec<Line> {
        let rule = if unicode { "─" } else { "-" }.repeat(width);
        let [baseline, canary] = &self.rows;
        vec![
            vec![Span::dim(rule)],
            self.top(width),
            self.bar(width, unicode),
            vec![Span::dim(format!(
                "{MARGIN}{:NAME$}{:>12}{:>12}{:>14}{:>10}",
                "", "requests/s", "errors/s", "requests", "errors"
            ))],
            row(baseline),
            row(canary),
        ]
    }

    /// What it stands for.
    pub fn standing(&self) -> Standing {
        (self.rollout, self.state, self.share)
    }

    /// For one line now and then.
    pub fn status(&self) -> String {
        let row = |row: &Row| {
            let errors = if row.recent.errors == 1 { "error" } else { "errors" };
            format!("{} {}/s, {} {errors}", row.name, row.recent.requests, row.recent.errors)
        };
        let [baseline, canary] = &self.rows;
        let (at, share) = (clock(self.at), percent(self.share));
        let state = state(self.state).0;
        format!("{at:>7}  [{} {share} {state}]  {}; {}", self.rollout, row(baseline), row(canary))
    }

    fn top(&self, width: usize) -> Line {
        let (word, tone) = state(self.state);
        let mut line = vec![
            Span::plain(MARGIN),
            Span::bold(self.rollout),
            Span::plain("  "),
            Span::toned(tone, word),
        ];
        let seconds = self.at.as_secs();
        let (act, of) = self.act;
        let right = format!("act {act}  {}:{:02}", seconds / 60, seconds % 60);
        let right = if of > 1 { right } else { right.replace("act ", "only act ") };
        line.push(pad(&line, width, &right));
        line.push(Span::dim(right));
        line
    }

    fn bar(&self, width: usize, unicode: bool) -> Line {
        let (full, empty) = if unicode { ("█", "░") } else { ("#", ".") };
        let label = format!(" {:>5} of users", percent(self.share));
        let cells = width.saturating_sub(2 * MARGIN.len() + 1 + label.len()).min(60);
        // A canary that is there shows.
        let lit = (self.share * cells as f64).round().max((self.share > 0.0).into()) as usize;
        vec![
            Span::plain(MARGIN),
            Span::toned(state(self.state).1, full.repeat(lit)),
            Span::dim(empty.repeat(cells.saturating_sub(lit))),
            Span::plain(label),
        ]
    }
}

fn row(row: &Row) -> Line {
    let errors = |n: u64, width: usize| {
        let text = format!("{:>width$}", count(n));
        if n > 0 { Span::toned(Tone::Bad, text) } else { Span::plain(text) }
    };
    vec![
        Span::plain(format!("{MARGIN}{:NAME$}{:>12}", row.name, count(row.recent.requests))),
        errors(row.recent.errors, 12),
        Span::plain(format!("{:>14}", count(row.all.requests))),
        errors(row.all.errors, 10),
    ]
}

/// What brings `right` to the right end.
fn pad(line: &Line, width: usize, right: &str) -> Span {
    let taken: usize = line.iter().map(Span::width).sum::<usize>() + right.len() + MARGIN.len();
    Span::plain(" ".repeat(width.saturating_sub(taken).max(2)))
}

/// A state in words, and how it is shown.
fn state(state: RolloutState) -> (String, Tone) {
    let tone = match state {
        RolloutState::Progressing => Tone::Plain,
        RolloutState::Holding => Tone::Waiting,
        RolloutState::Promoted => Tone::Good,
        RolloutState::RolledBack | RolloutState::Killed => Tone::Bad,
    };
    (state.as_str().replace('_', " "), tone)
}

#[cfg(test)]
mod tests {
    use super::super::text::TerminalStyle;
    use super::*;

    const BARE: TerminalStyle = TerminalStyle { colours: false, unicode: false };

    fn panel(share: f64, state: RolloutState) -> Panel {
        let row = |name: &str, requests, errors| Row {
            name: name.into(),
            recent: Counts { requests: requests / 10, errors },
            all: Counts { requests, errors },
        };
        Panel {
            act: (1, 3),
            rollout: "checkout-v2",
            state,
            share,
            at: Duration::from_millis(6_700),
            rows: [row("v1 baseline", 3_811, 0), row("v2 canary", 199, 5)],
        }
    }

    fn rendered(panel: &Panel, width: usize) -> Vec<String> {
        panel.lines(width, false).iter().map(|line| BARE.render(line, width)).collect()
    }

    #[test]
    fn at_80_columns_it_looks_so() {
        assert_eq!(
            rendered(&panel(0.05, RolloutState::Progressing), 80)[1..],
            [
                "  checkout-v2  progressing                                         act 1  0:06",
                "  ###.........................................................    5% of users",
                "                  requests/s    errors/s      requests    errors",
                "  v1 baseline            381           0         3,811         0",
                "  v2 canary               19           5           199         5",
            ]
        );
    }

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        for width in [66, 80, 120] {
            for share in [0.0, 0.001, 1.0] {
                let wide = panel(share, RolloutState::Promoted).lines(width, true);
                let columns = |line: &Line| line.iter().map(Span::width).sum::<usize>();
                assert!(wide.iter().all(|line| columns(line) <= width), "{width} {share}");
            }
        }
    }

    #[test]
    fn a_canary_that_is_there_lights_the_bar() {
        let bar =
            |share| rendered(&panel(share, RolloutState::Progressing), 80)[2].matches('#').count();
        assert_eq!((bar(0.0), bar(0.001), bar(1.0)), (0, 1, 60));
    }

    #[test]
    fn requests_do_not_change_how_things_stand_but_shares_and_states_do() {
        let quiet = panel(0.05, RolloutState::Progressing);
        let mut busy = quiet.clone();
        (busy.at, busy.rows[1].all.requests) = (Duration::from_secs(7), 300);
        assert_eq!(busy.standing(), quiet.standing());
        assert_ne!(panel(0.25, RolloutState::Progressing).standing(), quiet.standing());
        assert_ne!(panel(0.05, RolloutState::Holding).standing(), quiet.standing());
    }

    #[test]
    fn the_plain_status_says_the_same_in_one_line() {
        assert_eq!(
            panel(0.0, RolloutState::RolledBack).status(),
            " 0:06.7  [checkout-v2 0% rolled back]  v1 baseline 381/s, 0 errors; v2 canary 19/s, 5 errors"
        );
    }
}
