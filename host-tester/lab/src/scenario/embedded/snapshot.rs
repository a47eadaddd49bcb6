//! What there is to see of the embedded host, in the words of scenarios.

use crate::scenario::expectation::Level;
use crate::scenario::observation::{LogLine, Snapshot};
use serinus_host::process::LogLevel;
use serinus_host::process::{self, Value};
use serinus_host::proxy::Proxy;
use std::time::Duration;

impl Snapshot for Proxy {
    fn metrics(&self, visit: &mut dyn FnMut(&str, u64)) {
        for metric in Proxy::metrics(self).iter() {
            let value = match &metric.value {
                Value::Counter(value) | Value::Gauge(value) => *value,
                Value::Histogram(samples) => samples.count,
            };
            visit(&metric.name, value);
        }
    }

    fn shared_data(&self, vm_id: &str, key: &str) -> Option<Vec<u8>> {
        let data = Proxy::shared_data(self);
        data.get(vm_id, key.as_bytes()).map(<[u8]>::to_vec)
    }
}

/// A line that a plugin logged, since this moment; `None` for the host's own.
pub fn tell_log(line: &process::LogLine, began: u64) -> Option<LogLine<'_>> {
    let at = Duration::from_nanos(line.at.saturating_sub(began));
    let (level, plugin) = (level(line.level), &*line.plugin);
    (!plugin.is_empty()).then_some(LogLine { at, level, plugin, text: &line.text })
}

fn level(level: LogLevel) -> Level {
    match level {
        LogLevel::Trace => Level::Trace,
        LogLevel::Debug => Level::Debug,
        LogLevel::Info => Level::Info,
        LogLevel::Warn => Level::Warn,
        LogLevel::Error => Level::Error,
        LogLevel::Critical => Level::Critical,
    }
}
