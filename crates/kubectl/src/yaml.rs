//! JSON values as YAML text, byte for byte as sigs.k8s.io/yaml (go-yaml 2, libyaml's emitter) writes them.

use serde_json::Value;
use std::cmp::Ordering;

/// The width after which blanks may become line ends.
const WIDTH: usize = 80;

/// The value as a YAML document with a final line end.
pub(crate) fn write(value: &Value) -> String {
    let mut w = Writer { out: String::new(), column: 0 };
    w.node(value, 0, false);
    if w.column > 0 || w.out.is_empty() {
        w.out.push('\n');
    }
    w.out
}

struct Writer {
    out: String,
    column: usize,
}

impl Writer {
    fn put(&mut self, text: &str) {
        self.out.push_str(text);
        self.column += text.chars().count();
    }
    fn line(&mut self, indent: usize) {
        if !self.out.is_empty() && !self.out.ends_with('\n') {
            self.out.push('\n');
        }
        self.out.extend(std::iter::repeat_n(' ', indent));
        self.column = indent;
    }

    /// Writes a node whose own lines begin at `indent`. `after` says that something stands on the line already.
    fn node(&mut self, value: &Value, indent: usize, after: bool) {
        match value {
            Value::Object(m) if !m.is_empty() => {
                let mut keys: Vec<&String> = m.keys().collect();
                keys.sort_by(|a, b| natural(a, b));
                for (i, key) in keys.into_iter().enumerate() {
                    if i > 0 || !after {
                        self.line(indent);
                    }
                    self.scalar(key, indent + 2, true);
                    self.put(":");
                    let child = &m[key];
                    match child {
                        Value::Object(c) if !c.is_empty() => {
                            self.node(child, indent + 2, false);
                        }
                        Value::Array(c) if !c.is_empty() => {
                            self.node(child, indent, false);
                        }
                        _ => {
                            self.put(" ");
                            self.node(child, indent + 2, true);
                        }
                    }
                }
            }
            Value::Array(items) if !items.is_empty() => {
                for (i, item) in items.iter().enumerate() {
                    if i > 0 || !after {
                        self.line(indent);
                    }
                    self.put("- ");
                    self.node(item, indent + 2, true);
                }
            }
            Value::Object(_) => self.put("{}"),
            Value::Array(_) => self.put("[]"),
            Value::Null => self.put("null"),
            Value::String(s) => self.scalar(s, indent, false),
            other => self.put(&other.to_string()),
        }
    }

    fn scalar(&mut self, text: &str, indent: usize, key: bool) {
        let traits = Traits::of(text);
        if text.contains('\n') && traits.block && !key {
            return self.literal(text, indent);
        }
        let double = text.contains('\n') || resolves(text);
        if !double && traits.plain && !text.is_empty() {
            self.fold(text, indent, key, "");
        } else if !double && traits.single && !traits.special {
            self.put("'");
            self.fold(&text.replace('\'', "''"), indent, key, "'");
            self.put("'");
        } else {
            self.double(text, indent, key);
        }
    }

    /// Plain and single quoted text: a single blank beyond the width becomes a line end.
    fn fold(&mut self, text: &str, indent: usize, key: bool, quote: &str) {
        let chars: Vec<char> = text.chars().collect();
        let mut spaces = false;
        for (i, c) in chars.iter().enumerate() {
            let edge = !quote.is_empty() && (i == 0 || i + 1 == chars.len());
            if *c == ' ' && !key && !spaces && !edge && self.column > WIDTH && chars.get(i + 1).is_some_and(|n| *n != ' ') {
                self.line(indent);
            } else {
                self.out.push(*c);
                self.column += 1;
            }
            spaces = *c == ' ';
        }
    }

