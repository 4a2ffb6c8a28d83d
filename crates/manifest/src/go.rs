//! How Go's standard library writes and reads the small things that end up in messages.

use std::fmt::Write as _;

use serde_json::{Number, Value};

/// A string as `%q` shows it.
pub fn quote(s: &str) -> String {
    let mut out = String::with_capacity(s.len() + 2);
    out.push('"');
    for c in s.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{b}' => out.push_str("\\v"),
            '\u{c}' => out.push_str("\\f"),
            c if (c as u32) < 0x20 || c == '\u{7f}' => drop(write!(out, "\\x{:02x}", c as u32)),
            '\u{80}'..='\u{a0}' | '\u{ad}' | '\u{2000}'..='\u{200f}' | '\u{2028}'..='\u{202f}' | '\u{feff}' => drop(write!(out, "\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// A number as Go's JSON encoder writes it.
pub fn number(n: &Number) -> String {
    match n.as_f64() {
        Some(f) if n.is_f64() => float(f),
        _ => n.to_string(),
    }
}

fn float(f: f64) -> String {
    if f == 0.0 || (1e-6..1e21).contains(&f.abs()) {
        return f.to_string();
    }
    let e = format!("{f:e}");
    match e.split_once('e') {
        Some((m, x)) if !x.starts_with('-') => format!("{m}e+{x}"),
        _ => e,
    }
}

/// JSON as Go's encoder writes it: no blanks, and `<`, `>`, `&` escaped.
pub fn json(v: &Value) -> String {
    let mut out = String::new();
    write_json(v, &mut out);
    out
}

fn write_json(v: &Value, out: &mut String) {
    match v {
        Value::Null => out.push_str("null"),
        Value::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        Value::Number(n) => out.push_str(&number(n)),
        Value::String(s) => json_string(s, out),
        Value::Array(a) => {
            out.push('[');
            for (i, x) in a.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write_json(x, out);
            }
            out.push(']');
        }
        Value::Object(m) => {
            out.push('{');
            for (i, (k, x)) in m.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                json_string(k, out);
                out.push(':');
                write_json(x, out);
            }
            out.push('}');
        }
    }
}

/// A string as Go's JSON encoder writes it.
pub fn json_string(s: &str, out: &mut String) {
    out.push('"');
    for c in s.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => drop(write!(out, "\\u{:04x}", c as u32)),
            c if (c as u32) < 0x20 => drop(write!(out, "\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
}

/// Decodes base64 as Go's `StdEncoding` does.
///
/// # Errors
/// The index of the byte that Go names in `illegal base64 data at input byte N`.
pub fn base64(text: &str) -> Result<Vec<u8>, usize> {
    let src = text.as_bytes();
    let mut out = Vec::with_capacity(src.len() / 4 * 3);
    let mut i = 0;
    // Skips line ends, gives the next byte and its index.
    let next = |i: &mut usize| loop {
        let b = src.get(*i).copied()?;
        *i += 1;
        if b != b'\n' && b != b'\r' {
            return Some((b, *i - 1));
        }
    };
    loop {
        let mut quad = [0u8; 4];
        let mut j = 0;
        while j < 4 {
            let Some((b, at)) = next(&mut i) else {
                return if j == 0 { Ok(out) } else { Err(src.len() - j) };
            };
            let value = match b {
                b'A'..=b'Z' => b - b'A',
                b'a'..=b'z' => b - b'a' + 26,
                b'0'..=b'9' => b - b'0' + 52,
                b'+' => 62,
                b'/' => 63,
                b'=' => {
                    if j < 2 {
                        return Err(at);
                    }
                    if j == 2 {
                        match next(&mut i) {
                            None => return Err(src.len()),
                            Some((b'=', _)) => {}
                            Some((_, at)) => return Err(at - 1),
                        }
                    }
                    if let Some((_, at)) = next(&mut i) {
                        return Err(at);
                    }
                    let word = quad.iter().fold(0u32, |w, q| w << 6 | u32::from(*q));
                    out.push((word >> 16) as u8);
                    if j == 3 {
                        out.push((word >> 8) as u8);
                    }
                    return Ok(out);
                }
                _ => return Err(at),
            };
            if let Some(q) = quad.get_mut(j) {
                *q = value;
            }
            j += 1;
        }
        let word = quad.iter().fold(0u32, |w, q| w << 6 | u32::from(*q));
        out.extend([(word >> 16) as u8, (word >> 8) as u8, word as u8]);
    }
}

/// Encodes base64 with padding.
pub fn to_base64(data: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(data.len().div_ceil(3) * 4);
    for part in data.chunks(3) {
        let word = part.iter().fold(0u32, |w, b| w << 8 | u32::from(*b)) << (8 * (3 - part.len()));
        for k in 0..4 {
            if k <= part.len() {
                let digit = ALPHABET.get((word >> (18 - 6 * k)) as usize & 63).copied().unwrap_or(b'A');
                out.push(digit as char);
            } else {
                out.push('=');
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_names_the_byte_that_go_names() {
        for (text, at) in [
            ("YWRtaW4==", 8),
            ("YW=x", 2),
            ("YQ=", 3),
            ("YQ==YQ==", 4),
            ("Y Q==", 1),
            ("admin", 4),
            ("hello", 4),
            ("abc", 0),
            ("p@ssw0rd", 1),
            ("my-secret", 2),
            ("YWRtaW4", 4),
        ] {
            assert_eq!(base64(text), Err(at), "{text}");
        }
        assert_eq!(base64("YWRtaW4=").as_deref(), Ok(&b"admin"[..]));
        assert!(base64("password").is_ok());
        assert_eq!(to_base64(b"admin"), "YWRtaW4=");
    }
}
