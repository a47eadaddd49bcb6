//! The charts. Each is a function from data to a drawing; `figure` puts the wide and the narrow one of them
//! on the page, with a caption that says what one sees.

pub(super) mod evidence;
pub(super) mod failures;
pub(super) mod latency;
pub(super) mod power;
pub(super) mod rates;
pub(super) mod requests;
mod slices;
mod time;
pub(super) mod traffic;
pub(super) mod weight;

pub(super) use time::{Mark, Time};

use super::html;

/// A chart with its title and caption. `draw` gets whether the window is narrow.
pub(super) fn figure(title: &str, caption: &str, draw: impl Fn(bool) -> String) -> String {
    format!(
        "<figure><figcaption><h4>{}</h4><p>{}</p></figcaption>\n{}{}</figure>\n",
        html::text(title),
        html::sentence(caption),
        draw(false),
        draw(true)
    )
}
