//! The panel that is redrawn in place.

use std::io::{self, Write};

use crossterm::cursor::{Hide, MoveToColumn, MoveUp, Show};
use crossterm::queue;
use crossterm::terminal::{self, Clear, ClearType};

use super::panel::Panel;
use super::text::TerminalStyle;

/// Beyond this a line is hard to follow.
const WIDEST: u16 = 100;

/// What stands at the bottom of the terminal.
pub struct LivePanel {
    panel: Option<Panel>,
    /// How many lines of it are on the screen, the cursor below them.
    drawn: u16,
    hidden: bool,
}

/// The width to fill.
pub fn width() -> usize {
    // Some pseudo terminals have no size, and say 0.
    let columns = terminal::size().map_or(0, |(columns, _)| columns);
    if columns == 0 { 80 } else { columns.clamp(20, WIDEST).into() }
}

impl LivePanel {
    /// Nothing yet.
    pub fn new() -> Self {
        Self { panel: None, drawn: 0, hidden: false }
    }

    /// Prints text that stays, above the panel.
    pub fn print_above(
        &mut self,
        out: &mut impl Write,
        text: &str,
        width: usize,
        style: TerminalStyle,
    ) -> io::Result<()> {
        let mut frame = Vec::new();
        self.erase(&mut frame)?;
        frame.extend(text.as_bytes());
        self.put(&mut frame, width, style)?;
        flush(out, &frame)
    }

    /// Draws another panel in place of the last; none takes it away and gives the cursor back.
    pub fn draw(
        &mut self,
        out: &mut impl Write,
        panel: Option<&Panel>,
        width: usize,
        style: TerminalStyle,
    ) -> io::Result<()> {
        let mut frame = Vec::new();
        self.erase(&mut frame)?;
        self.panel = panel.cloned();
        if self.hidden != panel.is_some() {
            self.hidden = panel.is_some();
            if self.hidden { queue!(frame, Hide)? } else { queue!(frame, Show)? }
        }
        self.put(&mut frame, width, style)?;
        flush(out, &frame)
    }

    fn erase(&mut self, frame: &mut Vec<u8>) -> io::Result<()> {
        if self.drawn > 0 {
            queue!(frame, MoveToColumn(0), MoveUp(self.drawn), Clear(ClearType::FromCursorDown))?;
            self.drawn = 0;
        }
        Ok(())
    }

    fn put(&mut self, frame: &mut Vec<u8>, width: usize, style: TerminalStyle) -> io::Result<()> {
        let lines = self.panel.iter().flat_map(|panel| panel.lines(width, style.unicode));
        for line in lines {
            // One column is left free: a full line makes some terminals wrap.
            writeln!(frame, "{}", style.render(&line, width.saturating_sub(1)))?;
            self.drawn += 1;
        }
        Ok(())
    }
}

/// In one write, so that nobody sees half a frame.
fn flush(out: &mut impl Write, frame: &[u8]) -> io::Result<()> {
    out.write_all(frame)?;
    out.flush()
}
