//! Times in manifests: RFC 3339 as Go's `time.Parse` reads it.

use crate::go::quote;

/// A time in the form in which the API stores it: UTC, whole seconds or microseconds.
///
/// # Errors
/// Go's words: `parsing time "x" as "2006-01-02T15:04:05Z07:00": cannot parse "x" as "2006"`.
pub(crate) fn canonical(text: &str, micros: bool) -> Result<String, String> {
    let layout = if micros { "2006-01-02T15:04:05.000000Z07:00" } else { "2006-01-02T15:04:05Z07:00" };
    let fail = |rest: &str, element: &str| format!("parsing time {} as {}: cannot parse {} as {}", quote(text), quote(layout), quote(rest), quote(element));
    let mut rest = text;
    let mut numbers = [0i64; 6];
    let elements = ["2006", "-", "01", "-", "02", "T", "15", ":", "04", ":", "05"];
    for (i, element) in elements.iter().enumerate() {
        if i % 2 == 1 {
            rest = rest.strip_prefix(element).ok_or_else(|| fail(rest, element))?;
            continue;
        }
        let width = if i == 0 { 4 } else { 2 };
        let digits = rest.get(..width).filter(|d| d.bytes().all(|b| b.is_ascii_digit())).ok_or_else(|| fail(rest, element))?;
        if let Some(n) = numbers.get_mut(i / 2) {
            *n = digits.parse().unwrap_or(0);
        }
        rest = rest.get(width..).unwrap_or_default();
    }
    let [year, month, day, hour, minute, second] = numbers;
    let mut fraction = 0i64;
    if let Some(after) = rest.strip_prefix('.') {
        let n = after.bytes().take_while(u8::is_ascii_digit).count();
        if n > 0 {
            let digits: String = after.chars().take(n.min(6)).chain(std::iter::repeat('0')).take(6).collect();
            fraction = digits.parse().unwrap_or(0);
            rest = after.get(n..).unwrap_or_default();
        }
    }
    let offset = if rest == "Z" {
        0
    } else {
        let sign = match rest.as_bytes().first() {
            Some(b'+') => 1,
            Some(b'-') => -1,
            _ => return Err(fail(rest, "Z07:00")),
        };
        let part = |from: usize| rest.get(from..from + 2).filter(|d| d.bytes().all(|b| b.is_ascii_digit())).and_then(|d| d.parse::<i64>().ok());
        match (part(1), rest.get(3..4), part(4), rest.len()) {
            (Some(h), Some(":"), Some(m), 6) => sign * (h * 60 + m),
            _ => return Err(fail(rest, "Z07:00")),
        }
    };
    let range = |what: &str| Err(format!("parsing time {}: {what} out of range", quote(text)));
    if !(1..=12).contains(&month) {
        return range("month");
    }
    if day < 1 || day > days_in(year, month) {
        return range("day");
    }
    if hour > 23 {
        return range("hour");
    }
    if minute > 59 {
        return range("minute");
    }
    if second > 59 {
        return range("second");
    }
    let minutes = (days(year, month, day) * 24 + hour) * 60 + minute - offset;
    let (day_number, of_day) = (minutes.div_euclid(1440), minutes.rem_euclid(1440));
    let (y, m, d) = civil(day_number);
    let fraction = if micros { format!(".{fraction:06}") } else { String::new() };
    Ok(format!("{y:04}-{m:02}-{d:02}T{:02}:{:02}:{second:02}{fraction}Z", of_day / 60, of_day % 60))
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01.
fn days(y: i64, m: i64, d: i64) -> i64 {
    let y = if m <= 2 { y - 1 } else { y };
    let era = y.div_euclid(400);
    let yoe = y - era * 400;
    let doy = (153 * (m + if m > 2 { -3 } else { 9 }) + 2) / 5 + d - 1;
    era * 146_097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719_468
}

/// The date of a day since 1970-01-01.
fn civil(z: i64) -> (i64, i64, i64) {
    let z = z + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1460 + doe / 36524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let m = if mp < 10 { mp + 3 } else { mp - 9 };
    (yoe + era * 400 + i64::from(m <= 2), m, doy - (153 * mp + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_stored_in_utc() {
        assert_eq!(canonical("2024-02-29T23:30:00+01:00", false).as_deref(), Ok("2024-02-29T22:30:00Z"));
        assert_eq!(canonical("2024-01-01T00:00:00.5Z", true).as_deref(), Ok("2024-01-01T00:00:00.500000Z"));
        assert_eq!(
            canonical("yesterday", false).err().as_deref(),
            Some("parsing time \"yesterday\" as \"2006-01-02T15:04:05Z07:00\": cannot parse \"yesterday\" as \"2006\"")
        );
    }
}
