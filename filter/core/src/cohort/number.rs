//! A decimal number in a header, as a double.
//!
//! Hand-written because the standard library's parser carries 10 KB of tables for inputs that no header
//! holds. Read are an optional sign, up to 19 significant digits with an optional point, and an optional
//! exponent within ±22 of them; there powers of ten are exact, so up to 15 digits the result is
//! the nearest double, the same as any parser's, and beyond that within one unit in the last place.
//! Everything else is no number: hexadecimal, `inf`, `NaN`, `1_000`.

use super::decimal;

#[cfg(test)]
mod tests;

/// The number that the text is, spaces around it aside.
pub fn parse(text: &[u8]) -> Option<f64> {
    let text = text.trim_ascii();
    let (digits, exponent) = match text.iter().position(|byte| matches!(byte, b'e' | b'E')) {
        Some(at) => (text.get(..at)?, integer(text.get(at + 1..)?)?),
        None => (text, 0),
    };
    let (negative, digits) = sign(digits);
    let mut halves = digits.splitn(2, |byte| *byte == b'.');
    let (whole, fraction) = (halves.next()?, halves.next().unwrap_or_default());
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let magnitude = scale(
        decimal::read(whole.iter().chain(fraction))?,
        exponent - i64::try_from(fraction.len()).ok()?,
    )?;
    Some(if negative { -magnitude } else { magnitude })
}

fn sign(text: &[u8]) -> (bool, &[u8]) {
    match text.split_first() {
        Some((b'-', rest)) => (true, rest),
        Some((b'+', rest)) => (false, rest),
        _ => (false, text),
    }
}

fn integer(text: &[u8]) -> Option<i64> {
    let (negative, digits) = sign(text);
    if digits.is_empty() || digits.len() > 9 {
        return None;
    }
    let magnitude = i64::try_from(decimal::read(digits)?).ok()?;
    Some(if negative { -magnitude } else { magnitude })
}

fn scale(digits: u64, exponent: i64) -> Option<f64> {
    let steps = exponent.unsigned_abs();
    if steps > 22 {
        return None;
    }
    let power = (0..steps).fold(1.0, |power, _| power * 10.0);
    let digits = digits as f64;
    Some(if exponent < 0 { digits / power } else { digits * power })
}
