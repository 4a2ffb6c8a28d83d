//! Numbers and texts, which are the same to awk.

use super::Value;
use crate::programs::engine::text::{Piece, general, lossy, split_format};
use std::rc::Rc;

impl Value {
    pub(super) fn num(&self) -> f64 {
        match self {
            Value::None => 0.0,
            Value::Num(n) => *n,
            Value::Str(s) | Value::Maybe(s) => leading(s),
        }
    }
    pub(super) fn text(&self) -> Rc<str> {
        match self {
            Value::None => Rc::from(""),
            Value::Num(n) => Rc::from(number_text(*n, "%.6g")),
            Value::Str(s) | Value::Maybe(s) => s.clone(),
        }
    }
    pub(super) fn numeric(&self) -> bool {
        match self {
            Value::None | Value::Num(_) => true,
            Value::Str(_) => false,
            Value::Maybe(s) => looks_numeric(s),
        }
    }
}

pub(super) fn leading(text: &str) -> f64 {
    let trimmed = text.trim_start();
    let bytes = trimmed.as_bytes();
    let mut end = usize::from(matches!(bytes.first(), Some(b'+' | b'-')));
    let digits = |from: usize| bytes.get(from..).unwrap_or_default().iter().take_while(|b| b.is_ascii_digit()).count();
    let whole = digits(end);
    end += whole;
    if bytes.get(end) == Some(&b'.') && (whole > 0 || digits(end + 1) > 0) {
        end += 1 + digits(end + 1);
    } else if whole == 0 {
        return 0.0;
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        let power = digits(end + 1 + sign);
        if power > 0 {
            end += 1 + sign + power;
        }
    }
    trimmed.get(..end).and_then(|t| t.parse().ok()).unwrap_or(0.0)
}

pub(super) fn looks_numeric(text: &str) -> bool {
    let trimmed = text.trim();
    !trimmed.is_empty() && trimmed.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'+' | b'-' | b'e' | b'E')) && trimmed.parse::<f64>().is_ok()
}

pub(super) fn number_text(number: f64, format: &str) -> String {
    if number.fract() == 0.0 && number.abs() < 1e16 {
        return format!("{}", number as i64);
    }
    if format == "%.6g" {
        let body = general(number.abs(), 6, false, false);
        return if number < 0.0 { format!("-{body}") } else { body };
    }
    let mut out = Vec::new();
    for piece in split_format(format.as_bytes(), false) {
        match piece {
            Piece::Literal(bytes) => out.extend(bytes),
            Piece::Convert(spec, ..) => out.extend(if matches!(spec.letter, b'd' | b'i') { spec.integer(number as i64) } else { spec.float(number) }),
            _ => {}
        }
    }
    lossy(&out)
}
