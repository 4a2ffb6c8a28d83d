//! Points in time as the API writes them, and the words kubectl has for spans of time.

/// Nanoseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(pub i64);

const SECOND: i64 = 1_000_000_000;
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];

impl Moment {
    /// So many milliseconds after 1970.
    pub fn from_millis(ms: i64) -> Moment {
        Moment(ms.saturating_mul(1_000_000))
    }

    /// Reads RFC 3339: `2026-11-21T07:37:13Z`, with or without a fraction, with `Z` or an offset.
    pub fn parse(text: &str) -> Option<Moment> {
        let number = |from: usize, to: usize| text.get(from..to)?.parse::<i64>().ok();
        let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
        let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
        let b = text.as_bytes();
        if b.get(4) != Some(&b'-')
            || !matches!(b.get(10), Some(b'T' | b't' | b' '))
            || !(1..=12).contains(&month)
            || !(1..=31).contains(&day)
            || hour > 23
            || minute > 59
            || second > 60
        {
            return None;
        }
        let mut rest = text.get(19..)?;
        let mut nanos = 0;
        if let Some(fraction) = rest.strip_prefix('.') {
            let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
            let shown: String = fraction.chars().take(digits).chain(std::iter::repeat('0')).take(9).collect();
            nanos = shown.parse().ok()?;
            rest = fraction.get(digits..)?;
        }
        let offset = match rest.as_bytes() {
            [] | [b'Z' | b'z'] => 0,
            [sign @ (b'+' | b'-'), ..] => {
                let (h, m) = (rest.get(1..3)?.parse::<i64>().ok()?, rest.get(4..6)?.parse::<i64>().ok()?);
                (h * 60 + m) * 60 * if *sign == b'-' { -1 } else { 1 }
            }
            _ => return None,
        };
        let days = days_from_civil(year, month, day);
        Some(Moment((((days * 24 + hour) * 60 + minute) * 60 + second - offset) * SECOND + nanos))
    }

    /// `2026-11-21T07:37:13Z`
    pub fn rfc3339(self) -> String {
        let (y, mo, d, h, mi, s) = self.civil();
        format!("{y:04}-{mo:02}-{d:02}T{h:02}:{mi:02}:{s:02}Z")
    }

    /// `2026-11-21T07:37:13.12Z`: with as many digits of the fraction as it has (Go's RFC3339Nano).
    pub fn rfc3339_nano(self) -> String {
        let (y, mo, d, h, mi, s) = self.civil();
        let nanos = self.0.rem_euclid(SECOND);
        let fraction = if nanos == 0 { String::new() } else { format!(".{}", format!("{nanos:09}").trim_end_matches('0')) };
        format!("{y:04}-{mo:02}-{d:02}T{h:02}:{mi:02}:{s:02}{fraction}Z")
    }

    /// `Sat, 21 Nov 2026 02:45:40 +0000` (Go's RFC1123Z).
    pub fn rfc1123(self) -> String {
        let (y, mo, d, h, mi, s) = self.civil();
        let weekday = self.0.div_euclid(86_400 * SECOND).rem_euclid(7) as usize;
        let month = usize::try_from(mo - 1).unwrap_or(0);
        format!("{}, {d:02} {} {y:04} {h:02}:{mi:02}:{s:02} +0000", DAYS[weekday % 7], MONTHS[month % 12])
    }

    /// `2026-11-21 07:37:13 +0000 UTC` (Go's `Time.String`).
    pub fn go_string(self) -> String {
        let (y, mo, d, h, mi, s) = self.civil();
        format!("{y:04}-{mo:02}-{d:02} {h:02}:{mi:02}:{s:02} +0000 UTC")
    }

    fn civil(self) -> (i64, i64, i64, i64, i64, i64) {
        let seconds = self.0.div_euclid(SECOND);
        let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
        let (y, m, d) = civil_from_days(days);
        (y, m, d, rest / 3600, rest / 60 % 60, rest % 60)
    }
}

