//! `resource.Quantity`: parsing, canonical text, comparison (follows apimachinery's api/resource).

use std::cmp::Ordering;
use std::fmt;

/// What a number that is no quantity gets.
pub const WRONG_FORMAT: &str = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
/// What an unknown suffix gets.
pub const WRONG_SUFFIX: &str = "unable to parse quantity's suffix";
/// What a number gets whose digits are no number.
pub const WRONG_NUMBER: &str = "unable to parse numeric part of quantity";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    DecimalExponent,
    BinarySi,
    DecimalSi,
}

/// A fixed-point number: `mantissa × 10^exponent`.
#[derive(Clone, Debug)]
pub struct Quantity {
    mantissa: i128,
    exponent: i32,
    format: Format,
    /// The text as written, where it is kept.
    text: Option<String>,
}

impl Quantity {
    /// Zero.
    pub const ZERO: Quantity = Quantity { mantissa: 0, exponent: 0, format: Format::DecimalSi, text: None };

    /// An integer.
    pub fn integer(i: i64) -> Quantity {
        Quantity { mantissa: i128::from(i), ..Quantity::ZERO }
    }

    /// Reads a quantity.
    ///
    /// # Errors
    /// In the API server's words. A huge exponent, on which the real server hangs, is refused.
    pub fn parse(text: &str) -> Result<Quantity, &'static str> {
        if text.is_empty() {
            return Err(WRONG_FORMAT);
        }
        if text == "0" {
            return Ok(Quantity { text: Some("0".to_owned()), ..Quantity::ZERO });
        }
        let parts = Parts::split(text)?;
        let (base, exponent, format) = suffix(parts.suffix).ok_or(WRONG_SUFFIX)?;
        if exponent.abs() > 10_000 {
            return Err(WRONG_SUFFIX);
        }
        let digits = format!("{}{}", parts.whole, parts.fraction);
        let mut scale = if base == 10 { exponent } else { 0 } - parts.fraction.len() as i32;
        // More digits than can be kept lose the last ones.
        let kept = digits.get(..digits.len().min(30)).unwrap_or_default();
        let lost = digits.len() - kept.len();
        let mut mantissa: i128 = if kept.is_empty() { 0 } else { kept.parse().map_err(|_| WRONG_NUMBER)? };
        scale += lost as i32;
        let binary = if base == 2 { 1i128.checked_shl(exponent as u32).unwrap_or(0) } else { 1 };

        // The fast path, which decides whether the text is kept.
        let precision = match format {
            Format::BinarySi if parts.fraction.is_empty() => 15 - parts.whole.len() as i32 - (exponent as f32 * 3.0 / 10.0) as i32 - 1,
            Format::BinarySi => -1,
            _ => 18 - digits.len() as i32,
        };
        let sign = if parts.negative { -1 } else { 1 };
        if precision >= 0 && scale >= -9 && i64::try_from(mantissa * binary).is_ok() {
            let echo = match format {
                Format::BinarySi => exponent % 10 == 0 && mantissa & 7 != 0,
                _ => scale % 3 == 0 && !digits.ends_with("000") && !digits.starts_with('0'),
            };
            return Ok(Quantity { mantissa: sign * mantissa * binary, exponent: scale, format, text: echo.then(|| text.to_owned()) });
        }
        mantissa = mantissa.saturating_mul(binary);
        // No finer than a nano, rounded away from zero.
        while scale < -9 && mantissa != 0 {
            let lost = mantissa % 10 != 0;
            mantissa = mantissa / 10 + i128::from(lost);
            scale += 1;
        }
        let mut format = format;
        if format == Format::BinarySi {
            let whole = Quantity { mantissa, exponent: scale, format, text: None };
            if whole.cmp(&Quantity::integer(i64::MAX)) == Ordering::Greater {
                (mantissa, scale) = (i128::from(i64::MAX), 0);
            } else if whole.cmp(&Quantity::integer(1)) == Ordering::Less && mantissa > 0 {
                format = Format::DecimalSi;
            }
        }
        Ok(Quantity { mantissa: sign * mantissa, exponent: scale, format, text: None })
    }

    /// Reads a quantity that was checked before; zero where it was not.
    pub fn of(text: &str) -> Quantity {
        Quantity::parse(text).unwrap_or(Quantity::ZERO)
    }

    /// Rounds up, away from zero, to thousandths, as resource lists are stored.
    pub fn round_up_milli(&mut self) {
        self.round_up(-3);
    }

    fn round_up(&mut self, scale: i32) {
        if self.exponent >= scale {
            return;
        }
        self.text = None;
        let mut lost = false;
        while self.exponent < scale {
            lost |= self.mantissa % 10 != 0;
            self.mantissa /= 10;
            self.exponent += 1;
        }
        if lost {
            self.mantissa += if self.mantissa < 0 { -1 } else { 1 };
        }
    }

    /// Less than, equal to, or greater than zero.
    pub fn sign(&self) -> Ordering {
        self.mantissa.cmp(&0)
    }

    /// Whether it is a whole number.
    pub fn is_integer(&self) -> bool {
        self.milli_remainder(0) == 0
    }

    /// What is left below `10^scale`, in the quantity's own unit.
    fn milli_remainder(&self, scale: i32) -> i128 {
        match u32::try_from(scale - self.exponent) {
            Ok(digits) if digits > 0 => 10i128.checked_pow(digits).map_or(self.mantissa, |p| self.mantissa % p),
            _ => 0,
        }
    }

    /// Whether it has a fraction of a thousandth's kind: `500m` bytes.
    pub fn has_fraction(&self) -> bool {
        !self.is_integer()
    }

    /// The value in units, rounded up.
    pub fn value(&self) -> i64 {
        let mut q = self.clone();
        q.round_up(0);
        scaled(q.mantissa, q.exponent)
    }

    /// The value in thousandths, rounded up.
    pub fn milli_value(&self) -> i64 {
        let mut q = self.clone();
        q.round_up(-3);
        scaled(q.mantissa, q.exponent + 3)
    }

    /// The sum; it has the other's form where this one is zero.
    #[must_use]
    pub fn plus(&self, other: &Quantity) -> Quantity {
        let low = self.exponent.min(other.exponent);
        let at = |q: &Quantity| {
            u32::try_from(q.exponent - low).ok().and_then(|d| 10i128.checked_pow(d)).and_then(|p| q.mantissa.checked_mul(p)).unwrap_or(q.mantissa)
        };
        let format = if self.mantissa == 0 { other.format } else { self.format };
        Quantity { mantissa: at(self).saturating_add(at(other)), exponent: low, format, text: None }
    }
}

