//! How expectations and what was seen are put into words.

use crate::scenario::expectation::Check;
use crate::scenario::read::Wanted;
use std::fmt;
use std::time::Duration;

/// How much of a text is shown, in bytes.
const WIDTH: usize = 200;

/// A time since the start as a scenario writes it: `1h2m3s`, `40.25s`.
#[derive(Clone, Copy, Debug)]
pub struct Clock(pub Duration);

impl fmt::Display for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, nanos) = (self.0.as_secs(), self.0.subsec_nanos());
        let (hours, minutes, seconds) = (whole / 3600, whole / 60 % 60, whole % 60);
        if whole == 0 && nanos > 0 {
            return write!(f, "{}ms", f64::from(nanos / 1000) / 1000.0);
        }
        if hours > 0 {
            write!(f, "{hours}h")?;
        }
        if minutes > 0 {
            write!(f, "{minutes}m")?;
        }
        match nanos / 1_000_000 {
            0 if seconds == 0 && whole > 0 => Ok(()),
            0 => write!(f, "{seconds}s"),
            millis => write!(f, "{seconds}.{millis:03}s"),
        }
    }
}

/// A text in quotes, cut short.
pub(super) fn text(text: &str) -> String {
    let end = text.floor_char_boundary(WIDTH);
    let more = if end < text.len() { format!("... ({} bytes)", text.len()) } else { String::new() };
    format!("{:?}{more}", text.get(..end).unwrap_or_default())
}

/// The values of a header.
pub(super) fn values<S: AsRef<str>>(values: &[S]) -> String {
    match values {
        [] => "none".to_owned(),
        [one] => text(one.as_ref()),
        several => {
            let shown: Vec<String> = several.iter().take(8).map(|one| text(one.as_ref())).collect();
            let more = if several.len() > 8 { ", ..." } else { "" };
            format!("[{}{more}]", shown.join(", "))
        }
    }
}

/// What there should be, or the word for nothing.
pub(super) fn wanted<T: fmt::Display>(wanted: &Wanted<T>, nothing: &str) -> String {
    match wanted {
        Wanted::Anything => "anything".to_owned(),
        Wanted::Nothing => nothing.to_owned(),
        Wanted::This(this) => this.to_string(),
    }
}

/// What an expectation is about.
pub(super) fn check(check: &Check) -> String {
    match check {
        Check::Metric { name, labels, .. } => {
            let labels: Vec<String> =
                labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
            let labels =
                if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
            format!("metric {name}{labels}")
        }
        Check::User { user, .. } => format!("cluster of user {user}"),
        Check::Requests { which, .. } => format!("requests{}", filter(which)),
        Check::Log { line, .. } => format!("logged lines: {line}"),
        Check::Callouts { which, .. } => {
            let cluster =
                which.cluster.as_ref().map(|name| format!(" to {name}")).unwrap_or_default();
            format!("callouts{cluster}")
        }
        Check::SharedData { key, .. } => format!("shared data {key}"),
        Check::Failures(_) => "VMs that died".to_owned(),
        Check::Extra(extra) => extra.0.title(),
        Check::Switches(_) => "users who switched and went back".to_owned(),
    }
}

fn filter(which: &crate::scenario::expectation::RequestFilter) -> String {
    let mut words = String::new();
    let mut say = |what: &str, value: Option<String>| {
        if let Some(value) = value {
            words.push_str(&format!(" {what} {value}"));
        }
    };
    let given = |is: &Wanted<String>| (*is != Wanted::Anything).then(|| wanted(is, "none"));
    say("to", given(&which.cluster));
    let status = (which.status != Wanted::Anything).then(|| wanted(&which.status, "none"));
    say("with status", status);
    say("by route", given(&which.route));
    say("with flag", which.flag.as_ref().map(|flag| flag.0.clone()));
    say("of user", which.user.clone());
    say("on worker", which.worker.map(|worker| worker.to_string()));
    say("since", which.since.map(|since| Clock(since).to_string()));
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_as_a_scenario_writes_them() {
        for (millis, text) in [
            (0, "0s"),
            (250, "250ms"),
            (1_000, "1s"),
            (40_250, "40.250s"),
            (60_000, "1m"),
            (3_600_000, "1h"),
            (3_723_004, "1h2m3.004s"),
        ] {
            assert_eq!(Clock(Duration::from_millis(millis)).to_string(), text);
        }
    }
}
