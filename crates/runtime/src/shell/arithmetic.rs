//! `$((…))`: 64-bit numbers, C's operators, assignments.

use std::rc::Rc;

/// How deep expressions (and values that are expressions) may be nested.
const MAX_DEPTH: u32 = 60;

/// Where variables come from and go to.
pub(crate) trait Variables {
    /// A variable's text; `Err` where it must be set and is not.
    fn get(&mut self, name: &str) -> Result<Option<Rc<str>>, String>;
    fn set(&mut self, name: &str, value: i64) -> Result<(), String>;
}

/// Evaluates an expression; the error is what the shell prints.
pub(crate) fn evaluate(text: &str, variables: &mut dyn Variables) -> Result<i64, String> {
    nested(text, variables, 0)
}

fn nested(text: &str, variables: &mut dyn Variables, depth: u32) -> Result<i64, String> {
    if depth > MAX_DEPTH {
        return Err("expression recursion loop detected".to_owned());
    }
    let mut p = Parser { text: text.as_bytes(), at: 0, variables, depth, dry: 0 };
    p.spaces();
    if p.at >= p.text.len() {
        return Ok(0);
    }
    let value = p.comma()?;
    p.spaces();
    if p.at < p.text.len() { Err(p.wrong()) } else { Ok(value) }
}

struct Parser<'a, 'v> {
    text: &'a [u8],
    at: usize,
    variables: &'v mut dyn Variables,
    depth: u32,
    /// Within a branch that is not taken: nothing is assigned.
    dry: u32,
}

type Value = Result<i64, String>;

