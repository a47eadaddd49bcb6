//! Parameters: declared as constants, so that what is described, checked and read is one thing.
//!
//! Reading by a name in a string would make a misspelt name a wrong decision in the proxy; here it does not compile.

use crate::{ParamValue, Snapshot};
use serinus_core::config;
use std::time::Duration;

/// A parameter of the policy. Declare it as a constant, name it in [`About::params`](crate::About::params), and read it
/// with [`of`](Self::of).
pub struct Param<K: Kind> {
    name: &'static str,
    description: &'static str,
    default: Option<K::Default>,
    range: Option<(f64, f64)>,
}

impl<K: Kind> Param<K> {
    /// With a value where the rollout gives none.
    pub const fn new(name: &'static str, description: &'static str, default: K::Default) -> Self {
        Self { name, description, default: Some(default), range: None }
    }

    /// That the rollout must give.
    pub const fn required(name: &'static str, description: &'static str) -> Self {
        Self { name, description, default: None, range: None }
    }

    /// Its value: the rollout's, else the default, else [`Kind::ABSENT`] (which no rollout
    /// that was validated comes to).
    pub fn of(&self, snapshot: &Snapshot) -> K::Value {
        let given = snapshot.params.iter().find(|given| given.name == self.name);
        let read = given.and_then(|given| K::read(&given.value));
        read.unwrap_or_else(|| K::value(self.default.unwrap_or(K::ABSENT)))
    }
}

impl Param<Number> {
    /// With both ends allowed.
    #[must_use]
    pub const fn between(self, least: f64, most: f64) -> Self {
        Self { range: Some((least, most)), ..self }
    }
}

/// A parameter of whatever kind.
pub trait Parameter {
    /// Its name in `policy.params` of the rollout.
    fn name(&self) -> &'static str;
    /// What it does, with its unit.
    fn description(&self) -> &'static str;
    /// What it is where the rollout gives none.
    fn default(&self) -> Option<ParamValue>;
    /// Whether a value may be given.
    ///
    /// # Errors
    /// What is wrong with it, in a line.
    fn check(&self, given: &ParamValue) -> Result<(), String>;
}

impl<K: Kind> Parameter for Param<K> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn description(&self) -> &'static str {
        self.description
    }

    fn default(&self) -> Option<ParamValue> {
        self.default.map(K::show)
    }

    fn check(&self, given: &ParamValue) -> Result<(), String> {
        if K::read(given).is_none() {
            return Err(format!("`{}` should be {}: {}", self.name, K::EXPECTED, self.description));
        }
        match (self.range, given) {
            (Some((least, most)), ParamValue::Number(n)) if !(least..=most).contains(n) => {
                Err(format!("`{}` is out of its range: {}", self.name, self.description))
            }
            _ => Ok(()),
        }
    }
}

/// A kind of parameter.
pub trait Kind {
    /// What a default is written as.
    type Default: Copy;
    /// What is read.
    type Value;
    /// Stands for a required parameter that is not there.
    const ABSENT: Self::Default;
    /// What a value should be, for messages.
    const EXPECTED: &'static str;
    /// The value that was given; `None` if it is of another kind.
    fn read(given: &ParamValue) -> Option<Self::Value>;
    /// A default as a value.
    fn value(default: Self::Default) -> Self::Value;
    /// A default as the rollout would say it.
    fn show(default: Self::Default) -> ParamValue;
}

/// A finite number; `NaN` if it is absent.
pub enum Number {}

impl Kind for Number {
    type Default = f64;
    type Value = f64;
    const ABSENT: f64 = f64::NAN;
    const EXPECTED: &'static str = "a number";

    fn read(given: &ParamValue) -> Option<f64> {
        match given {
            ParamValue::Number(n) => Some(*n).filter(|n| n.is_finite()),
            _ => None,
        }
    }

    fn value(default: f64) -> f64 {
        default
    }

    fn show(default: f64) -> ParamValue {
        ParamValue::Number(default)
    }
}

/// A share from 0 to 1, such as `0.1%` or `0.001`; `NaN` if it is absent.
pub enum Share {}

impl Kind for Share {
    type Default = f64;
    type Value = f64;
    const ABSENT: f64 = f64::NAN;
    const EXPECTED: &'static str = "a share such as 0.1% or 0.001";

    fn read(given: &ParamValue) -> Option<f64> {
        let share = match given {
            ParamValue::Number(n) => Some(*n),
            ParamValue::Text(text) => config::Share::parse(text).map(|share| share.0),
            ParamValue::Flag(_) => None,
        };
        share.filter(|share| (0.0..=1.0).contains(share))
    }

    fn value(default: f64) -> f64 {
        default
    }

    fn show(default: f64) -> ParamValue {
        ParamValue::Number(default)
    }
}

/// A span of time, written as in the rest of a rollout: `500ms`, `10s`, `15m`, `4h`, `7d`; none if it is absent.
pub enum Span {}

impl Kind for Span {
    type Default = &'static str;
    type Value = Duration;
    const ABSENT: &'static str = "";
    const EXPECTED: &'static str = "a duration such as 500ms, 10s, 15m, 4h or 7d";

    fn read(given: &ParamValue) -> Option<Duration> {
        let ParamValue::Text(text) = given else { return None };
        config::Duration::parse(text).map(|span| Duration::from_millis(span.ms))
    }

    fn value(default: &'static str) -> Duration {
        config::Duration::parse(default)
            .map_or(Duration::ZERO, |span| Duration::from_millis(span.ms))
    }

    fn show(default: &'static str) -> ParamValue {
        ParamValue::Text(default.into())
    }
}

/// A text; empty if it is absent.
pub enum Text {}

impl Kind for Text {
    type Default = &'static str;
    type Value = String;
    const ABSENT: &'static str = "";
    const EXPECTED: &'static str = "a text";

    fn read(given: &ParamValue) -> Option<String> {
        match given {
            ParamValue::Text(text) => Some(text.clone()),
            _ => None,
        }
    }

    fn value(default: &'static str) -> String {
        default.into()
    }

    fn show(default: &'static str) -> ParamValue {
        ParamValue::Text(default.into())
    }
}

/// A switch; off if it is absent.
pub enum Flag {}

impl Kind for Flag {
    type Default = bool;
    type Value = bool;
    const ABSENT: bool = false;
    const EXPECTED: &'static str = "true or false";

    fn read(given: &ParamValue) -> Option<bool> {
        match given {
            ParamValue::Flag(flag) => Some(*flag),
            _ => None,
        }
    }

    fn value(default: bool) -> bool {
        default
    }

    fn show(default: bool) -> ParamValue {
        ParamValue::Flag(default)
    }
}

#[cfg(test)]
mod tests;
