//! The labels of gates: how a gate is named in records, in reports and to a policy.
//!
//! Users read labels, so a reader must not look into one: a record says by itself which [`Metric`] a gate looks at.
//! Only records of older builds do not; of those the label is all there is, and [`GateLabel::parse`] knows its
//! whole form. An event's name has no blank in it, so no event can take the form of another label.

use super::words::Metric;

/// What a gate asks, as its label says it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum GateLabel<'a> {
    /// `errors <= 0.1%`
    Errors {
        /// The share of requests that may fail.
        max: f64,
    },
    /// `latency p99 <= 500ms`
    Latency {
        /// `p99`
        quantile: &'a str,
        /// The limit, milliseconds.
        max_ms: u64,
    },
    /// `latency effect <= 0.56`
    Effect {
        /// The probability that a canary request takes longer.
        max: f64,
    },
    /// `purchase drop <= 5%`
    Event {
        /// The event's name.
        name: &'a str,
        /// The relative drop.
        max_drop: f64,
    },
}

const ERRORS: &str = "errors";
const LATENCY: &str = "latency ";
const EFFECT: &str = "latency effect";
const DROP: &str = " drop";
const AT_MOST: &str = " <= ";

impl<'a> GateLabel<'a> {
    /// What the gate looks at.
    pub const fn metric(&self) -> Metric {
        match self {
            Self::Errors { .. } => Metric::Errors,
            Self::Latency { .. } => Metric::Latency,
            Self::Effect { .. } => Metric::Effect,
            Self::Event { .. } => Metric::Event,
        }
    }

    /// The label.
    pub fn text(&self) -> String {
        match self {
            Self::Errors { max } => [ERRORS, AT_MOST, &percent(*max)].concat(),
            Self::Latency { quantile, max_ms } => {
                format!("{LATENCY}{quantile}{AT_MOST}{max_ms}ms")
            }
            // To the fourth digit.
            Self::Effect { max } => {
                [EFFECT, AT_MOST, &decimal(libm::round(max * 1e4) as u64, 4)].concat()
            }
            Self::Event { name, max_drop } => [name, DROP, AT_MOST, &percent(*max_drop)].concat(),
        }
    }

    /// What a label asks; `None` if no gate has such a label.
    pub fn parse(label: &'a str) -> Option<Self> {
        let (what, limit) = label.rsplit_once(AT_MOST)?;
        if what == ERRORS {
            return Some(Self::Errors { max: share(limit)? });
        }
        if what == EFFECT {
            return Some(Self::Effect { max: number(limit)? });
        }
        if let Some(name) = what.strip_suffix(DROP) {
            let one_word = !name.is_empty() && !name.contains(' ');
            return Some(Self::Event { name, max_drop: share(limit)? }).filter(|_| one_word);
        }
        let quantile = what.strip_prefix(LATENCY).filter(|word| word.starts_with('p'))?;
        Some(Self::Latency { quantile, max_ms: limit.strip_suffix("ms")?.parse().ok()? })
    }
}

fn share(text: &str) -> Option<f64> {
    Some(number(text.strip_suffix('%')?)? / 100.0)
}

fn number(text: &str) -> Option<f64> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    text.parse().ok().filter(|_| plain)
}

/// `0.001` as `0.1%`.
fn percent(share: f64) -> String {
    // A millionth of a percent is finer than any gate; it hides binary fractions.
    decimal(libm::round(share * 1e8) as u64, 6) + "%"
}

/// `number / 10^places` without trailing zeros. Formatting a float would cost the filter 15 KB.
pub(crate) fn decimal(number: u64, places: u32) -> String {
    let scale = 10_u64.pow(places);
    let fraction = format!("{:0width$}", number % scale, width = places as usize);
    let text = format!("{}.{fraction}", number / scale);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_parsed_as_it_was_written() {
        for (label, text) in [
            (GateLabel::Errors { max: 0.001 }, "errors <= 0.1%"),
            (GateLabel::Latency { quantile: "p99.9", max_ms: 500 }, "latency p99.9 <= 500ms"),
            (GateLabel::Effect { max: 0.56 }, "latency effect <= 0.56"),
            (GateLabel::Event { name: "purchase", max_drop: 0.05 }, "purchase drop <= 5%"),
        ] {
            assert_eq!((label.text().as_str(), GateLabel::parse(text)), (text, Some(label)));
        }
    }

    #[test]
    fn an_event_whose_name_is_like_another_gate_is_an_event() {
        for name in ["errors", "errors-page-left", "latency", "latency-p99", "effect", "drop"] {
            let text = GateLabel::Event { name, max_drop: 0.1 }.text();
            assert_eq!(GateLabel::parse(&text).map(|label| label.metric()), Some(Metric::Event));
        }
    }

    #[test]
    fn what_is_no_label_asks_nothing() {
        for text in [
            "",
            "errors",
            "errors <= ",
            "errors <= 5",
            "errors <= -5%",
            "errors <= NaN%",
            "error <= 5%",
            "errors <= inf%",
            "latency <= 5ms",
            "latency p99 <= 5s",
            "latency effect <= 5%",
            " drop <= 5%",
            "drop <= 5%",
            "a b drop <= 5%",
            "errors <= 5% drop <= 5%",
        ] {
            assert_eq!(GateLabel::parse(text), None, "{text}");
        }
    }
}
