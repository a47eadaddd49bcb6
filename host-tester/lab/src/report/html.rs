//! Text as HTML.

use crate::story::plain;

/// Text from elsewhere, so that it means nothing but itself: in an element as well as in a quoted attribute.
pub(super) fn text(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 16);
    for c in plain(text).chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

/// A sentence: text in which `` `this` `` becomes code.
pub(super) fn sentence(sentence: &str) -> String {
    let parts = sentence.split('`').enumerate();
    let marked = parts.map(|(i, part)| match i % 2 {
        0 => text(part),
        _ => format!("<code>{}</code>", text(part)),
    });
    marked.collect()
}

/// A table: heads and rows of cells. Cells are HTML; a head that begins with `#` is of numbers.
pub(super) fn table(
    class: &str,
    heads: &[&str],
    rows: impl Iterator<Item = Vec<String>>,
) -> String {
    let number = |head: &str| if head.starts_with('#') { " class=n" } else { "" };
    let head: String = heads
        .iter()
        .map(|head| format!("<th scope=col{}>{}", number(head), text(head.trim_start_matches('#'))))
        .collect();
    let row = |cells: Vec<String>| -> String {
        let cells = cells.iter().zip(heads);
        cells.map(|(cell, head)| format!("<td{}>{cell}", number(head))).collect()
    };
    let body: String = rows.map(|cells| format!("<tr>{}\n", row(cells))).collect();
    // Tables scroll by themselves: the page must not.
    format!(
        "<div class=scroll tabindex=0><table class={class}><thead><tr>{head}</thead><tbody>\n{body}</tbody></table></div>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_means_nothing_but_itself() {
        assert_eq!(
            text("<script>'\"&\u{0}\u{202e}"),
            "&lt;script&gt;&#39;&quot;&amp;\u{fffd}\u{fffd}"
        );
        assert_eq!(sentence("gate `a<b` of <i>"), "gate <code>a&lt;b</code> of &lt;i&gt;");
    }

    #[test]
    fn an_odd_backtick_cannot_leave_an_element_open() {
        assert_eq!(sentence("`a"), "<code>a</code>");
    }
}
