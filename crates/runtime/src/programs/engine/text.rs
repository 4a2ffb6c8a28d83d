//! Escapes, numbers and `printf` conversions shared by `echo`, `printf`, `awk` and others.

/// How a text with C escapes ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unescaped {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// A `\c` asked for no further output.
    pub stop: bool,
}

/// Reads the escape whose backslash stands at `at`: its bytes, the offset behind it, and whether it was `\\c`.
pub fn escape_at(text: &[u8], at: usize, octal_zero: bool) -> (Vec<u8>, usize, bool) {
    let Some(&next) = text.get(at + 1) else { return (vec![b'\\'], at + 1, false) };
    let simple = match next {
        b'a' => 7,
        b'b' => 8,
        b'e' | b'E' => 27,
        b'f' => 12,
        b'n' => 10,
        b'r' => 13,
        b't' => 9,
        b'v' => 11,
        b'\\' => b'\\',
        b'c' => return (Vec::new(), at + 2, true),
        b'x' => {
            let digits = text.get(at + 2..).unwrap_or_default().iter().take(2).take_while(|b| b.is_ascii_hexdigit()).count();
            let number = text.get(at + 2..at + 2 + digits).and_then(|d| std::str::from_utf8(d).ok()).and_then(|d| u8::from_str_radix(d, 16).ok());
            return match number {
                Some(number) => (vec![number], at + 2 + digits, false),
                None => (b"\\x".to_vec(), at + 2, false),
            };
        }
        b'0'..=b'7' => {
            let most = if octal_zero && next == b'0' { 4 } else { 3 };
            let digits = text.get(at + 1..).unwrap_or_default().iter().take(most).take_while(|b| (b'0'..=b'7').contains(b)).count();
            let number = text.get(at + 1..at + 1 + digits).unwrap_or_default().iter().fold(0u32, |n, b| n * 8 + u32::from(b - b'0'));
            return (vec![number as u8], at + 1 + digits, false);
        }
        other => return (vec![b'\\', other], at + 2, false),
    };
    (vec![simple], at + 2, false)
}

/// Resolves C escapes. `octal_zero` reads `\0nnn` as `echo -e` and `%b` do.
pub fn unescape(text: &[u8], octal_zero: bool) -> Unescaped {
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        if byte != b'\\' {
            out.push(byte);
            at += 1;
            continue;
        }
        let (bytes, next, stop) = escape_at(text, at, octal_zero);
        if stop {
            return Unescaped { bytes: out, stop: true };
        }
        out.extend(bytes);
        at = next;
    }
    Unescaped { bytes: out, stop: false }
}

/// A conversion of a `printf` format.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spec {
    /// `-`.
    pub left: bool,
    /// `+`.
    pub plus: bool,
    /// Blank.
    pub space: bool,
    /// `#`.
    pub alternate: bool,
    /// `0`.
    pub zero: bool,
    /// Least width.
    pub width: usize,
    /// Precision.
    pub precision: Option<usize>,
    /// The letter.
    pub letter: u8,
}

impl Spec {
    /// Pads a converted text to the width.
    pub fn pad(&self, text: &[u8], numeric: bool) -> Vec<u8> {
        let missing = self.width.min(1 << 16).saturating_sub(text.len());
        let mut out = Vec::with_capacity(text.len() + missing);
        if self.left {
            out.extend(text);
            out.extend(std::iter::repeat_n(b' ', missing));
        } else if self.zero && numeric {
            let sign = usize::from(text.first().is_some_and(|b| matches!(b, b'-' | b'+' | b' ')));
            out.extend(text.get(..sign).unwrap_or_default());
            out.extend(std::iter::repeat_n(b'0', missing));
            out.extend(text.get(sign..).unwrap_or_default());
        } else {
            out.extend(std::iter::repeat_n(b' ', missing));
            out.extend(text);
        }
        out
    }

