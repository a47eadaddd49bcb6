//! "Did you mean ...?": the nearest of the words that would have been right.

/// The one word that is meant, most likely: the same but for case and hyphens, or else the nearest by
/// [`distance`]. `None` where none is near, and where two are as near.
///
/// Of a word with one or two letters nothing is left after a mistake, so only its case is forgiven. A word with up to
/// five may have one mistake, and a longer one two.
pub fn nearest<'a>(found: &str, known: &[&'a str]) -> Option<&'a str> {
    let wanted = plain(found);
    let mistakes = match wanted.len() {
        0..=2 => 0,
        3..=5 => 1,
        _ => 2,
    };
    let (mut best, mut least) = (None, mistakes + 1);
    for word in known {
        let far = distance(&wanted, &plain(word));
        if far < least {
            (best, least) = (Some(*word), far);
        } else if far == least {
            best = None;
        }
    }
    best
}

/// A word without its case, and with an underscore for each hyphen.
fn plain(word: &str) -> Vec<u8> {
    let letter = |byte: u8| if byte == b'-' { b'_' } else { byte.to_ascii_lowercase() };
    word.bytes().map(letter).collect()
}

/// What would have been right: the [`nearest`] word, or all that are `known`, after what they are called.
pub fn suggestion(found: &str, known: &[&str], all: &str) -> String {
    match nearest(found, known) {
        Some(word) => format!("did you mean `{word}`?"),
        None if known.is_empty() => "there are none".to_owned(),
        None => format!("{all}: {}", known.join(", ")),
    }
}

/// How many letters have to be inserted, removed or replaced, or exchanged with their neighbour, each at most once
/// (optimal string alignment), in bytes.
fn distance(a: &[u8], b: &[u8]) -> usize {
    let width = b.len() + 1;
    let mut rows: Vec<usize> = (0..width).collect();
    let at = |rows: &[usize], i: usize, j: usize| rows.get(i * width + j).copied().unwrap_or(0);
    for (i, x) in a.iter().enumerate() {
        rows.push(i + 1);
        for (j, y) in b.iter().enumerate() {
            let mut best = (at(&rows, i, j) + usize::from(x != y))
                .min(at(&rows, i, j + 1) + 1)
                .min(at(&rows, i + 1, j) + 1);
            let before =
                |word: &[u8], at: usize| at.checked_sub(1).and_then(|at| word.get(at).copied());
            if before(a, i) == Some(*y) && before(b, j) == Some(*x) {
                best = best.min(at(&rows, i - 1, j - 1) + 1);
            }
            rows.push(best);
        }
    }
    rows.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: [&str; 8] =
        ["weight", "min_time", "watch", "in", "eq", "le", "quantile", "max_effect"];

    #[test]
    fn a_slip_of_the_finger_is_understood() {
        for (found, meant) in [
            ("weigth", "weight"),
            ("wieght", "weight"),
            ("min_tiem", "min_time"),
            ("min-time", "min_time"),
            ("minTime", "min_time"),
            ("Weight", "weight"),
            ("wach", "watch"),
            ("IN", "in"),
            ("max_effects", "max_effect"),
        ] {
            assert_eq!(nearest(found, &KNOWN), Some(meant), "{found}");
        }
    }

    #[test]
    fn what_has_nothing_in_common_is_not_suggested() {
        for found in ["ne", "gt", "", "i", "weeks", "quant", "time", "x"] {
            assert_eq!(nearest(found, &KNOWN), None, "{found}");
        }
        assert_eq!(suggestion("ne", &["in", "eq"], "known keys"), "known keys: in, eq");
        assert_eq!(suggestion("ne", &[], "known keys"), "there are none");
    }

    #[test]
    fn of_two_that_are_as_near_none_is_chosen() {
        assert_eq!(nearest("rate1", &["rate2", "rate3"]), None);
        assert_eq!(nearest("rate2", &["rate2", "rate3"]), Some("rate2"));
    }

    #[test]
    fn distances_are_those_of_the_definition() {
        for (a, b, far) in [
            ("", "abc", 3),
            ("abc", "", 3),
            ("ab", "ba", 1),
            ("ca", "abc", 3),
            ("kitten", "sitting", 3),
        ] {
            assert_eq!(distance(a.as_bytes(), b.as_bytes()), far, "{a} {b}");
            assert_eq!(distance(b.as_bytes(), a.as_bytes()), far, "{b} {a}");
        }
    }
}