impl Parser<'_, '_> {
    #[expect(clippy::unused_self, reason = "reads as the parser's own answer")]
    fn wrong(&self) -> String {
        "arithmetic syntax error".to_owned()
    }
    fn spaces(&mut self) {
        while self.text.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
    }
    fn rest(&self) -> &[u8] {
        self.text.get(self.at..).unwrap_or_default()
    }
    /// Takes an operator that is not the beginning of one of the others.
    fn eat(&mut self, operator: &str, not: &[&str]) -> bool {
        self.spaces();
        let rest = self.rest();
        if rest.starts_with(operator.as_bytes()) && !not.iter().any(|n| rest.starts_with(n.as_bytes())) {
            self.at += operator.len();
            return true;
        }
        false
    }
    fn comma(&mut self) -> Value {
        let mut value = self.assignment()?;
        while self.eat(",", &[]) {
            value = self.assignment()?;
        }
        Ok(value)
    }
    fn name(&mut self) -> Option<String> {
        self.spaces();
        let rest = self.rest();
        let n = rest.iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
        if n == 0 || rest.first().is_some_and(u8::is_ascii_digit) {
            return None;
        }
        let name = String::from_utf8_lossy(rest.get(..n)?).into_owned();
        self.at += n;
        Some(name)
    }
    fn value_of(&mut self, name: &str) -> Value {
        if self.dry > 0 {
            return Ok(0);
        }
        match self.variables.get(name)? {
            None => Ok(0),
            Some(text) => match text.trim().parse::<i64>() {
                Ok(n) if !(text.trim().len() > 1 && text.trim().trim_start_matches('-').starts_with('0')) => Ok(n),
                _ => nested(&text, self.variables, self.depth + 1),
            },
        }
    }
    fn store(&mut self, name: &str, value: i64) -> Value {
        if self.dry == 0 {
            self.variables.set(name, value)?;
        }
        Ok(value)
    }
    fn assignment(&mut self) -> Value {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err("expression recursion loop detected".to_owned());
        }
        let from = self.at;
        if let Some(name) = self.name() {
            if self.eat("=", &["=="]) {
                let value = self.assignment()?;
                self.depth -= 1;
                return self.store(&name, value);
            }
            for operator in ["+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>="] {
                if self.eat(operator, &[]) {
                    let left = self.value_of(&name)?;
                    let right = self.assignment()?;
                    let value = binary(operator.trim_end_matches('='), left, right, self.dry > 0)?;
                    self.depth -= 1;
                    return self.store(&name, value);
                }
            }
            self.at = from;
        }
        let value = self.conditional();
        self.depth -= 1;
        value
    }
    fn conditional(&mut self) -> Value {
        let test = self.or()?;
        if !self.eat("?", &[]) {
            return Ok(test);
        }
        self.dry += u32::from(test == 0);
        let yes = self.assignment()?;
        self.dry -= u32::from(test == 0);
        if !self.eat(":", &[]) {
            return Err(self.wrong());
        }
        self.dry += u32::from(test != 0);
        let no = self.assignment()?;
        self.dry -= u32::from(test != 0);
        Ok(if test == 0 { no } else { yes })
    }
    fn or(&mut self) -> Value {
        let mut left = self.and()?;
        while self.eat("||", &[]) {
            self.dry += u32::from(left != 0);
            let right = self.and()?;
            self.dry -= u32::from(left != 0);
            left = i64::from(left != 0 || right != 0);
        }
        Ok(left)
    }
    fn and(&mut self) -> Value {
        let mut left = self.level(0)?;
        while self.eat("&&", &[]) {
            self.dry += u32::from(left == 0);
            let right = self.level(0)?;
            self.dry -= u32::from(left == 0);
            left = i64::from(left != 0 && right != 0);
        }
        Ok(left)
    }
    fn level(&mut self, level: usize) -> Value {
        const LEVELS: [&[(&str, &[&str])]; 8] = [
            &[("|", &["||", "|="])],
            &[("^", &["^="])],
            &[("&", &["&&", "&="])],
            &[("==", &[]), ("!=", &[])],
            &[("<=", &[]), (">=", &[]), ("<", &["<<", "<="]), (">", &[">>", ">="])],
            &[("<<", &["<<="]), (">>", &[">>="])],
            &[("+", &["+=", "++"]), ("-", &["-=", "--"])],
            &[("*", &["*=", "**"]), ("/", &["/="]), ("%", &["%="])],
        ];
        let Some(operators) = LEVELS.get(level) else { return self.power() };
        let mut left = self.level(level + 1)?;
        'more: loop {
            for (operator, not) in *operators {
                if self.eat(operator, not) {
                    let right = self.level(level + 1)?;
                    left = binary(operator, left, right, self.dry > 0)?;
                    continue 'more;
                }
            }
            return Ok(left);
        }
    }
    fn power(&mut self) -> Value {
        let base = self.unary()?;
        if !self.eat("**", &[]) {
            return Ok(base);
        }
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.wrong());
        }
        let exponent = self.power()?;
        self.depth -= 1;
        match u32::try_from(exponent) {
            Ok(e) => Ok(base.wrapping_pow(e)),
            Err(_) => Err("exponent less than 0".to_owned()),
        }
    }
    fn unary(&mut self) -> Value {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.wrong());
        }
        let value = self.unary_inner();
        self.depth -= 1;
        value
    }
    fn unary_inner(&mut self) -> Value {
        for (operator, by) in [("++", 1), ("--", -1)] {
            let from = self.at;
            if self.eat(operator, &[]) {
                if let Some(name) = self.name() {
                    let value = self.value_of(&name)?.wrapping_add(by);
                    return self.store(&name, value);
                }
                self.at = from;
            }
        }
        if self.eat("!", &["!="]) {
            return Ok(i64::from(self.unary()? == 0));
        }
        if self.eat("~", &[]) {
            return Ok(!self.unary()?);
        }
        if self.eat("-", &[]) {
            return Ok(self.unary()?.wrapping_neg());
        }
        if self.eat("+", &[]) {
            return self.unary();
        }
        if self.eat("(", &[]) {
            let value = self.comma()?;
            return if self.eat(")", &[]) { Ok(value) } else { Err(self.wrong()) };
        }
        if let Some(name) = self.name() {
            for (operator, by) in [("++", 1), ("--", -1)] {
                if self.eat(operator, &[]) {
                    let value = self.value_of(&name)?;
                    self.store(&name, value.wrapping_add(by))?;
                    return Ok(value);
                }
            }
            return self.value_of(&name);
        }
        self.number()
    }
    fn number(&mut self) -> Value {
        self.spaces();
        let rest = self.rest();
        let n = rest.iter().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'#' | b'_' | b'@')).count();
        let text = String::from_utf8_lossy(rest.get(..n).unwrap_or_default()).into_owned();
        if n == 0 {
            return Err(self.wrong());
        }
        let value = if let Some((base, digits)) = text.split_once('#') {
            base.parse::<u32>().ok().filter(|b| (2..=36).contains(b)).and_then(|b| i64::from_str_radix(digits, b).ok())
        } else if let Some(hex) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
            digits_wrap(hex, 16)
        } else if text.len() > 1 && text.starts_with('0') {
            digits_wrap(&text, 8)
        } else if text.bytes().all(|b| b.is_ascii_digit()) {
            digits_wrap(&text, 10)
        } else {
            None
        };
        self.at += n;
        value.ok_or_else(|| self.wrong())
    }
}

/// A number in a base; one that has no place in 64 bits is 0.
fn digits_wrap(digits: &str, base: u32) -> Option<i64> {
    if digits.is_empty() || !digits.chars().all(|c| c.is_digit(base)) {
        return None;
    }
    Some(u64::from_str_radix(digits, base).map_or(0, |v| v as i64))
}

fn binary(operator: &str, a: i64, b: i64, dry: bool) -> Value {
    Ok(match operator {
        "|" => a | b,
        "^" => a ^ b,
        "&" => a & b,
        "==" => i64::from(a == b),
        "!=" => i64::from(a != b),
        "<=" => i64::from(a <= b),
        ">=" => i64::from(a >= b),
        "<" => i64::from(a < b),
        ">" => i64::from(a > b),
        "<<" => a.wrapping_shl(b as u32),
        ">>" => a.wrapping_shr(b as u32),
        "+" => a.wrapping_add(b),
        "-" => a.wrapping_sub(b),
        "*" => a.wrapping_mul(b),
        _ if b == 0 && dry => 0,
        _ if b == 0 => return Err("divide by zero".to_owned()),
        "/" => a.wrapping_div(b),
        _ => a.wrapping_rem(b),
    })
}