    fn sign(&self, negative: bool) -> &'static str {
        if negative {
            "-"
        } else if self.plus {
            "+"
        } else if self.space {
            " "
        } else {
            ""
        }
    }

    /// `%s`, `%c` of a text.
    pub fn text(&self, text: &[u8]) -> Vec<u8> {
        let cut = self.precision.map_or(text.len(), |p| p.min(text.len()));
        self.pad(text.get(..cut).unwrap_or_default(), false)
    }

    /// `%d %i %u %x %X %o`.
    pub fn integer(&self, number: i64) -> Vec<u8> {
        let (sign, mut digits) = match self.letter {
            b'd' | b'i' => (self.sign(number < 0), number.unsigned_abs().to_string()),
            b'x' => (if self.alternate && number != 0 { "0x" } else { "" }, format!("{number:x}")),
            b'X' => (if self.alternate && number != 0 { "0X" } else { "" }, format!("{number:X}")),
            b'o' => (if self.alternate { "0" } else { "" }, format!("{number:o}")),
            _ => ("", (number as u64).to_string()),
        };
        if let Some(precision) = self.precision {
            while digits.len() < precision.min(400) {
                digits.insert(0, '0');
            }
        }
        let numeric = self.precision.is_none();
        self.pad(format!("{sign}{digits}").as_bytes(), numeric)
    }

    /// `%f %F %e %E %g %G`.
    pub fn float(&self, number: f64) -> Vec<u8> {
        let sign = self.sign(number.is_sign_negative() && !number.is_nan());
        let size = number.abs();
        let precision = self.precision.unwrap_or(6).min(300);
        let body = if size.is_nan() {
            "nan".to_owned()
        } else if size.is_infinite() {
            "inf".to_owned()
        } else {
            match self.letter {
                b'e' => exponent(size, precision, 'e'),
                b'E' => exponent(size, precision, 'E'),
                b'g' | b'G' => general(size, precision, self.letter == b'G', self.alternate),
                _ => format!("{size:.precision$}"),
            }
        };
        self.pad(format!("{sign}{body}").as_bytes(), size.is_finite())
    }
}

fn exponent(size: f64, precision: usize, letter: char) -> String {
    let text = format!("{size:.precision$e}");
    let (mantissa, power) = text.split_once('e').unwrap_or((&text, "0"));
    let power: i32 = power.parse().unwrap_or(0);
    format!("{mantissa}{letter}{}{:02}", if power < 0 { '-' } else { '+' }, power.abs())
}

/// `%g`: the shorter of fixed and exponent form.
pub fn general(size: f64, precision: usize, upper: bool, keep_zeros: bool) -> String {
    let precision = precision.max(1);
    if size == 0.0 {
        return "0".to_owned();
    }
    let letter = if upper { 'E' } else { 'e' };
    let scientific = exponent(size, precision - 1, letter);
    let power: i32 = scientific.split(letter).nth(1).and_then(|p| p.parse().ok()).unwrap_or(0);
    let trim = |text: &str| {
        if keep_zeros || !text.contains('.') { text.to_owned() } else { text.trim_end_matches('0').trim_end_matches('.').to_owned() }
    };
    if power < -4 || power >= precision as i32 {
        let (mantissa, rest) = scientific.split_once(letter).unwrap_or((&scientific, "+00"));
        format!("{}{letter}{rest}", trim(mantissa))
    } else {
        let digits = (precision as i32 - 1 - power).max(0) as usize;
        trim(&format!("{size:.digits$}"))
    }
}

/// A piece of a `printf` format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Copied as it is.
    Literal(Vec<u8>),
    /// A conversion; the flags say whether width and precision are taken from the arguments.
    Convert(Spec, bool, bool),
    /// A conversion that does not exist; the text from the `%` on.
    Bad(Vec<u8>),
    /// A `\\c`: nothing more is printed.
    Stop,
}

