//! A chart's area with its axes.

use super::px;
use crate::report::html;

/// A chart's size and margins, in pixels of its own. Each chart is drawn twice, for a wide and for a narrow
/// window: a drawing that is only scaled down is not readable on a phone.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Plot {
    /// Of the whole drawing.
    pub(in super::super) width: f64,
    /// Of the whole drawing.
    pub(in super::super) height: f64,
    /// Whether it is for a narrow window.
    pub(in super::super) narrow: bool,
    /// Room above the plot.
    pub(in super::super) top: f64,
    /// Room below it.
    pub(in super::super) bottom: f64,
}

/// Which point of a text its coordinate is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Anchor {
    Start,
    Middle,
    End,
}

impl Plot {
    /// A plot of this inner height.
    pub(in super::super) fn new(narrow: bool, height: f64) -> Self {
        let (top, bottom) = (18.0, 24.0);
        let width = if narrow { 380.0 } else { 1040.0 };
        Self { width, height: height + top + bottom, narrow, top, bottom }
    }

    /// The left and right edge of the plot. Ticks are on the left, labels of lines on the right.
    pub(in super::super) fn x(&self) -> (f64, f64) {
        if self.narrow { (50.0, self.width - 60.0) } else { (52.0, self.width - 92.0) }
    }

    /// The lower and upper edge, in this order: values grow upwards.
    pub(in super::super) fn y(&self) -> (f64, f64) {
        (self.height - self.bottom, self.top)
    }

    /// The drawing as an element. `more` are attributes.
    pub(in super::super) fn svg(&self, label: &str, more: &str, content: &str) -> String {
        let class = if self.narrow { "narrow" } else { "wide" };
        let (left, right) = self.x();
        let (low, high) = self.y();
        format!(
            "<svg class=\"chart {class}\" viewBox=\"0 0 {} {}\" role=img aria-label=\"{}\" data-plot=\"{} {} {} {}\"{more}>{content}</svg>\n",
            px(self.width),
            px(self.height),
            html::text(label),
            px(left),
            px(right),
            px(high),
            px(low),
        )
    }

    /// What the vertical axis counts.
    pub(in super::super) fn unit(&self, unit: &str) -> String {
        text(0.0, 11.0, Anchor::Start, "tick", unit)
    }

    /// A horizontal line of the grid with its label.
    pub(in super::super) fn row(&self, y: f64, label: &str) -> String {
        let (left, right) = self.x();
        let text = text(left - 6.0, y + 4.0, Anchor::End, "tick", label);
        format!("<path class=grid d=\"M{} {}H{}\"/>{text}", px(left), px(y), px(right))
    }

    /// A tick of the horizontal axis with its label.
    pub(in super::super) fn column(&self, x: f64, label: &str) -> String {
        let bottom = self.y().0;
        let text = text(x, bottom + 17.0, Anchor::Middle, "tick", label);
        format!("<path class=axis d=\"M{} {}v5\"/>{text}", px(x), px(bottom))
    }

    /// The horizontal axis itself.
    pub(in super::super) fn baseline(&self) -> String {
        let (left, right) = self.x();
        format!("<path class=axis d=\"M{} {}H{}\"/>", px(left), px(self.y().0), px(right))
    }

    /// Labels at `x`, where lines end: `(y, class, text)`, moved apart where they would overlap.
    pub(in super::super) fn line_labels(&self, x: f64, labels: &[(f64, &str, &str)]) -> String {
        let wanted: Vec<f64> = labels.iter().map(|(y, _, _)| *y).collect();
        let (bottom, top) = self.y();
        let places = spread(&wanted, 14.0, top, bottom);
        let x = x + 8.0;
        let label = |(y, (_, class, label)): (&f64, &(f64, &str, &str))| {
            text(x, y + 4.0, Anchor::Start, &format!("label {class}"), label)
        };
        places.iter().zip(labels).map(label).collect()
    }
}

/// A text element.
pub(in super::super) fn text(x: f64, y: f64, anchor: Anchor, class: &str, label: &str) -> String {
    let anchor = match anchor {
        Anchor::Start => "",
        Anchor::Middle => " text-anchor=middle",
        Anchor::End => " text-anchor=end",
    };
    format!("<text x={} y={} class=\"{class}\"{anchor}>{}</text>", px(x), px(y), html::text(label))
}

/// Positions as near as possible to the wanted ones, in their order of height, at least `gap` apart, and
/// within `low..=high` as far as they fit.
pub(in super::super) fn spread(wanted: &[f64], gap: f64, low: f64, high: f64) -> Vec<f64> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    let at = |i: usize| wanted.get(i).copied().unwrap_or(low);
    order.sort_by(|a, b| at(*a).total_cmp(&at(*b)));
    let mut places: Vec<(usize, f64)> = Vec::with_capacity(order.len());
    for i in order {
        let free = places.last().map_or(low, |(_, y)| y + gap);
        places.push((i, at(i).max(free)));
    }
    let mut limit = high;
    for (_, y) in places.iter_mut().rev() {
        *y = y.min(limit);
        limit = *y - gap;
    }
    places.sort_by_key(|(i, _)| *i);
    places.into_iter().map(|(_, y)| y).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_that_would_overlap_are_moved_apart() {
        assert_eq!(spread(&[50.0, 50.0], 14.0, 0.0, 100.0), [50.0, 64.0]);
        assert_eq!(spread(&[99.0, 98.0], 14.0, 0.0, 100.0), [100.0, 86.0]);
        assert_eq!(spread(&[10.0, 90.0], 14.0, 0.0, 100.0), [10.0, 90.0]);
        assert_eq!(spread(&[], 14.0, 0.0, 100.0), Vec::<f64>::new());
    }

    #[test]
    fn what_is_drawn_is_escaped() {
        let svg = Plot::new(false, 100.0).svg(
            "a \"b\" <c>",
            "",
            &text(1.0, 2.0, Anchor::End, "t", "<b>"),
        );
        assert!(
            svg.contains("aria-label=\"a &quot;b&quot; &lt;c&gt;\"") && svg.contains(">&lt;b&gt;<")
        );
    }
}
