//! Dates: `strftime` over the virtual clock, and the forms `date -d` understands. Always UTC.

/// A moment taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Seconds since 1970.
    pub epoch: i64,
    /// Year.
    pub year: i64,
    /// 1 to 12.
    pub month: u32,
    /// 1 to 31.
    pub day: u32,
    /// 0 to 23.
    pub hour: u32,
    /// 0 to 59.
    pub minute: u32,
    /// 0 to 59.
    pub second: u32,
    /// 0 is Sunday.
    pub weekday: u32,
    /// 1 to 366.
    pub yearday: u32,
    /// Nanoseconds within the second.
    pub nanos: u32,
}

const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS: [&str; 12] = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];

fn days_from_civil(year: i64, month: u32, day: u32) -> i64 {
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let yoe = y - era * 400;
    let doy = (153 * (i64::from(month) + if month > 2 { -3 } else { 9 }) + 2) / 5 + i64::from(day) - 1;
    let doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    era * 146_097 + doe - 719_468
}

impl Moment {
    /// Takes milliseconds since 1970 apart.
    pub fn from_millis(millis: i64) -> Moment {
        let mut moment = Moment::from_epoch(millis.div_euclid(1000));
        moment.nanos = (millis.rem_euclid(1000) * 1_000_000) as u32;
        moment
    }

    /// Takes seconds since 1970 apart.
    pub fn from_epoch(epoch: i64) -> Moment {
        let epoch = epoch.clamp(-60_000_000_000, 250_000_000_000);
        let days = epoch.div_euclid(86400);
        let rest = epoch.rem_euclid(86400) as u32;
        let z = days + 719_468;
        let era = z.div_euclid(146_097);
        let doe = z - era * 146_097;
        let yoe = (doe - doe / 1460 + doe / 36524 - doe / 146_096) / 365;
        let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
        let mp = (5 * doy + 2) / 153;
        let day = (doy - (153 * mp + 2) / 5 + 1) as u32;
        let month = if mp < 10 { mp + 3 } else { mp - 9 } as u32;
        let year = yoe + era * 400 + i64::from(month <= 2);
        Moment {
            epoch,
            year,
            month,
            day,
            hour: rest / 3600,
            minute: rest / 60 % 60,
            second: rest % 60,
            weekday: (days + 4).rem_euclid(7) as u32,
            yearday: (days - days_from_civil(year, 1, 1) + 1) as u32,
            nanos: 0,
        }
    }

    /// Puts a moment together; fields out of range are refused.
    pub fn from_fields(year: i64, month: u32, day: u32, hour: u32, minute: u32, second: u32) -> Option<Moment> {
        if !(1..=12).contains(&month) || !(1..=31).contains(&day) || hour > 23 || minute > 59 || second > 60 || !(0..=9999).contains(&year) {
            return None;
        }
        let epoch = days_from_civil(year, month, day) * 86400 + i64::from(hour * 3600 + minute * 60 + second);
        Some(Moment::from_epoch(epoch))
    }

    fn iso_week(&self) -> (i64, u32) {
        let weekday = if self.weekday == 0 { 7 } else { i64::from(self.weekday) };
        let week = (i64::from(self.yearday) - weekday + 10) / 7;
        let weeks_in = |year: i64| {
            let first = Moment::from_epoch(days_from_civil(year, 1, 1) * 86400).weekday;
            let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
            if first == 4 || (leap && first == 3) { 53 } else { 52 }
        };
        if week < 1 {
            (self.year - 1, weeks_in(self.year - 1))
        } else if week as u32 > weeks_in(self.year) {
            (self.year + 1, 1)
        } else {
            (self.year, week as u32)
        }
    }

