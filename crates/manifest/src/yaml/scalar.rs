//! Which type a plain scalar has (follows `resolve` in go-yaml v2): YAML 1.1 words, octal numbers,
//! underscores, no sexagesimal numbers, timestamps stay strings.

use super::Content;

/// The type and value of a plain, untagged scalar.
pub fn resolve(text: &str) -> Content {
    let Some(first) = text.bytes().next() else { return Content::Null };
    match first {
        b'~' | b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' => word(text),
        b'.' => word_or(text, || match text {
            _ if is_float(text) => text.parse().ok().map(Content::Float),
            _ => None,
        }),
        b'+' | b'-' | b'0'..=b'9' => word_or(text, || number(text)),
        _ => None,
    }
    .unwrap_or_else(|| Content::String(text.into()))
}

fn word_or(text: &str, other: impl FnOnce() -> Option<Content>) -> Option<Content> {
    word(text).or_else(other)
}

fn word(text: &str) -> Option<Content> {
    Some(match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Content::Bool(true),
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => Content::Bool(false),
        "~" | "null" | "Null" | "NULL" => Content::Null,
        ".nan" | ".NaN" | ".NAN" => Content::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Content::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => Content::Float(f64::NEG_INFINITY),
        _ => return None,
    })
}

fn number(text: &str) -> Option<Content> {
    if looks_like_a_date(text) {
        return None;
    }
    let without;
    let plain = if text.contains('_') {
        without = text.replace('_', "");
        &without
    } else {
        text
    };
    if let Some(int) = integer(plain) {
        return Some(int);
    }
    if is_float(plain) {
        return plain.parse::<f64>().ok().filter(|f| f.is_finite()).map(Content::Float);
    }
    None
}

/// Go's `strconv.ParseInt(s, 0, 64)`, then `ParseUint`.
fn integer(text: &str) -> Option<Content> {
    let (negative, signed, digits) = match text.as_bytes().first() {
        Some(b'-') => (true, true, text.get(1..)?),
        Some(b'+') => (false, true, text.get(1..)?),
        _ => (false, false, text),
    };
    let (radix, digits) = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, digits.get(2..)?),
        [b'0', b'b' | b'B', ..] => (2, digits.get(2..)?),
        [b'0', b'o' | b'O', ..] => (8, digits.get(2..)?),
        [b'0', _, ..] => (8, digits.get(1..)?),
        _ => (10, digits),
    };
    if digits.is_empty() || digits.starts_with(['+', '-']) {
        return None;
    }
    let value = u64::from_str_radix(digits, radix).ok()?;
    if negative {
        return 0i64.checked_sub_unsigned(value).map(Content::Int);
    }
    match i64::try_from(value) {
        Ok(i) => Some(Content::Int(i)),
        Err(_) if signed => None,
        Err(_) => Some(Content::Unsigned(value)),
    }
}

/// `^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`
fn is_float(text: &str) -> bool {
    let digits = |s: &str| s.bytes().take_while(u8::is_ascii_digit).count();
    let mut rest = text.strip_prefix(['+', '-']).unwrap_or(text);
    let whole = digits(rest);
    rest = rest.get(whole..).unwrap_or_default();
    if let Some(fraction) = rest.strip_prefix('.') {
        let n = digits(fraction);
        if whole == 0 && n == 0 {
            return false;
        }
        rest = fraction.get(n..).unwrap_or_default();
    } else if whole == 0 {
        return false;
    }
    if let Some(exponent) = rest.strip_prefix(['e', 'E']) {
        let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        let n = digits(exponent);
        return n > 0 && n == exponent.len();
    }
    rest.is_empty()
}

/// Four digits and a dash, which no number has.
fn looks_like_a_date(text: &str) -> bool {
    matches!(text.as_bytes(), [a, b, c, d, b'-', ..] if [a, b, c, d].iter().all(|x| x.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: &Content) {
        assert_eq!(&resolve(text), expect, "{text}");
    }

    #[test]
    fn plain_scalars_have_the_types_of_go_yaml() {
        for t in ["true", "True", "yes", "On", "y", "Y"] {
            check(t, &Content::Bool(true));
        }
        for t in ["false", "NO", "off", "n"] {
            check(t, &Content::Bool(false));
        }
        for t in ["", "~", "null", "NULL"] {
            check(t, &Content::Null);
        }
        for t in ["tRUE", "nULL", "yEs", "12:30:45", "1:20", "2024-01-01", "1.2.3", "100m", "1Gi", "5e", "_1", "0x", "0o", "1e400", ".", "0xFFFFFFFFFFFFFFFFFF"]
        {
            check(t, &Content::String(t.into()));
        }
        for (t, i) in [
            ("10", 10),
            ("+10", 10),
            ("-3", -3),
            ("1_000", 1000),
            ("1__0", 10),
            ("0644", 420),
            ("0o644", 420),
            ("-0644", -420),
            ("0x1F", 31),
            ("0b101", 5),
            ("0", 0),
        ] {
            check(t, &Content::Int(i));
        }
        for (t, f) in [("0888", 888.0), ("08", 8.0), ("1.5", 1.5), ("1e3", 1000.0), ("1.0", 1.0), ("1_0.5", 10.5), (".5", 0.5), ("100000000000000000000", 1e20)]
        {
            check(t, &Content::Float(f));
        }
    }
}
