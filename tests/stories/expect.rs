//! What a file expects of a story: facts in their order, facts anywhere, facts never, how often.

use crate::facts::Line;
use serde_yaml::Value;

/// What is expected, as it stands in a file.
#[derive(Clone, Debug, Default)]
pub struct Expected {
    /// These lines, in this order, each at its time where one is given.
    pub then: Vec<String>,
    /// These lines anywhere.
    pub also: Vec<String>,
    /// None of these.
    pub never: Vec<String>,
    /// So many of these: `3`, `2..4`, `>=3`.
    pub count: Vec<(String, String)>,
    /// What is expected between two lines (the first such, and the first after it).
    pub between: Vec<(String, String, Expected)>,
    /// Facts of a real cluster that do not hold here, each with the reason; they must not hold either.
    pub differs: Vec<(String, String)>,
}

fn list(value: Option<&Value>) -> Vec<String> {
    value.and_then(Value::as_sequence).into_iter().flatten().filter_map(|v| v.as_str().map(str::to_owned)).collect()
}

fn map(value: Option<&Value>) -> Vec<(String, String)> {
    let text = |v: &Value| match v {
        Value::String(s) => s.clone(),
        Value::Number(n) => n.to_string(),
        _ => String::new(),
    };
    value.and_then(Value::as_mapping).into_iter().flatten().map(|(k, v)| (text(k), text(v))).collect()
}

impl Expected {
    /// Reads the fields `then`, `also`, `never`, `count`, `differs` of a file.
    pub fn of(file: &Value) -> Expected {
        Expected {
            then: list(file.get("then")),
            also: list(file.get("also")),
            never: list(file.get("never")),
            count: map(file.get("count")),
            differs: map(file.get("differs")),
            between: file.get("between").and_then(Value::as_sequence).into_iter().flatten().map(Expected::part).collect(),
        }
    }

    fn part(value: &Value) -> (String, String, Expected) {
        let text = |field: &str| value.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
        (text("from"), text("to"), Expected::of(value))
    }

    /// Whether nothing is expected: a file that checks nothing is a mistake.
    pub fn is_empty(&self) -> bool {
        self.then.is_empty() && self.also.is_empty() && self.never.is_empty() && self.count.is_empty() && self.between.is_empty()
    }

    /// What of it is not so, a line each.
    pub fn missing(&self, lines: &[Line]) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut from = 0;
        for want in &self.then {
            match find(lines.get(from..).unwrap_or_default(), want) {
                Some(at) => from += at + 1,
                None => wrong.push(format!("not after the one before: {want}{}", near(lines, want))),
            }
        }
        for want in &self.also {
            if find(lines, want).is_none() {
                wrong.push(format!("not there: {want}{}", near(lines, want)));
            }
        }
        for bad in &self.never {
            if let Some(line) = find(lines, bad).and_then(|i| lines.get(i)) {
                wrong.push(format!("must not be: {bad}: at {:.3} {}", line.at, line.text));
            }
        }
        for (want, times) in &self.count {
            let (window, pattern) = split(want);
            let n = lines.iter().filter(|l| within(window, l.at) && matches(pattern, &l.text)).count();
            if !fits(times, n) {
                wrong.push(format!("{n} times, not {times}: {want}"));
            }
        }
        for (from, to, inner) in &self.between {
            let begin = find(lines, from);
            let rest = lines.get(begin.unwrap_or(lines.len())..).unwrap_or_default();
            match (begin, find(rest, to)) {
                (Some(_), Some(end)) => {
                    let inside = rest.get(1..end).unwrap_or_default();
                    wrong.extend(inner.missing(inside).into_iter().map(|w| format!("between {from} and {to}: {w}")));
                }
                (None, _) => wrong.push(format!("not there: {from}")),
                (_, None) => wrong.push(format!("not there after {from}: {to}")),
            }
        }
        for (fact, because) in &self.differs {
            if find(lines, fact).is_some() {
                wrong.push(format!("holds by now, so it is no difference any more: {fact} ({because})"));
            }
        }
        wrong
    }
}

fn fits(times: &str, n: usize) -> bool {
    let number = |t: &str| t.trim().parse::<usize>().ok();
    if let Some(least) = times.strip_prefix(">=").and_then(number) {
        n >= least
    } else if let Some((a, b)) = times.split_once("..").and_then(|(a, b)| Some((number(a)?, number(b)?))) {
        (a..=b).contains(&n)
    } else {
        number(times) == Some(n)
    }
}

type Window = Option<(f64, f64)>;

/// `@2..3.5 text`: between two times; `@2 text`: at most 0.75 s before or after.
fn split(want: &str) -> (Window, &str) {
    let Some((time, rest)) = want.strip_prefix('@').and_then(|w| w.split_once(' ')) else { return (None, want) };
    let number = |t: &str| t.parse::<f64>().unwrap_or_else(|_| panic!("{t} is no time in {want}"));
    match time.split_once("..") {
        Some((a, b)) => (Some((number(a), number(b))), rest),
        None => (Some((number(time) - 0.75, number(time) + 0.75)), rest),
    }
}

fn within(window: Window, at: f64) -> bool {
    window.is_none_or(|(a, b)| a <= at && at <= b)
}

fn find(lines: &[Line], want: &str) -> Option<usize> {
    let (window, pattern) = split(want);
    lines.iter().position(|l| within(window, l.at) && matches(pattern, &l.text))
}

/// The times at which the fact itself is there, to help whoever reads a failure.
fn near(lines: &[Line], want: &str) -> String {
    let (_, pattern) = split(want);
    let times: Vec<String> = lines.iter().filter(|l| matches(pattern, &l.text)).take(8).map(|l| format!("{:.3}", l.at)).collect();
    if times.is_empty() { String::new() } else { format!(" (it is there at {})", times.join(", ")) }
}

/// `*` stands for any text.
pub fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|head| text.strip_prefix(head)) else { return false };
    let mut last = None;
    for part in parts {
        if let Some(before) = last.replace(part) {
            match rest.find(before) {
                Some(i) => rest = rest.get(i + before.len()..).unwrap_or_default(),
                None => return false,
            }
        }
    }
    last.map_or(rest.is_empty(), |tail| rest.ends_with(tail))
}