    /// `strftime`; an unknown conversion stays as it is.
    pub fn format(&self, format: &str) -> String {
        let mut out = String::new();
        let mut chars = format.chars();
        while let Some(c) = chars.next() {
            if c != '%' {
                out.push(c);
                continue;
            }
            let mut letter = chars.next();
            let mut flag = None;
            if let Some(f @ ('-' | '_' | '0' | '^' | '#')) = letter {
                flag = Some(f);
                letter = chars.next();
            }
            let mut width = String::new();
            while let Some(digit) = letter.filter(char::is_ascii_digit) {
                width.push(digit);
                letter = chars.next();
            }
            if matches!(letter, Some('E' | 'O')) {
                letter = chars.next();
            }
            let Some(letter) = letter else {
                out.push('%');
                break;
            };
            let number = |value: i64, digits: usize, pad: char| match flag {
                Some('-') => value.to_string(),
                Some('_') => format!("{value:>digits$}"),
                Some('0') => format!("{value:0>digits$}"),
                _ if pad == ' ' => format!("{value:>digits$}"),
                _ => format!("{value:0>digits$}"),
            };
            let name = |list: &[&str], index: u32| list.get(index as usize).copied().unwrap_or("?").to_owned();
            let text = match letter {
                '%' => "%".to_owned(),
                'n' => "\n".to_owned(),
                't' => "\t".to_owned(),
                'a' => name(&DAYS, self.weekday).chars().take(3).collect(),
                'A' => name(&DAYS, self.weekday),
                'b' | 'h' => name(&MONTHS, self.month - 1).chars().take(3).collect(),
                'B' => name(&MONTHS, self.month - 1),
                'c' => self.format("%a %b %e %H:%M:%S %Y"),
                'C' => number(self.year / 100, 2, '0'),
                'd' => number(self.day.into(), 2, '0'),
                'D' | 'x' => self.format("%m/%d/%y"),
                'e' => number(self.day.into(), 2, ' '),
                'F' => self.format("%Y-%m-%d"),
                'g' => number(self.iso_week().0 % 100, 2, '0'),
                'G' => self.iso_week().0.to_string(),
                'H' => number(self.hour.into(), 2, '0'),
                'I' => number(i64::from((self.hour + 11) % 12 + 1), 2, '0'),
                'j' => number(self.yearday.into(), 3, '0'),
                'k' => number(self.hour.into(), 2, ' '),
                'l' => number(i64::from((self.hour + 11) % 12 + 1), 2, ' '),
                'm' => number(self.month.into(), 2, '0'),
                'M' => number(self.minute.into(), 2, '0'),
                'N' => {
                    let nanos = format!("{:09}", self.nanos);
                    let keep = width.parse().unwrap_or(9usize).min(9);
                    nanos.get(..keep).unwrap_or(&nanos).to_owned()
                }
                'p' => (if self.hour < 12 { "AM" } else { "PM" }).to_owned(),
                'P' => (if self.hour < 12 { "am" } else { "pm" }).to_owned(),
                'r' => self.format("%I:%M:%S %p"),
                'R' => self.format("%H:%M"),
                's' => self.epoch.to_string(),
                'S' => number(self.second.into(), 2, '0'),
                'T' | 'X' => self.format("%H:%M:%S"),
                'u' => (if self.weekday == 0 { 7 } else { self.weekday }).to_string(),
                'U' => number(i64::from((self.yearday + 6 - self.weekday) / 7), 2, '0'),
                'V' => number(self.iso_week().1.into(), 2, '0'),
                'w' => self.weekday.to_string(),
                'W' => number(i64::from((self.yearday + 6 - (self.weekday + 6) % 7) / 7), 2, '0'),
                'y' => number(self.year % 100, 2, '0'),
                'Y' => self.year.to_string(),
                'z' => "+0000".to_owned(),
                'Z' => "UTC".to_owned(),
                other => format!("%{other}"),
            };
            out.push_str(&if flag == Some('^') { text.to_uppercase() } else { text });
        }
        out
    }

    /// Reads `[[CC]YY]MMDDhhmm[.ss]`, as `touch -t` takes it and busybox's `date -d`; of the left part may be missing what is now.
    pub fn parse_stamp(text: &str, now: Moment) -> Option<Moment> {
        let (digits, second) = match text.split_once('.') {
            Some((digits, second)) if second.len() == 2 => (digits, second.parse().ok()?),
            Some(_) => return None,
            None => (text, 0),
        };
        if !digits.bytes().all(|b| b.is_ascii_digit()) || digits.len() % 2 != 0 || !(2..=12).contains(&digits.len()) {
            return None;
        }
        let pair = |from_end: usize| digits.len().checked_sub(from_end).and_then(|at| digits.get(at..at + 2)).and_then(|p| p.parse::<u32>().ok());
        let year = match digits.len() {
            12 => digits.get(..4)?.parse().ok()?,
            10 => match i64::from(pair(10)?) {
                y if y < 69 => 2000 + y,
                y => 1900 + y,
            },
            _ => now.year,
        };
        Moment::from_fields(year, pair(8).unwrap_or(now.month), pair(6).unwrap_or(now.day), pair(4).unwrap_or(now.hour), pair(2)?, second)
    }