/// The age of something at `now`: `5m3s` (`ConvertToHumanReadableDateType`); `<unknown>` without a time.
pub fn age(now: Moment, then: Option<&str>) -> String {
    then.and_then(Moment::parse).map_or_else(|| "<unknown>".to_owned(), |t| human(now.0 - t.0))
}

/// `HumanDuration` of k8s.io/apimachinery/pkg/util/duration, for nanoseconds.
pub fn human(nanos: i64) -> String {
    let s = nanos / SECOND;
    let two = |a: i64, au: &str, b: i64, bu: &str| if b == 0 { format!("{a}{au}") } else { format!("{a}{au}{b}{bu}") };
    let (minutes, hours) = (s / 60, s / 3600);
    let days = hours / 24;
    if s < -1 {
        "<invalid>".to_owned()
    } else if s < 0 {
        "0s".to_owned()
    } else if s < 120 {
        format!("{s}s")
    } else if minutes < 10 {
        two(minutes, "m", s % 60, "s")
    } else if minutes < 180 {
        format!("{minutes}m")
    } else if hours < 8 {
        two(hours, "h", minutes % 60, "m")
    } else if hours < 48 {
        format!("{hours}h")
    } else if hours < 192 {
        two(days, "d", hours % 24, "h")
    } else if days < 730 {
        format!("{days}d")
    } else if days < 8 * 365 {
        two(days / 365, "y", days % 365, "d")
    } else {
        format!("{}y", days / 365)
    }
}

/// Reads a Go duration (`1h30m`, `5s`, `100ms`, `0`) into nanoseconds.
///
/// # Errors
/// The words of `time.ParseDuration`.
pub fn parse_duration(text: &str) -> Result<i64, String> {
    let invalid = || format!("time: invalid duration {text:?}");
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(r) => (true, r),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Ok(0);
    }
    if rest.is_empty() {
        return Err(invalid());
    }
    let mut total = 0f64;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(|b| b.is_ascii_digit() || *b == b'.').count();
        let number: f64 = rest.get(..digits).and_then(|n| n.parse().ok()).ok_or_else(invalid)?;
        rest = rest.get(digits..).unwrap_or_default();
        let letters = rest.bytes().take_while(|b| !b.is_ascii_digit() && *b != b'.').count();
        let unit = rest.get(..letters).unwrap_or_default();
        rest = rest.get(letters..).unwrap_or_default();
        total += number
            * match unit {
                "" => return Err(format!("time: missing unit in duration {text:?}")),
                "ns" => 1.0,
                "us" | "µs" => 1e3,
                "ms" => 1e6,
                "s" => 1e9,
                "m" => 6e10,
                "h" => 3.6e12,
                _ => return Err(format!("time: unknown unit {unit:?} in duration {text:?}")),
            };
    }
    Ok(if negative { -total as i64 } else { total as i64 })
}

/// Howard Hinnant's civil calendar.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let yoe = y.rem_euclid(400);
    let doy = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719_468
}

fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let z = days + 719_468;
    let (era, doe) = (z.div_euclid(146_097), z.rem_euclid(146_097));
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    (yoe + era * 400 + i64::from(month <= 2), month, doy - (153 * mp + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_read_as_kubectl_prints_them() {
        let m = 60 * SECOND;
        for (nanos, want) in [
            (119_999_000_000, "119s"),
            (2 * m, "2m"),
            (190 * SECOND, "3m10s"),
            (601 * SECOND, "10m"),
            (180 * m, "3h"),
            (479 * m, "7h59m"),
            (-SECOND, "0s"),
            (-2 * SECOND, "<invalid>"),
            (49 * 60 * m, "2d1h"),
            (730 * 24 * 60 * m, "2y"),
        ] {
            assert_eq!(human(nanos), want);
        }
    }

    #[test]
    fn times_survive_reading_and_writing() {
        let t = Moment::parse("2026-11-21T02:45:40.5Z").unwrap();
        assert_eq!(
            (t.rfc3339(), t.rfc3339_nano(), t.rfc1123()),
            ("2026-11-21T02:45:40Z".into(), "2026-11-21T02:45:40.5Z".into(), "Sat, 21 Nov 2026 02:45:40 +0000".into())
        );
    }
}
