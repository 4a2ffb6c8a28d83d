//! Cron expressions: five fields, names, steps, `@hourly`, `@every 1h` (follows robfig/cron v3, which Kubernetes uses).

use k8s_openapi::jiff::civil::DateTime;
use k8s_openapi::jiff::tz::TimeZone;
use k8s_openapi::jiff::{Timestamp, ToSpan};

/// A schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Schedule {
    /// By the clock.
    Fields {
        /// Bits of the minutes, hours, days of the month, months and days of the week.
        bits: [u64; 5],
        /// Day of the month and day of the week are both restricted: one of them is enough.
        either_day: bool,
    },
    /// Every so many seconds.
    Every(i64),
}

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const RANGES: [(u32, u32); 5] = [(0, 59), (0, 23), (1, 31), (1, 12), (0, 6)];

impl Schedule {
    /// Reads an expression.
    ///
    /// # Errors
    /// In words.
    pub(super) fn parse(text: &str) -> Result<Schedule, String> {
        let text = text.trim();
        let text = text.strip_prefix("TZ=").or_else(|| text.strip_prefix("CRON_TZ=")).map_or(text, |t| t.split_once(' ').map_or("", |(_, rest)| rest.trim()));
        let expanded = match text {
            "@yearly" | "@annually" => "0 0 1 1 *",
            "@monthly" => "0 0 1 * *",
            "@weekly" => "0 0 * * 0",
            "@daily" | "@midnight" => "0 0 * * *",
            "@hourly" => "0 * * * *",
            other => other,
        };
        if let Some(every) = expanded.strip_prefix("@every ") {
            return duration(every).filter(|s| *s > 0).map(Schedule::Every).ok_or_else(|| format!("failed to parse duration {text}"));
        }
        if expanded.starts_with('@') {
            return Err(format!("unrecognized descriptor: {expanded}"));
        }
        let fields: Vec<&str> = expanded.split_whitespace().collect();
        if fields.len() != 5 {
            return Err(format!("expected exactly 5 fields, found {}: [{}]", fields.len(), fields.join(" ")));
        }
        let mut bits = [0; 5];
        for (i, field) in fields.iter().enumerate() {
            bits[i] = self::field(
                field,
                RANGES[i],
                if i == 3 {
                    &MONTHS
                } else if i == 4 {
                    &DAYS
                } else {
                    &[]
                },
                u32::from(i == 3),
            )?;
        }
        let star = |f: &str| f.starts_with('*') || f.starts_with('?');
        Ok(Schedule::Fields { bits, either_day: !star(fields[2]) && !star(fields[4]) })
    }

    /// The first moment after `after`, in Unix seconds; `None` where there is none within five years.
    pub(super) fn next(&self, after: i64) -> Option<i64> {
        let (bits, either) = match self {
            Schedule::Every(seconds) => return Some(after + seconds),
            Schedule::Fields { bits, either_day } => (bits, *either_day),
        };
        let has = |i: usize, n: i8| bits[i] >> n & 1 == 1;
        let mut t: DateTime = Timestamp::from_second(after - after.rem_euclid(60) + 60).ok()?.to_zoned(TimeZone::UTC).datetime();
        let end = t.checked_add(5.years()).ok()?;
        while t < end {
            if !has(3, t.month()) {
                t = t.first_of_month().date().checked_add(1.month()).ok()?.at(0, 0, 0, 0);
                continue;
            }
            let (by_month, by_week) = (has(2, t.day()), has(4, t.weekday().to_sunday_zero_offset()));
            if !(if either { by_month || by_week } else { by_month && by_week }) {
                t = t.date().checked_add(1.day()).ok()?.at(0, 0, 0, 0);
                continue;
            }
            if !has(1, t.hour()) {
                t = t.date().at(t.hour(), 0, 0, 0).checked_add(1.hour()).ok()?;
                continue;
            }
            if !has(0, t.minute()) {
                t = t.checked_add(1.minute()).ok()?;
                continue;
            }
            return t.to_zoned(TimeZone::UTC).ok().map(|z| z.timestamp().as_second());
        }
        None
    }
}

