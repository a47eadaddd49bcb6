//! The terminal: a panel redrawn in place under the story, or plain lines.
//!
//! In place only where stdout is a terminal that can; there are no escape codes anywhere else.

mod live;
mod panel;
mod text;

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use panel::Standing;
pub use panel::{Panel, Row};
pub use text::{Line, Span, wrap};

use crate::cli::Args;
use crate::words::{Tone, clock};
use live::LivePanel;
use text::TerminalStyle;

/// What a plain line may be as wide as.
const PLAIN_WIDTH: usize = 100;
/// How often a plain status line comes while nothing changes.
const PLAIN_EVERY: Duration = Duration::from_secs(5);
/// Where the text of the story begins.
const INDENT: usize = 9;

/// Where the play is shown.
pub struct Screen {
    out: Box<dyn Write + Send>,
    style: TerminalStyle,
    live: Option<LivePanel>,
    /// When the last plain status line came, and what it stood for.
    last_status: Option<(Instant, Standing)>,
}

impl Screen {
    /// stdout; with `--json`, which needs it for itself, stderr.
    pub fn open(args: &Args) -> Self {
        let (out, terminal): (Box<dyn Write + Send>, bool) = if args.json {
            (Box::new(io::stderr()), io::stderr().is_terminal())
        } else {
            (Box::new(io::stdout()), io::stdout().is_terminal())
        };
        let able = terminal && !variable("TERM").is_empty() && variable("TERM") != "dumb";
        let style = TerminalStyle {
            colours: able && !args.plain && variable("NO_COLOR").is_empty(),
            unicode: able && speaks_unicode(),
        };
        let live = (able && !args.plain).then(LivePanel::new);
        Self { out, style, live, last_status: None }
    }

    /// A line apart from the story.
    pub fn note(&mut self, text: &str) -> io::Result<()> {
        self.print(&[vec![Span::dim(text)]])
    }

    /// What is being played with.
    pub fn headline(&mut self, text: &str) -> io::Result<()> {
        self.print(&[vec![Span::plain(text)]])
    }

    /// The title of an act.
    pub fn act(&mut self, number: u8, title: &str) -> io::Result<()> {
        let title = vec![Span::bold(format!("Act {number}  ")), Span::bold(title)];
        self.print(&[Line::new(), title])
    }

    /// A sentence of the story.
    pub fn say(&mut self, at: Duration, tone: Tone, sentence: &str) -> io::Result<()> {
        let mut time = format!("{:>7}  ", clock(at));
        let mut lines = Vec::new();
        for part in wrap(sentence, self.width().saturating_sub(INDENT)) {
            lines.push(vec![Span::dim(std::mem::take(&mut time)), Span::toned(tone, part)]);
            time = " ".repeat(INDENT);
        }
        self.print(&lines)
    }

    /// How things stand now.
    pub fn show(&mut self, panel: &Panel) -> io::Result<()> {
        if self.live.is_some() {
            return self.draw(Some(panel));
        }
        let (standing, known) = (panel.standing(), self.last_status);
        if known.is_some_and(|(at, known)| known == standing && at.elapsed() < PLAIN_EVERY) {
            return Ok(());
        }
        self.last_status = Some((Instant::now(), standing));
        self.print(&[vec![Span::plain(panel.status())]])
    }

    /// Lines as they are.
    pub fn print(&mut self, lines: &[Line]) -> io::Result<()> {
        let width = self.width();
        let text: String =
            lines.iter().map(|line| format!("{}\n", self.style.render(line, usize::MAX))).collect();
        match &mut self.live {
            Some(live) => live.print_above(&mut self.out, &text, width, self.style),
            None => {
                self.out.write_all(text.as_bytes())?;
                self.out.flush()
            }
        }
    }

    /// Takes the panel away.
    pub fn close(&mut self) -> io::Result<()> {
        self.draw(None)
    }

    /// How wide lines may be.
    pub fn width(&self) -> usize {
        self.live.as_ref().map_or(PLAIN_WIDTH, |_| live::width())
    }

    fn draw(&mut self, panel: Option<&Panel>) -> io::Result<()> {
        let width = self.width();
        match &mut self.live {
            Some(live) => live.draw(&mut self.out, panel, width, self.style),
            None => Ok(()),
        }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // Whatever ended us, the cursor comes back.
        let _ = self.close();
    }
}

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_default()
}

/// By the locale, the way programs decide it.
fn speaks_unicode() -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].map(variable).into_iter().find(|l| !l.is_empty());
    locale.is_some_and(|locale| {
        let locale = locale.to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    })
}
