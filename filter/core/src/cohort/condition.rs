//! A rule's condition: tests on attributes, joined in three-valued logic.
//!
//! The [`cohort`](super) module says what is unknown and what follows from it.

use super::{
    attribute::Reads, operator::Operator, source::Source, token::OverrideToken, truth::Truth,
};

#[cfg(test)]
mod tests;

/// Something that holds of a request, does not hold, or cannot be told.
#[derive(Clone, Debug)]
pub enum Condition {
    /// An attribute, and what is asked of it.
    Test {
        /// Where to look.
        source: Source,
        /// What to ask.
        operator: Operator,
    },
    /// The opposite; of unknown, unknown.
    Not(Box<Condition>),
    /// Every one holds. Asked in order, no further than the first that does not.
    All(Vec<Condition>),
    /// One at least holds. Asked in order, no further than the first that does.
    Any(Vec<Condition>),
    /// A token that permits this override is carried. Any other token, and none, is unknown.
    Override(OverrideToken),
    /// The present is in a span of time, in Unix milliseconds.
    TimeWindow {
        /// The first moment inside.
        from: u64,
        /// The first moment after.
        until: u64,
    },
}

impl Condition {
    /// What it comes to for this request.
    pub fn evaluate<'a>(&'a self, reads: &Reads<'a>) -> Truth {
        match self {
            Self::Test { source, operator } => operator.test(source.read(reads)),
            Self::Not(condition) => !condition.evaluate(reads),
            Self::All(conditions) => {
                Truth::all(conditions.iter().map(|condition| condition.evaluate(reads)))
            }
            Self::Any(conditions) => {
                Truth::any(conditions.iter().map(|condition| condition.evaluate(reads)))
            }
            Self::Override(token) if token.is_carried(reads) => Truth::True,
            Self::Override(_) => Truth::Unknown,
            Self::TimeWindow { from, until } => (*from..*until).contains(&reads.now()).into(),
        }
    }

    /// Whether a client can make it hold by choosing what it sends. A `force` rule must not be so.
    pub fn forgeable(&self) -> bool {
        self.hold(true) == Holds::IfClientWants
    }

    /// Who decides whether this comes to `truth`.
    fn hold(&self, truth: bool) -> Holds {
        let each = |conditions: &[Self]| {
            conditions.iter().map(|condition| condition.hold(truth)).collect::<Vec<_>>()
        };
        match self {
            Self::Test { source, .. } if source.forgeable() => Holds::IfClientWants,
            // A client may leave out its JWT.
            Self::Test { source: Source::Jwt(_), operator: Operator::Present(present) }
                if *present != truth =>
            {
                Holds::IfClientWants
            }
            Self::Test { .. } | Self::Override(_) => Holds::IfOthersWant,
            Self::Not(condition) => condition.hold(!truth),
            Self::All(conditions) if truth => Holds::all(&each(conditions)),
            Self::Any(conditions) if !truth => Holds::all(&each(conditions)),
            Self::All(conditions) | Self::Any(conditions) => Holds::any(&each(conditions)),
            Self::TimeWindow { .. } => Holds::InTime,
        }
    }
}

/// Who decides.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Holds {
    /// The client, by what it sends.
    IfClientWants,
    /// The issuer of a token, the network, the operator.
    IfOthersWant,
    /// Nobody: it comes by itself, and a client can wait for it.
    InTime,
}

impl Holds {
    fn all(parts: &[Self]) -> Self {
        [Self::IfOthersWant, Self::IfClientWants]
            .into_iter()
            .find(|who| parts.contains(who))
            .unwrap_or(Self::InTime)
    }

    fn any(parts: &[Self]) -> Self {
        [Self::IfClientWants, Self::InTime]
            .into_iter()
            .find(|who| parts.contains(who))
            .unwrap_or(Self::IfOthersWant)
    }
}