/// One field as bits.
fn field(text: &str, (low, high): (u32, u32), names: &[&str], first: u32) -> Result<u64, String> {
    let number = |t: &str| -> Result<u32, String> {
        if let Some(at) = names.iter().position(|n| n.eq_ignore_ascii_case(t)) {
            return Ok(at as u32 + first);
        }
        t.parse().map_err(|_| format!("failed to parse int from {t}: strconv.Atoi: parsing {t:?}: invalid syntax"))
    };
    let mut bits = 0;
    for part in text.split(',') {
        let (range, step) = part.split_once('/').map_or((part, None), |(r, s)| (r, Some(s)));
        let (from, to) = match range.split_once('-') {
            _ if range == "*" || range == "?" => (low, high),
            Some((a, b)) => (number(a)?, number(b)?),
            None => {
                let n = number(range)?;
                (n, if step.is_some() { high } else { n })
            }
        };
        // Sunday is 0; a 7 is taken for it too.
        let (from, to) = if high == 6 && from == 7 && to == 7 { (0, 0) } else { (from, to) };
        if from < low {
            return Err(format!("beginning of range ({from}) below minimum ({low}): {part}"));
        }
        if to > high {
            return Err(format!("end of range ({to}) above maximum ({high}): {part}"));
        }
        if from > to {
            return Err(format!("beginning of range ({from}) beyond end of range ({to}): {part}"));
        }
        let step = step.map_or(Ok(1), number)?;
        if step == 0 {
            return Err(format!("step of range should be a positive number: {part}"));
        }
        for n in (from..=to).step_by(step as usize) {
            bits |= 1 << n;
        }
    }
    Ok(bits)
}

/// `1h30m` in seconds.
fn duration(text: &str) -> Option<i64> {
    let mut total = 0;
    let mut rest = text.trim();
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit())?;
        let number: i64 = rest[..end].parse().ok()?;
        let unit = &rest[end..];
        let (seconds, len) = if unit.starts_with("ms") {
            (0, 2)
        } else {
            (
                match unit.as_bytes().first()? {
                    b'h' => 3600,
                    b'm' => 60,
                    b's' => 1,
                    _ => return None,
                },
                1,
            )
        };
        total += number.checked_mul(seconds)?;
        rest = &unit[len..];
    }
    Some(total)
}

#[cfg(test)]
mod tests {
    use super::Schedule;

    #[test]
    fn the_next_time_is_found() {
        let at = |t: &str| t.parse::<k8s_openapi::jiff::Timestamp>().expect("a time").as_second();
        for (text, after, next) in [
            ("*/1 * * * *", "2026-01-05T09:00:00Z", "2026-01-05T09:01:00Z"),
            ("*/15 * * * *", "2026-01-05T09:00:30Z", "2026-01-05T09:15:00Z"),
            ("30 2 * * *", "2026-01-05T09:00:00Z", "2026-01-06T02:30:00Z"),
            ("0 0 * * sun", "2026-01-05T09:00:00Z", "2026-01-11T00:00:00Z"),
            ("0 12 1,15 * 3", "2026-01-05T09:00:00Z", "2026-01-07T12:00:00Z"),
            ("@hourly", "2026-01-05T09:00:00Z", "2026-01-05T10:00:00Z"),
            ("0 0 29 2 *", "2026-01-05T09:00:00Z", "2028-02-29T00:00:00Z"),
            ("@every 90s", "2026-01-05T09:00:00Z", "2026-01-05T09:01:30Z"),
        ] {
            assert_eq!(Schedule::parse(text).ok().and_then(|s| s.next(at(after))), Some(at(next)), "{text}");
        }
    }

    #[test]
    fn mistakes_are_named() {
        for (text, words) in [
            ("* * * *", "expected exactly 5 fields, found 4: [* * * *]"),
            ("61 * * * *", "end of range (61) above maximum (59): 61"),
            ("@often", "unrecognized descriptor: @often"),
        ] {
            assert_eq!(Schedule::parse(text), Err(words.to_owned()));
        }
    }
}
