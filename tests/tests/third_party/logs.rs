//! What plugins say in Envoy's log.

use serinus_lab::scenario::expectation::Level;

/// A line of Envoy's log that is of a plugin.
#[derive(Debug)]
pub enum Said {
    /// The plugin logged it.
    Line {
        /// How much it matters.
        level: Level,
        /// Which plugin; root contexts of some calls do not say.
        plugin: Option<String>,
        /// What it says.
        text: String,
    },
    /// A VM died.
    Died(String),
}

/// Reads `[time][thread][level][wasm] [file:line] wasm log PLUGIN ROOT VM: text`.
pub fn read(line: &str) -> Option<Said> {
    if line.contains("Function: ") && line.contains(" failed: ") {
        return Some(Said::Died(line.to_owned()));
    }
    let (head, log) = line.split_once(" wasm log")?;
    let (origin, text) = log.split_once(": ")?;
    let plugin = origin.split(' ').find(|word| !word.is_empty()).map(str::to_owned);
    Some(Said::Line { level: level(head)?, plugin, text: text.to_owned() })
}

fn level(head: &str) -> Option<Level> {
    let names = [
        ("[trace]", Level::Trace),
        ("[debug]", Level::Debug),
        ("[info]", Level::Info),
        ("[warning]", Level::Warn),
        ("[error]", Level::Error),
        ("[critical]", Level::Critical),
    ];
    names.into_iter().find(|(name, _)| head.contains(name)).map(|(_, level)| level)
}
