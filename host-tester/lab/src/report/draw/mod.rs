//! What charts are drawn with: scales, ticks, paths, a plot with its axes.

mod path;
mod plot;
mod scale;
mod thin;
mod ticks;

pub(super) use path::{band, line, px, steps};
pub(super) use plot::{Anchor, Plot, text};
pub(super) use scale::Scale;
pub(super) use thin::{extremes, last_per_column};
pub(super) use ticks::{decades, even, moments, one_two_five};
