//! Whole numbers and their decimal digits, without the formatting machinery.

/// The digits of a number, on the stack.
pub(super) struct Decimal {
    digits: [u8; 20],
    start: usize,
}

impl Decimal {
    /// `number` in decimal, without leading zeros.
    pub(super) fn of(mut number: u64) -> Self {
        let mut decimal = Self { digits: [b'0'; 20], start: 20 };
        for digit in decimal.digits.iter_mut().rev() {
            *digit = b'0' + (number % 10) as u8;
            number /= 10;
            decimal.start -= 1;
            if number == 0 {
                break;
            }
        }
        decimal
    }

    /// The digits as ASCII.
    pub(super) fn as_bytes(&self) -> &[u8] {
        self.digits.get(self.start..).unwrap_or_default()
    }

    /// The digits as text.
    pub(super) fn as_str(&self) -> &str {
        str::from_utf8(self.as_bytes()).unwrap_or_default()
    }
}

/// The number that the digits are: nothing but digits, and no more than 64 bits. Of none it is 0.
pub(super) fn read<'d>(digits: impl IntoIterator<Item = &'d u8>) -> Option<u64> {
    digits.into_iter().try_fold(0_u64, |number, digit| {
        let digit = char::from(*digit).to_digit(10)?;
        number.checked_mul(10)?.checked_add(digit.into())
    })
}

#[cfg(test)]
mod tests {
    use super::{Decimal, read};

    #[test]
    fn writes_like_the_standard_library() {
        for number in [0, 9, 10, 99_999, 4_294_967_295, u64::MAX] {
            assert_eq!(Decimal::of(number).as_str(), number.to_string());
            assert_eq!(read(Decimal::of(number).as_bytes()), Some(number));
        }
    }

    #[test]
    fn reads_digits_only() {
        for text in ["18446744073709551616", "+1", "-1", "1a", " 1", "\u{661}"] {
            assert_eq!(read(text.as_bytes()), None, "{text}");
        }
    }
}
