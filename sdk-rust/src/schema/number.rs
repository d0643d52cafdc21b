//! Numbers as decimals, so that they are compared, and divided, as they are written: 0.3 is a multiple of 0.1, and an
//! integer beyond what a double holds is not rounded. What has more digits than fit is taken as the nearest double.

use std::cmp::Ordering;

/// A number of JSON.
#[derive(Debug, Clone, Copy)]
pub(super) enum Number {
    /// A mantissa without zeros at its end, times a power of ten.
    Exact { mantissa: i128, exponent: i32 },
    /// More digits than are kept.
    Near(f64),
}

/// Digits that always fit.
const DIGITS: usize = 37;

impl Number {
    /// The number that a text of JSON spells.
    pub(super) fn of(text: &str) -> Self {
        if text.len() <= 18 && !text.contains(['.', 'e', 'E']) {
            let mantissa = text.parse::<i64>().unwrap_or_default();
            return Number::Exact { mantissa: mantissa.into(), exponent: 0 }.settled();
        }
        Number::exact(text).unwrap_or_else(|| Number::Near(text.parse().unwrap_or(f64::NAN)))
    }

    fn exact(text: &str) -> Option<Self> {
        let (text, negative) = text.strip_prefix('-').map_or((text, false), |text| (text, true));
        let (digits, power) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let power: i32 = power.parse().ok().filter(|power: &i32| power.unsigned_abs() < 1000)?;
        let mut mantissa: i128 = 0;
        let mut exponent = power - i32::try_from(fraction.len()).ok()?;
        let all = [whole, fraction].concat();
        let kept = all.trim_end_matches('0');
        exponent += i32::try_from(all.len() - kept.len()).ok()?;
        if kept.trim_start_matches('0').len() > DIGITS {
            return None;
        }
        for digit in kept.bytes() {
            mantissa = mantissa * 10 + i128::from(digit - b'0');
        }
        Some(Number::Exact { mantissa: if negative { -mantissa } else { mantissa }, exponent }.settled())
    }

    /// Without zeros at the end of the mantissa.
    fn settled(self) -> Self {
        let Number::Exact { mut mantissa, mut exponent } = self else { return self };
        if mantissa == 0 {
            return Number::Exact { mantissa: 0, exponent: 0 };
        }
        while mantissa % 10 == 0 {
            mantissa /= 10;
            exponent += 1;
        }
        Number::Exact { mantissa, exponent }
    }

    /// Whether there is no fraction.
    pub(super) fn is_integer(self) -> bool {
        match self {
            Number::Exact { exponent, .. } => exponent >= 0,
            Number::Near(value) => value.fract() == 0.0,
        }
    }

    /// The integer that it is, if it is one that fits.
    pub(super) fn integer(self) -> Option<i128> {
        match self {
            Number::Exact { mantissa, exponent } => {
                let power = 10_i128.checked_pow(u32::try_from(exponent).ok()?)?;
                mantissa.checked_mul(power)
            }
            Number::Near(_) => None,
        }
    }

    fn as_f64(self) -> f64 {
        match self {
            Number::Exact { mantissa, exponent } => format!("{mantissa}e{exponent}").parse().unwrap_or(f64::NAN),
            Number::Near(value) => value,
        }
    }

    /// Both mantissas under one power of ten, if they fit.
    fn aligned(self, other: Self) -> Option<(i128, i128)> {
        let (Number::Exact { mantissa: a, exponent: e }, Number::Exact { mantissa: b, exponent: f }) = (self, other)
        else {
            return None;
        };
        let least = e.min(f);
        let lift = |mantissa: i128, exponent: i32| {
            if mantissa == 0 {
                return Some(0);
            }
            mantissa.checked_mul(10_i128.checked_pow((exponent - least).unsigned_abs())?)
        };
        Some((lift(a, e)?, lift(b, f)?))
    }

    pub(super) fn compare(self, other: Self) -> Ordering {
        match self.aligned(other) {
            Some((a, b)) => a.cmp(&b),
            None => self.as_f64().total_cmp(&other.as_f64()),
        }
    }

    pub(super) fn is_multiple_of(self, other: Self) -> bool {
        if let Some((a, b)) = self.aligned(other) {
            return b != 0 && a % b == 0;
        }
        match (self, other) {
            // Too far apart to be written under one power: a small number is no multiple of a large one, and a large
            // one is a multiple of a small one where its zeros outnumber what the other could need.
            (Number::Exact { exponent: e, .. }, Number::Exact { exponent: f, mantissa }) => {
                e > f && remainder(self, mantissa, f) == Some(0)
            }
            (a, b) => a.as_f64() % b.as_f64() == 0.0,
        }
    }

    /// The text that equal numbers share.
    pub(super) fn canonical(self) -> String {
        match self {
            Number::Exact { mantissa, exponent: 0 } => mantissa.to_string(),
            Number::Exact { mantissa, exponent } => format!("{mantissa}e{exponent}"),
            Number::Near(value) => value.to_string(),
        }
    }
}

/// What is left of a number of a large exponent, divided by a mantissa of a smaller one: power by power.
fn remainder(number: Number, divisor: i128, exponent: i32) -> Option<i128> {
    let Number::Exact { mantissa, exponent: e } = number else { return None };
    let divisor = divisor.checked_abs().filter(|divisor| *divisor != 0)?;
    let mut rest = mantissa % divisor;
    for _ in 0..(e - exponent) {
        rest = rest.checked_mul(10)? % divisor;
        if rest == 0 {
            return Some(0);
        }
    }
    Some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_compared_as_they_are_written() {
        for (a, b, expected) in [
            ("1", "1.0", Ordering::Equal),
            ("100", "1e2", Ordering::Equal),
            ("-0", "0.0", Ordering::Equal),
            ("9007199254740993", "9007199254740992", Ordering::Greater),
            ("18446744073709551616", "18446744073709551615.5", Ordering::Greater),
            ("0.1", "0.10000000000000000001", Ordering::Less),
            ("-1e400", "1", Ordering::Less),
            ("1e400", "1e300", Ordering::Greater),
            ("1e-400", "0", Ordering::Greater),
        ] {
            assert_eq!(Number::of(a).compare(Number::of(b)), expected, "{a} and {b}");
        }
    }

    #[test]
    fn multiples_are_exact() {
        for (number, of, expected) in [
            ("0.3", "0.1", true),
            ("19.99", "0.01", true),
            ("19.995", "0.01", false),
            ("7", "2", false),
            ("0", "3", true),
            ("1e300", "7", false),
            ("1e300", "8", true),
            ("9007199254740993", "2", false),
            ("1e-300", "2", false),
        ] {
            assert_eq!(Number::of(number).is_multiple_of(Number::of(of)), expected, "{number} of {of}");
        }
    }

    #[test]
    fn integers_are_exact_or_none() {
        for (text, expected) in [
            ("2.0", Some(2)),
            ("-4.2e1", Some(-42)),
            ("18446744073709551616", Some(18_446_744_073_709_551_616)),
            ("2.5", None),
            ("1e300", None),
        ] {
            assert_eq!(Number::of(text).integer(), expected, "{text}");
        }
        assert!(Number::of("1e300").is_integer());
        assert!(!Number::of("1e-300").is_integer());
    }
}
