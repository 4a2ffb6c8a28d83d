//! Time zones as the variable `TZ` gives them: `EST5EDT`, `CET-1CEST,M3.5.0,M10.5.0/3`.
//!
//! There is no zone database in the images: a name such as `Europe/Berlin` is taken for UTC, as the
//! C libraries do.

use super::clock::Moment;

/// When summer time begins or ends: month, week (5 is the last), weekday, second of the day.
type Change = (u32, u32, u32, i64);

/// A zone.
#[derive(Clone, Debug)]
pub struct Zone {
    name: String,
    /// Seconds east of Greenwich.
    east: i64,
    summer: Option<(String, i64, Change, Change)>,
}

impl Zone {
    /// UTC.
    pub fn utc() -> Zone {
        Zone { name: "UTC".to_owned(), east: 0, summer: None }
    }

    /// Reads the value of `TZ`.
    pub fn parse(text: &str) -> Zone {
        Zone::read(text).unwrap_or_else(Zone::utc)
    }

    fn read(text: &str) -> Option<Zone> {
        let mut rest = text.strip_prefix(':').unwrap_or(text);
        let name = word(&mut rest)?;
        if rest.is_empty() {
            // A name without an offset is shown as it is.
            return Some(Zone { name, east: 0, summer: None });
        }
        let east = -offset(&mut rest)?;
        if rest.is_empty() {
            return Some(Zone { name, east, summer: None });
        }
        let summer = word(&mut rest)?;
        let later = if rest.is_empty() || rest.starts_with(',') { east + 3600 } else { -offset(&mut rest)? };
        let mut rules = rest.split(',').skip(1).map(change);
        let from = rules.next().unwrap_or(Some((3, 2, 0, 7200)))?;
        let to = rules.next().unwrap_or(Some((11, 1, 0, 7200)))?;
        Some(Zone { name, east, summer: Some((summer, later, from, to)) })
    }

    /// Local time at a moment in milliseconds since 1970; its `epoch` counts local seconds.
    pub fn local(&self, millis: i64) -> Moment {
        Moment::from_millis(millis + self.at(millis.div_euclid(1000)).1 * 1000)
    }

    /// Name and offset at a moment of universal time.
    fn at(&self, epoch: i64) -> (&str, i64) {
        let Some((name, later, from, to)) = &self.summer else { return (&self.name, self.east) };
        let year = Moment::from_epoch(epoch + self.east).year;
        let begin = start(year, *from) - self.east;
        let end = start(year, *to) - later;
        let summer = if begin <= end { (begin..end).contains(&epoch) } else { !(end..begin).contains(&epoch) };
        if summer { (name, *later) } else { (&self.name, self.east) }
    }
    /// Name and offset of a local moment.
    fn of(&self, local: &Moment) -> (&str, i64) {
        let guess = self.at(local.epoch - self.east);
        self.at(local.epoch - guess.1)
    }

    /// `+0100`, or with something between hours and minutes.
    pub fn offset_text(&self, local: &Moment, between: &str) -> String {
        let east = self.of(local).1;
        let minutes = east.abs() / 60;
        format!("{}{:02}{between}{:02}", if east < 0 { '-' } else { '+' }, minutes / 60, minutes % 60)
    }

    /// `strftime` of a local moment.
    pub fn format(&self, local: &Moment, format: &str) -> String {
        let (name, east) = self.of(local);
        let mut own = String::with_capacity(format.len());
        let mut chars = format.chars();
        while let Some(c) = chars.next() {
            if c != '%' {
                own.push(c);
                continue;
            }
            match chars.next() {
                Some('Z') => own.push_str(name),
                Some('z') => own.push_str(&self.offset_text(local, "")),
                Some('s') => own.push_str(&(local.epoch - east).to_string()),
                Some(other) => own.extend(['%', other]),
                None => own.push('%'),
            }
        }
        local.format(&own)
    }
}

/// The letters of a zone's name.
fn word(rest: &mut &str) -> Option<String> {
    let n = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
    let (name, after) = rest.split_at_checked(n)?;
    if n < 3 {
        return None;
    }
    *rest = after;
    // `Europe/Berlin` has no offset behind its name, and nobody knows it.
    if after.starts_with('/') {
        return None;
    }
    Some(name.to_owned())
}

/// `[+-]hh[:mm[:ss]]` in seconds.
fn offset(rest: &mut &str) -> Option<i64> {
    let n = rest.bytes().take_while(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b':')).count();
    let (text, after) = rest.split_at_checked(n)?;
    *rest = after;
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let mut seconds = 0;
    for (part, unit) in digits.split(':').zip([3600, 60, 1]) {
        seconds += part.parse::<i64>().ok()?.min(200) * unit;
    }
    Some(sign * seconds)
}

/// `Mm.w.d[/time]`.
fn change(text: &str) -> Option<Change> {
    let (day, mut time) = text.split_once('/').unwrap_or((text, "2"));
    let mut parts = day.strip_prefix('M')?.split('.').map(|p| p.parse::<u32>().ok());
    let (month, week, weekday) = (parts.next()??, parts.next()??, parts.next()??);
    ((1..=12).contains(&month) && (1..=5).contains(&week) && weekday < 7).then_some((month, week, weekday, offset(&mut time)?))
}

/// The local second at which a change of a year happens.
fn start(year: i64, (month, week, weekday, time): Change) -> i64 {
    let first = Moment::from_fields(year.clamp(0, 9999), month, 1, 0, 0, 0).map_or(0, |m| m.epoch);
    let day_of = Moment::from_epoch(first).weekday;
    let mut day = first + i64::from((weekday + 7 - day_of) % 7) * 86400 + i64::from(week - 1) * 7 * 86400;
    while Moment::from_epoch(day).month != month {
        day -= 7 * 86400;
    }
    day + time
}