/// Splits a `printf` format; `escapes` are resolved on the way, where they are not yet.
pub fn split_format(format: &[u8], escapes: bool) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut literal = Vec::new();
    let mut at = 0;
    while let Some(&byte) = format.get(at) {
        if byte == b'\\' && escapes {
            let (bytes, next, stop) = escape_at(format, at, false);
            literal.extend(bytes);
            at = next;
            if stop {
                pieces.push(Piece::Literal(std::mem::take(&mut literal)));
                pieces.push(Piece::Stop);
                return pieces;
            }
            continue;
        }
        at += 1;
        if byte != b'%' {
            literal.push(byte);
            continue;
        }
        if format.get(at) == Some(&b'%') {
            literal.push(b'%');
            at += 1;
            continue;
        }
        let start = at - 1;
        let mut spec = Spec::default();
        while let Some(&flag) = format.get(at) {
            match flag {
                b'-' => spec.left = true,
                b'+' => spec.plus = true,
                b' ' => spec.space = true,
                b'#' => spec.alternate = true,
                b'0' => spec.zero = true,
                _ => break,
            }
            at += 1;
        }
        let mut star_width = false;
        let mut star_precision = false;
        if format.get(at) == Some(&b'*') {
            star_width = true;
            at += 1;
        }
        while let Some(digit) = format.get(at).filter(|b| b.is_ascii_digit()) {
            spec.width = spec.width.saturating_mul(10).saturating_add(usize::from(digit - b'0')).min(1 << 16);
            at += 1;
        }
        if format.get(at) == Some(&b'.') {
            at += 1;
            let mut precision = 0usize;
            if format.get(at) == Some(&b'*') {
                star_precision = true;
                at += 1;
            }
            while let Some(digit) = format.get(at).filter(|b| b.is_ascii_digit()) {
                precision = precision.saturating_mul(10).saturating_add(usize::from(digit - b'0')).min(1 << 16);
                at += 1;
            }
            spec.precision = Some(precision);
        }
        let modifier = at;
        while matches!(format.get(at), Some(b'l' | b'h' | b'L' | b'j' | b't' | b'z')) {
            at += 1;
        }
        if !literal.is_empty() {
            pieces.push(Piece::Literal(std::mem::take(&mut literal)));
        }
        match format.get(at) {
            Some(&letter @ (b'd' | b'i' | b'u' | b'x' | b'X' | b'o' | b'c' | b's' | b'b' | b'f' | b'F' | b'e' | b'E' | b'g' | b'G')) => {
                at += 1;
                spec.letter = letter;
                pieces.push(Piece::Convert(spec, star_width, star_precision));
            }
            _ => {
                let mut bad = format.get(start..modifier).unwrap_or_default().to_vec();
                bad.extend(format.get(at..).unwrap_or_default());
                pieces.push(Piece::Bad(bad));
                return pieces;
            }
        }
    }
    if !literal.is_empty() {
        pieces.push(Piece::Literal(literal));
    }
    pieces
}

/// Reads an integer as C's `strtoll` with base 0 does; the whole text must be used.
pub fn parse_c_integer(text: &str) -> Option<i64> {
    let trimmed = text.trim_start();
    let (negative, digits) = match trimmed.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, trimmed.strip_prefix('+').unwrap_or(trimmed)),
    };
    let size = if let Some(hex) = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        u64::from_str_radix(hex, 16).ok()?
    } else if digits.len() > 1 && digits.starts_with('0') {
        u64::from_str_radix(digits.get(1..)?, 8).ok()?
    } else if digits.bytes().all(|b| b.is_ascii_digit()) && !digits.is_empty() {
        digits.parse().ok()?
    } else {
        return None;
    };
    Some(if negative { (size as i64).wrapping_neg() } else { size as i64 })
}

/// Lines of a text with their line ends removed.
pub fn lines(text: &[u8]) -> Vec<&[u8]> {
    let mut lines: Vec<&[u8]> = text.split(|b| *b == b'\n').collect();
    if lines.last().is_some_and(|l| l.is_empty()) {
        lines.pop();
    }
    lines
}

/// Bytes as text for messages.
pub fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
