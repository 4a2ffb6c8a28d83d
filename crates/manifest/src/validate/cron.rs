//! Schedules of CronJobs (follows robfig/cron's standard parser).

/// The table of time zones: `Area:Name Name …`.
const ZONES: &str = include_str!("timezones.txt");

/// Whether a name is in the time zone database.
pub(super) fn is_time_zone(name: &str) -> bool {
    let (area, rest) = name.split_once('/').unwrap_or(("", name));
    name == "UTC" || ZONES.lines().filter_map(|l| l.split_once(':')).any(|(a, names)| a == area && names.split(' ').any(|n| n == rest))
}

struct Bounds {
    min: u32,
    max: u32,
    names: &'static [&'static str],
}

const FIELDS: [Bounds; 5] = [
    Bounds { min: 0, max: 59, names: &[] },
    Bounds { min: 0, max: 23, names: &[] },
    Bounds { min: 1, max: 31, names: &[] },
    Bounds { min: 1, max: 12, names: &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"] },
    Bounds { min: 0, max: 6, names: &["sun", "mon", "tue", "wed", "thu", "fri", "sat"] },
];

/// Checks a schedule.
///
/// # Errors
/// The parser's words.
pub fn check(spec: &str) -> Result<(), String> {
    let mut spec = spec;
    if spec.starts_with("TZ=") || spec.starts_with("CRON_TZ=") {
        let Some((zone, rest)) = spec.split_once(' ') else {
            return Err("failed to parse cron schedule: runtime error: slice bounds out of range".to_owned());
        };
        let zone = zone.split_once('=').map_or("", |(_, z)| z);
        if !zone.is_empty() && zone != "Local" && !is_time_zone(zone) {
            return Err(format!("provided bad location {zone}: unknown time zone {zone}"));
        }
        spec = rest.trim();
    }
    if spec.starts_with('@') {
        return descriptor(spec);
    }
    let fields: Vec<&str> = spec.split_whitespace().collect();
    if fields.len() != 5 {
        return Err(format!("expected exactly 5 fields, found {}: [{}]", fields.len(), fields.join(" ")));
    }
    for (field, bounds) in fields.iter().zip(&FIELDS) {
        for part in field.split(',').filter(|p| !p.is_empty()) {
            range(part, bounds)?;
        }
    }
    Ok(())
}

fn descriptor(d: &str) -> Result<(), String> {
    if matches!(d, "@yearly" | "@annually" | "@monthly" | "@weekly" | "@daily" | "@midnight" | "@hourly") {
        return Ok(());
    }
    match d.strip_prefix("@every ") {
        Some(text) => duration(text).map_err(|m| format!("failed to parse duration {d}: {m}")),
        None => Err(format!("unrecognized descriptor: {d}")),
    }
}

fn range(expr: &str, b: &Bounds) -> Result<(), String> {
    let parts: Vec<&str> = expr.split('/').collect();
    let low_high: Vec<&str> = parts.first().copied().unwrap_or_default().split('-').collect();
    let single = low_high.len() == 1;
    let low = low_high.first().copied().unwrap_or_default();
    let (start, mut end);
    if low == "*" || low == "?" {
        (start, end) = (b.min, b.max);
    } else {
        start = number_or_name(low, b)?;
        end = match low_high.as_slice() {
            [_] => start,
            [_, high] => number_or_name(high, b)?,
            _ => return Err(format!("too many hyphens: {expr}")),
        };
    }
    let step = match parts.as_slice() {
        [_] => 1,
        [_, step] => {
            let step = number(step)?;
            if single {
                end = b.max;
            }
            step
        }
        _ => return Err(format!("too many slashes: {expr}")),
    };
    if start < b.min {
        return Err(format!("beginning of range ({start}) below minimum ({}): {expr}", b.min));
    }
    if end > b.max {
        return Err(format!("end of range ({end}) above maximum ({}): {expr}", b.max));
    }
    if start > end {
        return Err(format!("beginning of range ({start}) beyond end of range ({end}): {expr}"));
    }
    if step == 0 {
        return Err(format!("step of range should be a positive number: {expr}"));
    }
    Ok(())
}

fn number_or_name(text: &str, b: &Bounds) -> Result<u32, String> {
    let lower = text.to_ascii_lowercase();
    match b.names.iter().position(|n| *n == lower) {
        Some(i) => Ok(i as u32 + b.min),
        None => number(text),
    }
}

fn number(text: &str) -> Result<u32, String> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|c| c.is_ascii_digit()) {
        return Err(format!("failed to parse int from {text}: strconv.Atoi: parsing {}: invalid syntax", crate::go::quote(text)));
    }
    let Ok(n) = text.parse::<i64>() else {
        return Err(format!("failed to parse int from {text}: strconv.Atoi: parsing {}: value out of range", crate::go::quote(text)));
    };
    if n < 0 {
        return Err(format!("negative number ({n}) not allowed: {text}"));
    }
    Ok(u32::try_from(n).unwrap_or(u32::MAX))
}

/// Go's `time.ParseDuration`, only whether it is one.
fn duration(text: &str) -> Result<(), String> {
    let invalid = || Err(format!("time: invalid duration {}", crate::go::quote(text)));
    let mut rest = text.strip_prefix(['+', '-']).unwrap_or(text);
    if rest == "0" {
        return Ok(());
    }
    if rest.is_empty() {
        return invalid();
    }
    while !rest.is_empty() {
        let n = rest.bytes().take_while(|c| c.is_ascii_digit() || *c == b'.').count();
        if n == 0 || !rest.bytes().take(n).any(|c| c.is_ascii_digit()) {
            return invalid();
        }
        rest = rest.get(n..).unwrap_or_default();
        let u = rest.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(rest.len());
        let (unit, after) = rest.split_at(u);
        if unit.is_empty() {
            return Err(format!("time: missing unit in duration {}", crate::go::quote(text)));
        }
        if !matches!(unit, "ns" | "us" | "µs" | "μs" | "ms" | "s" | "m" | "h") {
            return Err(format!("time: unknown unit {} in duration {}", crate::go::quote(unit), crate::go::quote(text)));
        }
        rest = after;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules_are_refused_in_the_parsers_words() {
        for (text, wrong) in [
            ("* * *", "expected exactly 5 fields, found 3: [* * *]"),
            ("61 * * * *", "end of range (61) above maximum (59): 61"),
            ("* * 0 * *", "beginning of range (0) below minimum (1): 0"),
            ("5-1 * * * *", "beginning of range (5) beyond end of range (1): 5-1"),
            ("foo * * * *", "failed to parse int from foo: strconv.Atoi: parsing \"foo\": invalid syntax"),
            ("*/0 * * * *", "step of range should be a positive number: */0"),
            ("@foo", "unrecognized descriptor: @foo"),
            ("@every x", "failed to parse duration @every x: time: invalid duration \"x\""),
            ("TZ=Foo * * * * *", "provided bad location Foo: unknown time zone Foo"),
            ("* * * * 7", "end of range (7) above maximum (6): 7"),
        ] {
            assert_eq!(check(text).err().as_deref(), Some(wrong), "{text}");
        }
        for text in ["*/61 * * * *", "1,,2 * * * *", "@every 0s", "@every 1h30m", "0 0 31 2 *", "? * * JAN mon", "@hourly"] {
            assert_eq!(check(text), Ok(()), "{text}");
        }
        assert!(is_time_zone("Europe/Paris") && !is_time_zone("Europe/Pariss"));
    }
}
