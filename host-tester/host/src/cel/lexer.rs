//! An expression's words.

/// A word.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    Name(String),
    Number(i64),
    Text(Vec<u8>),
    Sign(&'static str),
}

/// Longer ones first, so that `<=` is not `<`.
const SIGNS: [&str; 23] = [
    "&&", "||", "==", "!=", "<=", ">=", "<", ">", "!", "?", ":", "(", ")", "[", "]", ".", ",", "+",
    "-", "*", "/", "%", "_",
];

/// All words, or `None` where there is something else.
pub(super) fn words(mut text: &str) -> Option<Vec<Token>> {
    let mut words = Vec::new();
    loop {
        text = text.trim_start();
        let Some(first) = text.chars().next() else {
            return Some(words);
        };
        let (word, rest) = match first {
            '"' | '\'' => quoted(text, first)?,
            '0'..='9' => number(text)?,
            'a'..='z' | 'A'..='Z' | '_' => name(text),
            _ => sign(text)?,
        };
        words.push(word);
        text = rest;
    }
}

fn name(text: &str) -> (Token, &str) {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    (Token::Name(name.to_owned()), rest)
}

/// Whole numbers; a fraction is not read.
fn number(text: &str) -> Option<(Token, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    let fraction =
        rest.strip_prefix('.').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    let rest = rest.strip_prefix('u').unwrap_or(rest);
    let glued = rest.starts_with(|c: char| c.is_ascii_alphanumeric());
    if fraction || glued {
        return None;
    }
    Some((Token::Number(digits.parse().ok()?), rest))
}

fn quoted(text: &str, quote: char) -> Option<(Token, &str)> {
    let mut out = String::new();
    let mut letters = text.char_indices().skip(1);
    while let Some((at, letter)) = letters.next() {
        match letter {
            _ if letter == quote => {
                return Some((Token::Text(out.into_bytes()), text.get(at + 1..)?));
            }
            '\n' => return None,
            '\\' => out.push(escaped(letters.next()?.1)?),
            _ => out.push(letter),
        }
    }
    None
}

fn escaped(letter: char) -> Option<char> {
    Some(match letter {
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        '\\' | '"' | '\'' | '`' | '?' => letter,
        _ => return None,
    })
}

fn sign(text: &str) -> Option<(Token, &str)> {
    let sign = SIGNS.iter().find(|sign| text.starts_with(**sign))?;
    Some((Token::Sign(sign), text.get(sign.len()..)?))
}
