//! docker's tables and units.

use crate::SimTime;

/// Rows under heads: columns at least ten wide, three blanks apart, the last one as it is.
pub(super) fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.first().map_or(0, Vec::len);
    let widths: Vec<usize> = (0..columns).map(|c| rows.iter().filter_map(|r| r.get(c)).map(|t| t.chars().count() + 3).max().unwrap_or(0).max(10)).collect();
    let mut out = String::new();
    for row in rows {
        for (i, (cell, width)) in row.iter().zip(&widths).enumerate() {
            out.push_str(cell);
            if i + 1 < columns {
                (cell.chars().count()..*width).for_each(|_| out.push(' '));
            }
        }
        out.push('\n');
    }
    out
}

/// `About a minute`, as go-units' `HumanDuration` says it.
pub(super) fn ago(from: SimTime, to: SimTime) -> String {
    let seconds = to.since(from) / 1000;
    let (minutes, hours) = (seconds / 60, (seconds + 1800) / 3600);
    match seconds {
        0 => "Less than a second".into(),
        1 => "1 second".into(),
        s if s < 60 => format!("{s} seconds"),
        _ if minutes == 1 => "About a minute".into(),
        _ if minutes < 60 => format!("{minutes} minutes"),
        _ if hours == 1 => "About an hour".into(),
        _ if hours < 48 => format!("{hours} hours"),
        _ if hours < 24 * 14 => format!("{} days", hours / 24),
        _ => format!("{} weeks", hours / 24 / 7),
    }
}

/// `29.7MB`, with three digits.
pub(super) fn size(bytes: u64) -> String {
    let mut value = bytes as f64;
    for unit in ["B", "kB", "MB", "GB"] {
        if value < 1000.0 || unit == "GB" {
            let places = if unit == "B" || value >= 100.0 {
                0
            } else if value >= 10.0 {
                1
            } else {
                2
            };
            let text = format!("{value:.places$}");
            let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
            return format!("{text}{unit}");
        }
        value /= 1000.0;
    }
    String::new()
}

/// At most `length` characters, the last one `…` where some are left out.
pub(super) fn cut(text: &str, length: usize) -> String {
    if text.chars().count() <= length { text.to_owned() } else { text.chars().take(length - 1).chain(['…']).collect() }
}
