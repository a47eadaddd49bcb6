//! What a request was sent for, as a number that comes back with it.

/// What a request was sent for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tag {
    /// As traffic that names no user.
    Traffic,
    /// As traffic of this user.
    User(u64),
    /// By this step.
    Step(usize),
    /// To see where this expectation's user goes.
    Probe(usize),
}

const KINDS: u64 = 4;

impl Tag {
    pub(super) fn number(self) -> u64 {
        match self {
            Self::Traffic => 0,
            Self::User(user) => user * KINDS + 1,
            Self::Step(step) => step as u64 * KINDS + 2,
            Self::Probe(expectation) => expectation as u64 * KINDS + 3,
        }
    }

    pub(super) fn of(number: u64) -> Self {
        let index = usize::try_from(number / KINDS).unwrap_or(usize::MAX);
        match number % KINDS {
            1 => Self::User(number / KINDS),
            2 => Self::Step(index),
            3 => Self::Probe(index),
            _ => Self::Traffic,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_comes_back_as_it_went() {
        for tag in [Tag::Traffic, Tag::User(0), Tag::User(9_999_999), Tag::Step(3), Tag::Probe(0)] {
            assert_eq!(Tag::of(tag.number()), tag);
        }
    }
}
