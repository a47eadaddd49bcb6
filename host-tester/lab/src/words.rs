//! Numbers and names as a person reads them.

/// `2611` as `2,611`.
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 request`, `2,611 requests`.
pub fn plural(n: u64, what: &str) -> String {
    let s = if n == 1 { "" } else { "s" };
    format!("{} {what}{s}", count(n))
}

/// A weight in 1/100000 as a percentage, to its last digit.
pub fn weight(weight: u32) -> String {
    format!("{}%", trimmed(&format!("{:.3}", f64::from(weight) / 1e3)))
}

/// A share as a percentage with three significant digits. Nothing that happened is written as 0%, and
/// nothing that did not always happen as 100%.
pub fn percent(share: f64) -> String {
    match rounded(share, f64::round).as_str() {
        "100%" if share < 1.0 => "99.9%".to_owned(),
        text => text.to_owned(),
    }
}

/// An interval of shares, rounded outwards: `[0%, 0.981%]`.
pub fn bounds(low: f64, high: f64) -> String {
    format!("[{}, {}]", rounded(low, f64::floor), rounded(high, f64::ceil))
}

fn rounded(share: f64, round: fn(f64) -> f64) -> String {
    let percent = share * 100.0;
    if !percent.is_finite() {
        return "unknown".to_owned();
    }
    // Below a billionth of a percent only the noise of the arithmetic is left.
    if percent.abs() < 1e-9 {
        return "0%".to_owned();
    }
    let decimals = (2.0 - percent.abs().log10().floor()).clamp(0.0, 12.0);
    let scale = 10_f64.powf(decimals);
    // A number that has so few digits is one, though its nearest binary fraction is not.
    let scaled = percent * scale;
    let near = scaled.round();
    let whole = if (scaled - near).abs() < 1e-6 { near } else { round(scaled) };
    format!("{}%", trimmed(&format!("{:.*}", decimals as usize, whole / scale)))
}

/// Without zeros that say nothing.
fn trimmed(number: &str) -> &str {
    if number.contains('.') { number.trim_end_matches('0').trim_end_matches('.') } else { number }
}

/// An e-value from its logarithm, rounded down. Beyond a billion nobody counts.
pub fn evidence(ln_e: f64) -> String {
    let e = ln_e.exp();
    match e {
        _ if e.is_nan() => "unknown".to_owned(),
        _ if e > 1e9 => "over 1,000,000,000".to_owned(),
        // A logarithm and back is not exact: 99.99999999999997 is 100.
        _ if e >= 10.0 => count((e * (1.0 + 1e-12)).floor() as u64),
        _ if e >= 0.01 => trimmed(&format!("{:.2}", (e * 100.0 + 1e-9).floor() / 100.0)).to_owned(),
        _ => "less than 0.01".to_owned(),
    }
}

/// Text from elsewhere without what a terminal would obey, or what would turn the text around it.
pub fn plain(text: &str) -> String {
    let visible = |c: char| match c {
        '\t' => ' ',
        '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
        c if c.is_control() => '\u{fffd}',
        c => c,
    };
    text.chars().map(visible).collect()
}

#[cfg(test)]
mod tests;
