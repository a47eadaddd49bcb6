//! SVG path data.

/// A coordinate with as many digits as can be seen.
pub(in super::super) fn px(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

/// A line through points; `None` interrupts it. A point by itself becomes a dot, with round line ends.
pub(in super::super) fn line(points: impl IntoIterator<Item = Option<(f64, f64)>>) -> String {
    let mut path = String::new();
    let (mut open, mut alone) = (false, false);
    for point in points {
        match point {
            Some((x, y)) => {
                path.push_str(if open { "L" } else { "M" });
                path.push_str(&format!("{} {}", px(x), px(y)));
                (alone, open) = (!open, true);
            }
            None => {
                path.push_str(if alone { "h0" } else { "" });
                (open, alone) = (false, false);
            }
        }
    }
    path.push_str(if alone { "h0" } else { "" });
    path
}

/// The points of a line that keeps each value until the next.
pub(in super::super) fn steps(
    points: impl IntoIterator<Item = (f64, f64)>,
    end: f64,
) -> Vec<(f64, f64)> {
    let mut corners: Vec<(f64, f64)> = Vec::new();
    for (x, y) in points {
        if let Some((_, before)) = corners.last().copied() {
            if before == y {
                continue;
            }
            corners.push((x, before));
        }
        corners.push((x, y));
    }
    if let Some((x, y)) = corners.last().copied()
        && x < end
    {
        corners.push((end, y));
    }
    corners
}

/// The area between two lines: each point is `(x, low, high)`; `None` interrupts it.
pub(in super::super) fn band(points: &[Option<(f64, f64, f64)>]) -> String {
    let mut path = String::new();
    for run in points.split(Option::is_none) {
        let forth = run.iter().flatten().map(|(x, _, high)| (*x, *high));
        let back = run.iter().rev().flatten().map(|(x, low, _)| (*x, *low));
        let outline = line(forth.chain(back).map(Some));
        if !outline.is_empty() {
            path.push_str(&outline);
            path.push('Z');
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_interrupts_and_a_lonely_point_is_a_dot() {
        let points = [Some((0.0, 1.0)), Some((2.0, 3.25)), None, Some((9.0, 9.0)), None];
        assert_eq!(line(points), "M0 1L2 3.2M9 9h0");
        assert_eq!((line([]), line([None])), (String::new(), String::new()));
    }

    #[test]
    fn steps_turn_only_where_the_value_does() {
        let corners = steps([(0.0, 5.0), (1.0, 5.0), (2.0, 9.0)], 4.0);
        assert_eq!(corners, [(0.0, 5.0), (2.0, 5.0), (2.0, 9.0), (4.0, 9.0)]);
        assert_eq!(steps([], 4.0), []);
    }

    #[test]
    fn a_band_goes_forth_and_back() {
        let points = [None, Some((0.0, 1.0, 2.0)), Some((5.0, 1.0, 3.0)), None];
        assert_eq!(band(&points), "M0 2L5 3L5 1L0 1Z");
    }
}
