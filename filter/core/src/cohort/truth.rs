//! Three-valued truth (Kleene): a rule must be able to say that it does not know.

use std::ops::Not;

/// What a condition comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truth {
    /// It holds.
    True,
    /// It does not hold.
    False,
    /// It was about something that the request does not show.
    Unknown,
}

impl Truth {
    /// True if all are, false if any is, unknown otherwise; asks no further than it must, in order.
    pub fn all(parts: impl Iterator<Item = Self>) -> Self {
        Self::fold(parts, Self::False)
    }

    /// True if any is, false if all are, unknown otherwise; asks no further than it must, in order.
    pub fn any(parts: impl Iterator<Item = Self>) -> Self {
        Self::fold(parts, Self::True)
    }

    /// `decisive` if any part is, unknown if any part is unknown, else the opposite.
    fn fold(parts: impl Iterator<Item = Self>, decisive: Self) -> Self {
        let mut sum = !decisive;
        for part in parts {
            if part == decisive {
                return decisive;
            }
            if part == Self::Unknown {
                sum = Self::Unknown;
            }
        }
        sum
    }
}

impl Not for Truth {
    type Output = Self;

    fn not(self) -> Self {
        match self {
            Self::True => Self::False,
            Self::False => Self::True,
            Self::Unknown => Self::Unknown,
        }
    }
}

impl From<bool> for Truth {
    fn from(holds: bool) -> Self {
        if holds { Self::True } else { Self::False }
    }
}

#[cfg(test)]
mod tests {
    use super::Truth::{self, False, True, Unknown};

    #[test]
    fn follows_kleenes_tables() {
        for (left, right, and, or) in [
            (True, True, True, True),
            (True, False, False, True),
            (True, Unknown, Unknown, True),
            (False, False, False, False),
            (False, Unknown, False, Unknown),
            (Unknown, Unknown, Unknown, Unknown),
        ] {
            for pair in [[left, right], [right, left]] {
                assert_eq!(Truth::all(pair.into_iter()), and, "{pair:?}");
                assert_eq!(Truth::any(pair.into_iter()), or, "{pair:?}");
            }
        }
        assert_eq!(!Unknown, Unknown);
        assert_eq!(Truth::all([].into_iter()), True);
        assert_eq!(Truth::any([].into_iter()), False);
    }

    #[test]
    fn asks_no_further_than_it_must() {
        let mut asked = 0;
        Truth::all([True, False, True].into_iter().inspect(|_| asked += 1));
        assert_eq!(asked, 2);
    }
}
