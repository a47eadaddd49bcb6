//! What a misspelt name probably meant.

/// More edits than this are another name.
const EDITS: usize = 3;

/// The known name that is nearest to `name`, if any is near.
pub(super) fn nearest<'k>(name: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    let near = known.filter(|known| known.len().abs_diff(name.len()) <= EDITS);
    let (edits, nearest) = near.map(|known| (distance(name, known), known)).min()?;
    (edits <= EDITS).then_some(nearest)
}

/// Levenshtein distance in bytes, by rows.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut left = i + 1;
        let mut corner = i;
        for (cell, y) in row.iter_mut().skip(1).zip(b.bytes()) {
            let replaced = corner + usize::from(x != y);
            corner = *cell;
            left = replaced.min(left + 1).min(corner + 1);
            *cell = left;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_are_counted() {
        for (a, b, edits) in
            [("", "abc", 3), ("kitten", "sitting", 3), ("same", "same", 0), ("ab", "ba", 2)]
        {
            assert_eq!((distance(a, b), distance(b, a)), (edits, edits), "{a} {b}");
        }
    }

    #[test]
    fn only_what_is_near_is_suggested() {
        let known = ["proxy_on_log", "proxy_on_request_headers"];
        assert_eq!(nearest("proxy_on_request_header", known.into_iter()), Some(known[1]));
        assert_eq!(nearest("proxy_on_start", known.into_iter()), None);
    }
}