    /// Reads a text by a `strptime` format of the common letters.
    pub fn parse_format(text: &str, format: &str, now: Moment) -> Option<Moment> {
        let (mut year, mut month, mut day, mut hour, mut minute, mut second) = (now.year, now.month, now.day, 0, 0, 0);
        let expanded = format.replace("%F", "%Y-%m-%d").replace("%T", "%H:%M:%S").replace("%R", "%H:%M");
        let mut rest = text;
        let mut letters = expanded.chars();
        while let Some(c) = letters.next() {
            if c.is_whitespace() {
                rest = rest.trim_start();
                continue;
            }
            if c != '%' {
                rest = rest.strip_prefix(c)?;
                continue;
            }
            let letter = letters.next()?;
            if matches!(letter, 'b' | 'B' | 'h') {
                let index = MONTHS.iter().position(|m| rest.get(..3).is_some_and(|r| m.get(..3).is_some_and(|m| m.eq_ignore_ascii_case(r))))?;
                let full = MONTHS.get(index)?;
                let long = rest.get(..full.len()).is_some_and(|r| r.eq_ignore_ascii_case(full));
                rest = rest.get(if long { full.len() } else { 3 }..)?;
                month = index as u32 + 1;
                continue;
            }
            let most = match letter {
                'Y' => 4,
                's' => 12,
                _ => 2,
            };
            let n = rest.bytes().take(most).take_while(u8::is_ascii_digit).count();
            let number: i64 = rest.get(..n)?.parse().ok()?;
            rest = rest.get(n..)?;
            match letter {
                'Y' => year = number,
                'y' => year = if number < 69 { 2000 + number } else { 1900 + number },
                'm' => month = number as u32,
                'd' | 'e' => day = number as u32,
                'H' => hour = number as u32,
                'M' => minute = number as u32,
                'S' => second = number as u32,
                's' => return Some(Moment::from_epoch(number)),
                _ => return None,
            }
        }
        if rest.is_empty() { Moment::from_fields(year, month, day, hour, minute, second) } else { None }
    }

    /// Reads what `date -d` is given. `gnu` also understands words such as `1 hour ago`.
    pub fn parse(text: &str, now: Moment, gnu: bool) -> Option<Moment> {
        let text = text.trim();
        if let Some(epoch) = text.strip_prefix('@') {
            return epoch.parse().ok().map(Moment::from_epoch);
        }
        if gnu && let Some(moment) = relative(text, now) {
            return Some(moment);
        }
        let text = text.trim_end_matches('Z').trim_end_matches(" UTC").trim_end_matches("+00:00").trim_end_matches("+0000");
        let (date, time) = match text.split_once([' ', 'T']) {
            Some((date, time)) => (Some(date), time.trim()),
            None if text.contains(':') => (None, text),
            None => (Some(text), ""),
        };
        let number = |part: &str| part.parse::<u32>().ok();
        let (year, month, day) = match date {
            None => (now.year, now.month, now.day),
            Some(date) => {
                let parts: Vec<&str> = date.split('-').collect();
                match parts.as_slice() {
                    [y, m, d] => (y.parse().ok()?, number(m)?, number(d)?),
                    [single] if single.len() == 8 && gnu => (single.get(..4)?.parse().ok()?, number(single.get(4..6)?)?, number(single.get(6..)?)?),
                    [single] if !gnu && single.len() >= 2 => return Moment::parse_stamp(single, now),
                    [single] if single.len() >= 8 && single.len() <= 12 && single.bytes().all(|b| b.is_ascii_digit()) => {
                        // MMDDhhmm[[CC]YY], as busybox and POSIX have it.
                        let year = match single.get(8..) {
                            Some(y) if y.len() == 4 => y.parse().ok()?,
                            Some(y) if y.len() == 2 => 2000 + y.parse::<i64>().ok()?,
                            _ => now.year,
                        };
                        return Moment::from_fields(
                            year,
                            number(single.get(..2)?)?,
                            number(single.get(2..4)?)?,
                            number(single.get(4..6)?)?,
                            number(single.get(6..8)?)?,
                            0,
                        );
                    }
                    _ => return None,
                }
            }
        };
        let mut clock = [0u32; 3];
        if !time.is_empty() {
            let parts: Vec<&str> = time.split(':').collect();
            if parts.len() < 2 && !gnu || parts.len() > 3 {
                return None;
            }
            for (slot, part) in clock.iter_mut().zip(parts) {
                *slot = number(part.split('.').next().unwrap_or(part))?;
            }
        }
        let [hour, minute, second] = clock;
        Moment::from_fields(year, month, day, hour, minute, second)
    }
}

fn relative(text: &str, now: Moment) -> Option<Moment> {
    let mut epoch = now.epoch;
    let mut words = text.split_whitespace().peekable();
    let mut any = false;
    while let Some(word) = words.next() {
        match word {
            "now" | "today" => {}
            "yesterday" => epoch -= 86400,
            "tomorrow" => epoch += 86400,
            _ => {
                let (amount, unit) = match word.find(|c: char| c.is_ascii_alphabetic()) {
                    Some(0) if word == "next" => (1, words.next()?),
                    Some(0) if word == "last" => (-1, words.next()?),
                    Some(at) if at > 0 => (word.get(..at)?.parse().ok()?, word.get(at..)?),
                    _ => (word.parse::<i64>().ok()?, words.next()?),
                };
                let seconds = match unit.trim_end_matches('s') {
                    "second" | "sec" => 1,
                    "minute" | "min" => 60,
                    "hour" => 3600,
                    "day" => 86400,
                    "week" => 604_800,
                    "month" => 2_592_000,
                    "year" => 31_536_000,
                    _ => return None,
                };
                let sign = if words.peek() == Some(&"ago") {
                    words.next();
                    -1
                } else {
                    1
                };
                epoch += amount * seconds * sign;
            }
        }
        any = true;
    }
    any.then(|| Moment::from_epoch(epoch))
}
