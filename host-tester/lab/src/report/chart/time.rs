//! The axis of time, with the decisions on it. All charts of a run share it, so that they can be read across.

use crate::report::draw::{Anchor, Plot, Scale, moments, px, text};
use crate::report::html;
use crate::report::model::Sample;
use crate::story::lasted;
use serinus_core::record::Verdict;

/// Where the crosshair stops at most; more only makes the page larger.
const STOPS: usize = 240;

/// A decision on the axis.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Mark {
    /// Its number in the list of decisions, from 1.
    pub(in super::super) number: usize,
    /// When it was made.
    pub(in super::super) at_ms: u64,
    /// What was decided.
    pub(in super::super) verdict: Verdict,
}

/// From the beginning of the run to its end.
#[derive(Clone, Debug)]
pub(in super::super) struct Time {
    /// When the run ended.
    pub(in super::super) end_ms: u64,
    /// What was decided.
    pub(in super::super) marks: Vec<Mark>,
}

impl Time {
    /// From times to pixels.
    pub(in super::super) fn scale(&self, plot: &Plot) -> Scale {
        Scale::linear((0.0, self.end_ms.max(1) as f64), plot.x())
    }

    /// Where a moment is.
    pub(in super::super) fn at(&self, plot: &Plot, at_ms: u64) -> f64 {
        self.scale(plot).at(at_ms as f64).unwrap_or(plot.x().0)
    }

    /// The axis with its ticks.
    pub(in super::super) fn axis(&self, plot: &Plot) -> String {
        let most = if plot.narrow { 4 } else { 9 };
        let ticks = moments(self.end_ms, most);
        let tick = |ms: &u64| plot.column(self.at(plot, *ms), &lasted(*ms));
        plot.baseline() + &ticks.iter().map(tick).collect::<String>()
    }

    /// The decisions as lines through the plot, numbered where there is room. What stopped or moved a rollout
    /// goes before what held it.
    pub(in super::super) fn marks(&self, plot: &Plot) -> String {
        let mut marks: Vec<&Mark> = self.marks.iter().collect();
        marks.sort_by_key(|mark| match mark.verdict {
            Verdict::Rollback => 0,
            Verdict::Promote => 1,
            Verdict::Hold => 2,
        });
        let mut taken: Vec<f64> = Vec::new();
        let mut drawn = String::new();
        for mark in marks {
            let x = self.at(plot, mark.at_ms);
            if taken.iter().all(|other| (other - x).abs() >= 15.0) {
                taken.push(x);
                drawn.push_str(&draw_mark(plot, mark, x));
            }
        }
        drawn
    }

    /// What the crosshair says at which place, as an attribute.
    pub(in super::super) fn stops(
        &self,
        plot: &Plot,
        samples: &[&Sample],
        say: impl Fn(&Sample) -> String,
    ) -> String {
        let every = samples.len().div_ceil(STOPS).max(1);
        let stop = |sample: &&Sample| {
            let x = self.at(plot, sample.at_ms).round();
            (x, format!("{}\n{}", lasted(sample.at_ms), say(sample)))
        };
        let stops: Vec<(f64, String)> = samples.iter().step_by(every).map(stop).collect();
        let json = serde_json::to_string(&stops).unwrap_or_default();
        format!(" data-stops=\"{}\"", html::text(&json))
    }
}

fn draw_mark(plot: &Plot, mark: &Mark, x: f64) -> String {
    let class = mark.verdict.as_str();
    let (x_text, low) = (px(x), px(plot.y().0));
    let number = text(x, 12.0, Anchor::Middle, &format!("mark {class}"), &mark.number.to_string());
    format!("<path class=\"mark {class}\" d=\"M{x_text} 16V{low}\"/>{number}")
}
