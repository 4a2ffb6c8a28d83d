//! Arithmetic on Kubernetes quantities: `500m`, `1.5Gi`, `2e3`.
//!
//! Exact in thousandths; a value is rounded up to the next thousandth, as `Quantity.MilliValue` does
//! (follows apimachinery/pkg/api/resource/quantity.go). Spelling is kept by whoever shows a quantity.

use k8s_openapi::apimachinery::pkg::api::resource::Quantity;

/// The value in thousandths, rounded up; `None` where the text is no quantity.
pub fn milli(quantity: &Quantity) -> Option<i128> {
    parse(&quantity.0)
}

/// The value in whole units, rounded up; 0 where the text is no quantity.
pub fn whole(quantity: &Quantity) -> i128 {
    milli(quantity).map_or(0, |m| m.div_euclid(1000) + i128::from(m.rem_euclid(1000) != 0))
}

/// Parses the text of a quantity into thousandths, rounded up.
pub fn parse(text: &str) -> Option<i128> {
    let text = text.trim();
    let (negative, rest) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let end = rest.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(rest.len());
    let (number, suffix) = rest.split_at(end);
    let (int, fraction) = number.split_once('.').unwrap_or((number, ""));
    if (int.is_empty() && fraction.is_empty()) || fraction.contains('.') || int.len() + fraction.len() > 24 {
        return None;
    }
    let digits: i128 = format!("{int}{fraction}").parse().ok()?;
    // value = digits × 10^ten × 2^two, in thousandths.
    let (ten, two) = scale(suffix)?;
    let ten = ten + 3 - fraction.len() as i32;
    let mut value = digits.checked_mul(1i128.checked_shl(two)?)?;
    if ten >= 0 {
        value = value.checked_mul(10i128.checked_pow(ten as u32)?)?;
    } else {
        let by = 10i128.checked_pow(ten.unsigned_abs())?;
        value = value / by + i128::from(value % by != 0 && !negative);
    }
    Some(if negative { -value } else { value })
}

/// Power of ten and power of two of a suffix.
fn scale(suffix: &str) -> Option<(i32, u32)> {
    Some(match suffix {
        "" => (0, 0),
        "n" => (-9, 0),
        "u" => (-6, 0),
        "m" => (-3, 0),
        "k" => (3, 0),
        "M" => (6, 0),
        "G" => (9, 0),
        "T" => (12, 0),
        "P" => (15, 0),
        "E" => (18, 0),
        "Ki" => (0, 10),
        "Mi" => (0, 20),
        "Gi" => (0, 30),
        "Ti" => (0, 40),
        "Pi" => (0, 50),
        "Ei" => (0, 60),
        _ => {
            let exponent: i32 = suffix.strip_prefix(['e', 'E'])?.parse().ok()?;
            ((-30..=30).contains(&exponent).then_some(exponent)?, 0)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn quantities_are_read_in_thousandths_and_rounded_up() {
        for (text, milli) in [
            ("1", Some(1000)),
            ("500m", Some(500)),
            ("0.1", Some(100)),
            ("1.5", Some(1500)),
            ("1500u", Some(2)),
            ("1n", Some(1)),
            ("128Mi", Some(128 * 1024 * 1024 * 1000)),
            ("1.5Gi", Some(1536 * 1024 * 1024 * 1000)),
            ("2e3", Some(2_000_000)),
            ("1E3", Some(1_000_000)),
            ("-1", Some(-1000)),
            (".5", Some(500)),
            ("", None),
            ("abc", None),
            ("1.2.3", None),
            ("1KiB", None),
            ("99999999999999999999999999999999", None),
        ] {
            assert_eq!(parse(text), milli, "{text}");
        }
    }
}
