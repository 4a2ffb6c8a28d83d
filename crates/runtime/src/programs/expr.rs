//! `expr`.

use super::engine::regex::{Regex, Syntax};
use super::engine::text::lossy;
use super::plain::{Io, Run};
use std::rc::Rc;

struct Parser<'a> {
    args: &'a [Rc<str>],
    at: usize,
    gnu: bool,
}

type Value = Result<String, String>;

fn truth(value: &str) -> bool {
    !value.is_empty() && value != "0" && value.parse::<i64>() != Ok(0)
}

fn number(text: &str) -> Result<i64, String> {
    text.parse().map_err(|_| "non-numeric argument".to_owned())
}

impl Parser<'_> {
    fn take(&mut self, words: &[&str]) -> Option<Rc<str>> {
        let word = self.args.get(self.at).filter(|w| words.contains(&&***w))?.clone();
        self.at += 1;
        Some(word)
    }

    fn any(&mut self) -> Value {
        let mut left = self.all()?;
        while self.take(&["|"]).is_some() {
            let right = self.all()?;
            if !truth(&left) {
                left = if truth(&right) { right } else { "0".to_owned() };
            }
        }
        Ok(left)
    }

    fn all(&mut self) -> Value {
        let mut left = self.compare()?;
        while self.take(&["&"]).is_some() {
            let right = self.compare()?;
            if !truth(&left) || !truth(&right) {
                left = "0".to_owned();
            }
        }
        Ok(left)
    }

    fn compare(&mut self) -> Value {
        let mut left = self.sum()?;
        while let Some(operator) = self.take(&["<", "<=", "=", "==", "!=", ">=", ">"]) {
            let right = self.sum()?;
            let order = match (left.parse::<i64>(), right.parse::<i64>()) {
                (Ok(a), Ok(b)) => a.cmp(&b),
                _ => left.as_str().cmp(right.as_str()),
            };
            let result = match &*operator {
                "<" => order.is_lt(),
                "<=" => order.is_le(),
                "!=" => order.is_ne(),
                ">=" => order.is_ge(),
                ">" => order.is_gt(),
                _ => order.is_eq(),
            };
            left = i32::from(result).to_string();
        }
        Ok(left)
    }

    fn sum(&mut self) -> Value {
        let mut left = self.product()?;
        while let Some(operator) = self.take(&["+", "-"]) {
            let right = number(&self.product()?)?;
            let value = number(&left)?;
            left = if &*operator == "+" { value.wrapping_add(right) } else { value.wrapping_sub(right) }.to_string();
        }
        Ok(left)
    }

    fn product(&mut self) -> Value {
        let mut left = self.matching()?;
        while let Some(operator) = self.take(&["*", "/", "%"]) {
            let right = number(&self.matching()?)?;
            let value = number(&left)?;
            left = match &*operator {
                "*" => value.wrapping_mul(right),
                _ if right == 0 => return Err("division by zero".to_owned()),
                "/" => value.wrapping_div(right),
                _ => value.wrapping_rem(right),
            }
            .to_string();
        }
        Ok(left)
    }

    fn matching(&mut self) -> Value {
        let mut left = self.atom()?;
        while self.take(&[":"]).is_some() {
            let pattern = self.atom()?;
            left = matched(&left, &pattern)?;
        }
        Ok(left)
    }

    fn atom(&mut self) -> Value {
        if self.take(&["("]).is_some() {
            let value = self.any()?;
            if self.take(&[")"]).is_none() {
                return Err("syntax error".to_owned());
            }
            return Ok(value);
        }
        let more = self.args.len() > self.at + 1;
        if more {
            if self.take(&["length"]).is_some() {
                return Ok(self.atom()?.len().to_string());
            }
            if self.take(&["match"]).is_some() {
                let text = self.atom()?;
                let pattern = self.atom()?;
                return matched(&text, &pattern);
            }
            if self.take(&["substr"]).is_some() {
                let text = self.atom()?;
                let from = number(&self.atom()?).unwrap_or(0);
                let length = number(&self.atom()?).unwrap_or(0);
                if from < 1 || length < 1 {
                    return Ok(String::new());
                }
                return Ok(text.chars().skip(from as usize - 1).take(length as usize).collect());
            }
            if self.take(&["index"]).is_some() {
                let text = self.atom()?;
                let set = self.atom()?;
                return Ok(text.find(|c| set.contains(c)).map_or(0, |i| i + 1).to_string());
            }
            self.take(&[if self.gnu { "+" } else { "quote" }]);
        }
        if !self.gnu && self.take(&["+"]).is_some() {
            return Err("syntax error".to_owned());
        }
        let word = self.args.get(self.at).ok_or_else(|| "syntax error".to_owned())?.to_string();
        self.at += 1;
        Ok(word)
    }
}

fn matched(text: &str, pattern: &str) -> Value {
    let regex = Regex::new(format!("^{}", pattern.strip_prefix('^').unwrap_or(pattern)).as_bytes(), Syntax::default()).map_err(ToOwned::to_owned)?;
    let found = regex.find_at(text.as_bytes(), 0);
    Ok(if regex.groups() > 0 {
        found.and_then(|c| c.get(1).copied().flatten()).map(|(a, b)| lossy(text.as_bytes().get(a..b).unwrap_or_default())).unwrap_or_default()
    } else {
        found.and_then(|c| c.first().copied().flatten()).map_or(0, |(a, b)| b - a).to_string()
    })
}

/// The program.
pub fn main(io: &mut Io<'_>) -> Run {
    let args = io.args.clone();
    if args.is_empty() {
        if !io.gnu() {
            return io.fail(2, "too few arguments");
        }
        io.err("missing operand");
        return io.usage(2);
    }
    let mut parser = Parser { args: &args, at: 0, gnu: io.gnu() };
    let value = parser.any().and_then(|v| if parser.at < args.len() { Err("syntax error".to_owned()) } else { Ok(v) });
    match value {
        Ok(value) => {
            io.outln(&value);
            Ok(i32::from(!truth(&value)))
        }
        Err(text) => io.fail(2, text),
    }
}