    fn double(&mut self, text: &str, indent: usize, key: bool) {
        self.put("\"");
        let chars: Vec<char> = text.chars().collect();
        let mut spaces = false;
        for (i, &c) in chars.iter().enumerate() {
            if c == ' ' {
                if !key && !spaces && self.column > WIDTH && i > 0 && i + 1 < chars.len() {
                    self.line(indent);
                    if chars.get(i + 1) == Some(&' ') {
                        self.put("\\");
                    }
                } else {
                    self.put(" ");
                }
                spaces = true;
                continue;
            }
            spaces = false;
            let escaped = match c {
                '\0' => "\\0".to_owned(),
                '\u{7}' => "\\a".to_owned(),
                '\u{8}' => "\\b".to_owned(),
                '\t' => "\\t".to_owned(),
                '\n' => "\\n".to_owned(),
                '\u{b}' => "\\v".to_owned(),
                '\u{c}' => "\\f".to_owned(),
                '\r' => "\\r".to_owned(),
                '\u{1b}' => "\\e".to_owned(),
                '"' => "\\\"".to_owned(),
                '\\' => "\\\\".to_owned(),
                '\u{85}' => "\\N".to_owned(),
                '\u{a0}' => "\\_".to_owned(),
                '\u{2028}' => "\\L".to_owned(),
                '\u{2029}' => "\\P".to_owned(),
                '\u{feff}' => "\\uFEFF".to_owned(),
                c if printable(c) => c.to_string(),
                c if (c as u32) <= 0xff => format!("\\x{:02X}", c as u32),
                c if (c as u32) <= 0xffff => format!("\\u{:04X}", c as u32),
                c => format!("\\U{:08X}", c as u32),
            };
            self.put(&escaped);
        }
        self.put("\"");
    }

    fn literal(&mut self, text: &str, indent: usize) {
        let hint = if text.starts_with([' ', '\n']) { "2" } else { "" };
        let chomp = if !text.ends_with('\n') {
            "-"
        } else if text == "\n" || text.ends_with("\n\n") {
            "+"
        } else {
            ""
        };
        self.put(&format!("|{hint}{chomp}"));
        let indent = indent.max(if self.column <= 1 + hint.len() + chomp.len() { 2 } else { 0 });
        for line in text.strip_suffix('\n').unwrap_or(text).split('\n') {
            self.out.push('\n');
            if !line.is_empty() {
                self.out.extend(std::iter::repeat_n(' ', indent));
                self.out.push_str(line);
            }
        }
        if chomp == "+" {
            self.out.push('\n');
        }
        self.column = 1;
    }
}

/// What styles a text can be written in (`yaml_emitter_analyze_scalar`).
struct Traits {
    plain: bool,
    single: bool,
    block: bool,
    special: bool,
}

