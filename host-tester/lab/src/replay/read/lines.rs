//! Line by line, none of them too long.

use std::io::{self, BufRead, Read};

/// No entry is longer; what a line has beyond is not read, and so it is no JSON.
const MAX_LINE: u64 = 1 << 20;

pub(super) struct Lines {
    reader: Box<dyn BufRead>,
    line: u64,
    text: Vec<u8>,
}

impl Lines {
    pub(super) fn new(reader: Box<dyn BufRead>) -> Self {
        Self { reader, line: 0, text: Vec::new() }
    }

    /// The next line that is not blank, and its number from 1.
    pub(super) fn next(&mut self) -> io::Result<Option<(u64, &[u8])>> {
        loop {
            self.text.clear();
            let read = self.reader.by_ref().take(MAX_LINE).read_until(b'\n', &mut self.text)?;
            if read == 0 {
                return Ok(None);
            }
            self.line += 1;
            if read as u64 == MAX_LINE && self.text.last() != Some(&b'\n') {
                self.skip()?;
            }
            if !self.text.trim_ascii().is_empty() {
                return Ok(Some((self.line, self.text.trim_ascii())));
            }
        }
    }

    fn skip(&mut self) -> io::Result<()> {
        loop {
            let buffer = self.reader.fill_buf()?;
            let end = buffer.iter().position(|byte| *byte == b'\n');
            let step = end.map_or(buffer.len(), |at| at + 1);
            self.reader.consume(step);
            if end.is_some() || step == 0 {
                return Ok(());
            }
        }
    }
}