fn scaled(mantissa: i128, exponent: i32) -> i64 {
    let factor = u32::try_from(exponent).ok().and_then(|e| 10i128.checked_pow(e)).unwrap_or(1);
    let value = mantissa.saturating_mul(factor);
    i64::try_from(value).unwrap_or(if value < 0 { i64::MIN } else { i64::MAX })
}

impl PartialEq for Quantity {
    fn eq(&self, other: &Quantity) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Quantity {}

impl PartialOrd for Quantity {
    fn partial_cmp(&self, other: &Quantity) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Quantity {
    fn cmp(&self, other: &Quantity) -> Ordering {
        let low = self.exponent.min(other.exponent);
        let at = |q: &Quantity| u32::try_from(q.exponent - low).ok().and_then(|d| 10i128.checked_pow(d)).and_then(|p| q.mantissa.checked_mul(p));
        if let (Some(a), Some(b)) = (at(self), at(other)) {
            a.cmp(&b)
        } else {
            let f = |q: &Quantity| q.mantissa as f64 * 10f64.powi(q.exponent);
            f(self).total_cmp(&f(other))
        }
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(t) = &self.text {
            return f.write_str(t);
        }
        if self.mantissa == 0 {
            return f.write_str("0");
        }
        let mut format = self.format;
        if format == Format::BinarySi {
            let small = self.cmp(&Quantity::integer(-1024)) == Ordering::Greater && self.cmp(&Quantity::integer(1024)) == Ordering::Less;
            if small || !self.is_integer() {
                format = Format::DecimalSi;
            } else {
                let mut value = i128::from(self.value());
                let mut times = 0usize;
                while value % 1024 == 0 && times < 6 {
                    value /= 1024;
                    times += 1;
                }
                let suffix = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"].get(times).copied().unwrap_or_default();
                return write!(f, "{value}{suffix}");
            }
        }
        let (mut mantissa, mut exponent) = (self.mantissa, self.exponent);
        while mantissa % 10 == 0 {
            mantissa /= 10;
            exponent += 1;
        }
        while exponent.rem_euclid(3) != 0 {
            mantissa = mantissa.saturating_mul(10);
            exponent -= 1;
        }
        if format == Format::DecimalExponent {
            return if exponent == 0 { write!(f, "{mantissa}") } else { write!(f, "{mantissa}e{exponent}") };
        }
        let suffix = match exponent {
            -9 => "n",
            -6 => "u",
            -3 => "m",
            3 => "k",
            6 => "M",
            9 => "G",
            12 => "T",
            15 => "P",
            18 => "E",
            _ => "",
        };
        write!(f, "{mantissa}{suffix}")
    }
}

struct Parts<'a> {
    negative: bool,
    whole: &'a str,
    fraction: &'a str,
    suffix: &'a str,
}

impl<'a> Parts<'a> {
    fn split(text: &'a str) -> Result<Parts<'a>, &'static str> {
        let negative = text.starts_with('-');
        let rest = text.strip_prefix(['+', '-']).unwrap_or(text);
        let rest = rest.trim_start_matches('0');
        if rest.is_empty() {
            return Ok(Parts { negative, whole: "0", fraction: "", suffix: "" });
        }
        let digits = |s: &str| s.bytes().take_while(u8::is_ascii_digit).count();
        let (mut whole, mut rest) = rest.split_at(digits(rest));
        if whole.is_empty() {
            whole = "0";
        }
        let mut fraction = "";
        if let Some(after) = rest.strip_prefix('.') {
            (fraction, rest) = after.split_at(digits(after));
        }
        let letters = rest.bytes().take_while(|b| b"eEinumkKMGTP".contains(b)).count();
        let after = rest.get(letters..).unwrap_or_default();
        let after = after.strip_prefix(['+', '-']).unwrap_or(after);
        if digits(after) != after.len() {
            return Err(WRONG_FORMAT);
        }
        Ok(Parts { negative, whole, fraction, suffix: rest })
    }
}

/// Base, exponent and format of a suffix.
fn suffix(s: &str) -> Option<(u8, i32, Format)> {
    use Format::{BinarySi, DecimalExponent, DecimalSi};
    Some(match s {
        "" => (10, 0, DecimalSi),
        "n" => (10, -9, DecimalSi),
        "u" => (10, -6, DecimalSi),
        "m" => (10, -3, DecimalSi),
        "k" => (10, 3, DecimalSi),
        "M" => (10, 6, DecimalSi),
        "G" => (10, 9, DecimalSi),
        "T" => (10, 12, DecimalSi),
        "P" => (10, 15, DecimalSi),
        "E" => (10, 18, DecimalSi),
        "Ki" => (2, 10, BinarySi),
        "Mi" => (2, 20, BinarySi),
        "Gi" => (2, 30, BinarySi),
        "Ti" => (2, 40, BinarySi),
        "Pi" => (2, 50, BinarySi),
        "Ei" => (2, 60, BinarySi),
        _ => {
            let exponent: i64 = s.strip_prefix(['e', 'E'])?.parse().ok()?;
            (10, i32::try_from(exponent).unwrap_or(i32::MAX), DecimalExponent)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_stored_as_the_server_stores_them() {
        let cases = [
            ("0.5", "500m"),
            ("1000m", "1"),
            ("1024Mi", "1Gi"),
            ("1.5Gi", "1536Mi"),
            ("1025Mi", "1025Mi"),
            ("1000k", "1M"),
            ("1000e0", "1e3"),
            ("1080m", "1080m"),
            ("512", "512"),
            ("0.3Ki", "307200m"),
            ("1.", "1."),
            ("+1", "+1"),
            ("001", "001"),
            ("007Mi", "007Mi"),
            ("+1Mi", "+1Mi"),
            ("1e+3", "1e+3"),
            ("10e3", "10e3"),
            ("1E3", "1E3"),
            ("1.001", "1.001"),
            ("1.234k", "1.234k"),
            ("100.035k", "100.035k"),
            ("1.0", "1"),
            ("1.00", "1"),
            ("1.1k", "1100"),
            ("100000", "100k"),
            ("0.001k", "1"),
            ("-", "0"),
            (".", "0"),
            ("-0", "0"),
            ("1u", "1m"),
            ("1500u", "2m"),
            ("0.9Ki", "921600m"),
            ("1e-5", "1e-3"),
            ("9Ei", "9223372036854775807"),
            ("0.05Gi", "53687091200m"),
            ("12E", "12E"),
            ("0.0001", "1m"),
        ];
        for (text, stored) in cases {
            let mut q = Quantity::parse(text).unwrap();
            q.round_up_milli();
            assert_eq!(q.to_string(), stored, "{text}");
        }
    }

    #[test]
    fn what_is_no_quantity_is_refused_in_the_servers_words() {
        for text in ["", "500MB", "1gi", "1GB", "100 Mi", "true", "abc", "1.1.M", "1,5", "1GI", "1_000Mi", "0x10", "1+1.0M", "0.1am", "aoeu"] {
            assert_eq!(Quantity::parse(text).err(), Some(WRONG_FORMAT), "{text}");
        }
        for text in ["1K", "0.1mi", "1i", ".5i", "1MM", "1e", "1ki", "1m1", "5K", "1e99999999999"] {
            assert_eq!(Quantity::parse(text).err(), Some(WRONG_SUFFIX), "{text}");
        }
    }
}