impl Traits {
    fn of(text: &str) -> Traits {
        if text.is_empty() {
            return Traits { plain: false, single: true, block: false, special: false };
        }
        let chars: Vec<char> = text.chars().collect();
        let (mut indicators, mut special, mut breaks) = (false, false, false);
        let (mut leading_space, mut trailing_space, mut leading_break, mut trailing_break, mut break_space, mut space_break) =
            (false, false, false, false, false, false);
        if text.starts_with("---") || text.starts_with("...") {
            indicators = true;
        }
        let (mut before_space, mut previous_space, mut previous_break) = (true, false, false);
        for (i, &c) in chars.iter().enumerate() {
            let blank = |c: Option<&char>| c.is_none_or(|c| matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}'));
            let followed = blank(chars.get(i + 1));
            if i == 0 {
                match c {
                    '#' | ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`' => indicators = true,
                    '?' | ':' | '-' if followed => indicators = true,
                    _ => {}
                }
            } else {
                match c {
                    ':' if followed => indicators = true,
                    '#' if before_space => indicators = true,
                    _ => {}
                }
            }
            if !printable(c) && c != '\n' {
                special = true;
            }
            let is_break = matches!(c, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}');
            breaks |= is_break;
            if c == ' ' {
                leading_space |= i == 0;
                trailing_space |= i + 1 == chars.len();
                break_space |= previous_break;
                (previous_space, previous_break) = (true, false);
            } else if is_break {
                leading_break |= i == 0;
                trailing_break |= i + 1 == chars.len();
                space_break |= previous_space;
                (previous_space, previous_break) = (false, true);
            } else {
                (previous_space, previous_break) = (false, false);
            }
            before_space = blank(Some(&c));
        }
        let mut t = Traits { plain: true, single: true, block: true, special };
        if leading_space || leading_break || trailing_space || trailing_break || breaks || indicators {
            t.plain = false;
        }
        if trailing_space {
            t.block = false;
        }
        if break_space {
            (t.plain, t.single) = (false, false);
        }
        if space_break || special {
            (t.plain, t.single, t.block) = (false, false, false);
        }
        t
    }
}

fn printable(c: char) -> bool {
    matches!(c, '\n' | '\u{20}'..='\u{7e}' | '\u{85}' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..) && c != '\u{feff}'
}

/// Whether a plain text would be read as something else than a text (go-yaml's `resolve`).
fn resolves(text: &str) -> bool {
    const WORDS: &[&str] = &[
        "", "~", "null", "Null", "NULL", "y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON", "n", "N", "no", "No", "NO", "false", "False",
        "FALSE", "off", "Off", "OFF", ".nan", ".NaN", ".NAN", ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF", "-.inf", "-.Inf", "-.INF", "<<",
    ];
    WORDS.contains(&text) || number(text) || timestamp(text) || base60(text)
}

/// Whether go-yaml reads a number.
pub(crate) fn number(text: &str) -> bool {
    let plain: String = text.chars().filter(|c| *c != '_').collect();
    let body = plain.strip_prefix(['-', '+']).unwrap_or(&plain);
    if !text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.')) {
        return false;
    }
    let digits = |s: &str, ok: fn(u8) -> bool| !s.is_empty() && s.bytes().all(ok);
    if let Some(hex) = body.strip_prefix("0x").or_else(|| body.strip_prefix("0X")) {
        return digits(hex, |b| b.is_ascii_hexdigit());
    }
    if let Some(binary) = body.strip_prefix("0b").or_else(|| body.strip_prefix("0B")) {
        return digits(binary, |b| matches!(b, b'0' | b'1'));
    }
    if let Some(octal) = body.strip_prefix("0o") {
        return digits(octal, |b| matches!(b, b'0'..=b'7'));
    }
    float(body)
}

/// `^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`, sign gone.
fn float(body: &str) -> bool {
    let (mantissa, exponent) = match body.find(['e', 'E']) {
        Some(at) => (body.get(..at).unwrap_or_default(), body.get(at + 1..)),
        None => (body, None),
    };
    let all = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    if exponent.is_some_and(|e| !all(e.strip_prefix(['-', '+']).unwrap_or(e))) {
        return false;
    }
    match mantissa.split_once('.') {
        None => all(mantissa),
        Some(("", fraction)) => all(fraction),
        Some((whole, fraction)) => all(whole) && (fraction.is_empty() || all(fraction)),
    }
}

/// Whether go-yaml reads a time.
fn timestamp(text: &str) -> bool {
    let b = text.as_bytes();
    let digits = b.iter().take_while(|c| c.is_ascii_digit()).count();
    if digits != 4 || b.get(4) != Some(&b'-') {
        return false;
    }
    let parts: Vec<&str> = text.splitn(3, '-').collect();
    let [_, month, rest] = parts.as_slice() else { return false };
    let all = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    let end = rest.find(['T', 't', ' ']);
    let (day, time) = end.map_or((*rest, None), |at| (rest.get(..at).unwrap_or_default(), rest.get(at + 1..)));
    let date_ok =
        all(month) && all(day) && month.parse::<u32>().is_ok_and(|m| (1..=12).contains(&m)) && day.parse::<u32>().is_ok_and(|d| (1..=31).contains(&d));
    match time {
        None => date_ok && month.len() == 2 && day.len() == 2,
        Some(t) => {
            date_ok
                && t.split(':').count() >= 3
                && t.split(':').take(2).all(all)
                && t.split(':').nth(2).is_some_and(|s| s.starts_with(|c: char| c.is_ascii_digit()))
        }
    }
}

/// `^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$`: a number of base 60 for YAML 1.1.
fn base60(text: &str) -> bool {
    let body = text.strip_prefix(['-', '+']).unwrap_or(text);
    let mut parts = body.split(':');
    let first = parts.next().unwrap_or_default();
    if !first.starts_with(|c: char| c.is_ascii_digit()) || !first.bytes().all(|b| b.is_ascii_digit() || b == b'_') {
        return false;
    }
    let rest: Vec<&str> = parts.collect();
    let Some((last, middle)) = rest.split_last() else { return false };
    let sixty = |s: &str| matches!(s.as_bytes(), [b'0'..=b'9'] | [b'0'..=b'5', b'0'..=b'9']);
    let (whole, fraction) = last.split_once('.').unwrap_or((last, ""));
    middle.iter().all(|m| sixty(m)) && sixty(whole) && fraction.bytes().all(|b| b.is_ascii_digit() || b == b'_')
}

/// How go-yaml orders keys: numbers within texts by value, letters after everything else.
fn natural(a: &str, b: &str) -> Ordering {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    for i in 0..a.len().min(b.len()) {
        let (x, y) = (a[i], b[i]);
        if x == y {
            continue;
        }
        match (x.is_alphabetic(), y.is_alphabetic()) {
            (true, true) => return x.cmp(&y),
            (true, false) => return Ordering::Greater,
            (false, true) => return Ordering::Less,
            (false, false) => {}
        }
        let start = i64::from((x == '0' || y == '0') && a[..i].iter().rev().take_while(|c| c.is_ascii_digit()).any(|c| *c != '0'));
        let read = |s: &[char]| {
            let digits: Vec<i64> = s[i..].iter().map_while(|c| c.to_digit(10)).map(i64::from).collect();
            (digits.iter().fold(start, |n, d| n.wrapping_mul(10).wrapping_add(*d)), digits.len())
        };
        let (m, n) = (read(&a), read(&b));
        return m.cmp(&n).then(x.cmp(&y));
    }
    a.len().cmp(&b.len())
}

/// The value as KYAML: flow style, keys plain where they can be, every string double quoted.
pub(crate) fn write_kyaml(value: &Value) -> String {
    let mut out = String::from("---\n");
    kyaml(value, 0, &mut out);
    out.push('\n');
    out
}

fn kyaml(value: &Value, indent: usize, out: &mut String) {
    let pad = |n: usize, out: &mut String| out.extend(std::iter::repeat_n(' ', n));
    match value {
        Value::Object(m) if !m.is_empty() => {
            out.push_str("{\n");
            let mut keys: Vec<&String> = m.keys().collect();
            keys.sort();
            for key in keys {
                pad(indent + 2, out);
                if resolves(key) || !Traits::of(key).plain {
                    out.push_str(&Value::String(key.clone()).to_string());
                } else {
                    out.push_str(key);
                }
                out.push_str(": ");
                kyaml(&m[key], indent + 2, out);
                out.push_str(",\n");
            }
            pad(indent, out);
            out.push('}');
        }
        Value::Array(items) if !items.is_empty() => {
            let cuddled = items.iter().all(|i| matches!(i, Value::Object(m) if !m.is_empty()));
            if cuddled {
                out.push('[');
                for (i, item) in items.iter().enumerate() {
                    if i > 0 {
                        out.push_str(", ");
                    }
                    kyaml(item, indent, out);
                }
                out.push(']');
            } else {
                out.push_str("[\n");
                for item in items {
                    pad(indent + 2, out);
                    kyaml(item, indent + 2, out);
                    out.push_str(",\n");
                }
                pad(indent, out);
                out.push(']');
            }
        }
        Value::Object(_) => out.push_str("{}"),
        Value::Array(_) => out.push_str("[]"),
        Value::String(s) if s.contains('\n') => {
            out.push_str("\"\\\n");
            for line in s.split_inclusive('\n') {
                pad(if line.starts_with(' ') { indent + 2 } else { indent + 3 }, out);
                if line.starts_with(' ') {
                    out.push('\\');
                }
                let quoted = Value::String(line.strip_suffix('\n').unwrap_or(line).to_owned()).to_string();
                out.push_str(quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default());
                out.push_str(if line.ends_with('\n') { "\\n\\\n" } else { "\\\n" });
            }
            pad(indent + 2, out);
            out.push('"');
        }
        other => out.push_str(&other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn texts_are_quoted_like_go_yaml_does() {
        for (text, want) in [
            ("a", "a"),
            ("1", "\"1\""),
            ("yes", "\"yes\""),
            ("", "\"\""),
            ("a: b", "'a: b'"),
            ("*/5 * * * *", "'*/5 * * * *'"),
            ("22:22", "\"22:22\""),
            ("2026-11-21T07:37:13Z", "\"2026-11-21T07:37:13Z\""),
            ("-x", "-x"),
            ("- x", "'- x'"),
            ("25%", "25%"),
            ("1e3", "\"1e3\""),
            ("0x1f", "\"0x1f\""),
        ] {
            assert_eq!(write(&json!(text)), format!("{want}\n"));
        }
    }

    #[test]
    fn lists_stand_under_their_key() {
        assert_eq!(write(&json!({"a": [{"b": 1, "c": []}, "x"], "d": {}, "e": "l\nm\n"})), "a:\n- b: 1\n  c: []\n- x\nd: {}\ne: |\n  l\n  m\n");
    }
}
