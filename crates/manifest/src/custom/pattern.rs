//! Regular expressions of schemas: the part of Go's syntax that manifests use. What is not understood, or
//! takes too many steps, is not judged.

/// How many steps one match may take.
const BUDGET: u32 = 200_000;

/// Whether a pattern is found in a text; `None` where that cannot be told.
pub(super) fn matches(pattern: &str, text: &str) -> Option<bool> {
    let mut parser = Parser { rest: pattern.chars().collect(), at: 0, depth: 0 };
    let program = parser.alternatives()?;
    if parser.at < parser.rest.len() {
        return None;
    }
    let text: Vec<char> = text.chars().collect();
    let mut budget = BUDGET;
    for start in 0..=text.len() {
        if (Matcher { text: &text, budget: &mut budget }).any(&program, start, &mut |_, _| true) {
            return Some(true);
        }
        if budget == 0 {
            return None;
        }
    }
    Some(false)
}

enum Item {
    Any,
    Start,
    End,
    Boundary(bool),
    /// Ranges of characters; `true` for those that are not in them.
    Set(Vec<(char, char)>, bool),
    Group(Vec<Vec<Item>>),
    Repeat(Box<Item>, usize, usize),
}

struct Parser {
    rest: Vec<char>,
    at: usize,
    depth: usize,
}

impl Parser {
    fn peek(&self) -> Option<char> {
        self.rest.get(self.at).copied()
    }
    fn take(&mut self) -> Option<char> {
        self.at += 1;
        self.rest.get(self.at - 1).copied()
    }
    fn eat(&mut self, c: char) -> bool {
        let is = self.peek() == Some(c);
        self.at += usize::from(is);
        is
    }

    fn alternatives(&mut self) -> Option<Vec<Vec<Item>>> {
        self.depth += 1;
        if self.depth > 50 {
            return None;
        }
        let mut all = vec![Vec::new()];
        while let Some(c) = self.peek().filter(|c| *c != ')') {
            if c == '|' {
                self.at += 1;
                all.push(Vec::new());
            } else {
                let item = self.item()?;
                let item = self.repeated(item)?;
                all.last_mut()?.push(item);
            }
        }
        self.depth -= 1;
        Some(all)
    }

    fn item(&mut self) -> Option<Item> {
        Some(match self.take()? {
            '.' => Item::Any,
            '^' => Item::Start,
            '$' => Item::End,
            '(' => {
                if self.eat('?') {
                    // Groups without a number, or with a name; flags and the like are not known.
                    match self.take()? {
                        ':' => {}
                        'P' | '<' => while self.take()? != '>' {},
                        _ => return None,
                    }
                }
                let all = self.alternatives()?;
                self.eat(')').then_some(Item::Group(all))?
            }
            '[' => self.set()?,
            '\\' => match self.take()? {
                'A' => Item::Start,
                'z' => Item::End,
                'b' => Item::Boundary(true),
                'B' => Item::Boundary(false),
                c => {
                    let (ranges, not) = escaped(c)?;
                    Item::Set(ranges, not)
                }
            },
            '*' | '+' | '?' => return None,
            c => Item::Set(vec![(c, c)], false),
        })
    }

    fn repeated(&mut self, mut item: Item) -> Option<Item> {
        loop {
            let (low, high) = match self.peek() {
                Some('*') => (0, usize::MAX),
                Some('+') => (1, usize::MAX),
                Some('?') => (0, 1),
                Some('{') if self.rest.get(self.at + 1).is_some_and(char::is_ascii_digit) => {
                    let end = self.rest.iter().skip(self.at).position(|c| *c == '}')?;
                    let inner: String = self.rest.get(self.at + 1..self.at + end)?.iter().collect();
                    self.at += end;
                    match inner.split_once(',') {
                        None => (inner.parse().ok()?, inner.parse().ok()?),
                        Some((a, "")) => (a.parse().ok()?, usize::MAX),
                        Some((a, b)) => (a.parse().ok()?, b.parse().ok()?),
                    }
                }
                _ => return Some(item),
            };
            self.at += 1;
            // Whether it is greedy does not matter to whether it matches.
            self.eat('?');
            item = Item::Repeat(Box::new(item), low, high);
        }
    }

    fn set(&mut self) -> Option<Item> {
        let not = self.eat('^');
        let mut ranges = Vec::new();
        let mut first = true;
        loop {
            let c = self.take()?;
            match c {
                ']' if !first => return Some(Item::Set(ranges, not)),
                '[' if self.peek() == Some(':') => {
                    let end = self.rest.iter().skip(self.at).position(|c| *c == ']')?;
                    let name: String = self.rest.get(self.at + 1..(self.at + end).checked_sub(1)?)?.iter().collect();
                    self.at += end + 1;
                    ranges.extend(class(&name)?);
                }
                c => {
                    let (low, inverted) = if c == '\\' { escaped(self.take()?)? } else { (vec![(c, c)], false) };
                    if inverted {
                        return None;
                    }
                    match low.as_slice() {
                        [(a, b)] if a == b && self.peek() == Some('-') && self.rest.get(self.at + 1).is_some_and(|n| *n != ']') => {
                            self.at += 1;
                            let high = match self.take()? {
                                '\\' => escaped(self.take()?)?.0.first()?.0,
                                c => c,
                            };
                            ranges.push((*a, high));
                        }
                        all => ranges.extend_from_slice(all),
                    }
                }
            }
            first = false;
        }
    }
}

fn class(name: &str) -> Option<Vec<(char, char)>> {
    Some(match name {
        "alpha" => vec![('a', 'z'), ('A', 'Z')],
        "digit" => vec![('0', '9')],
        "alnum" => vec![('a', 'z'), ('A', 'Z'), ('0', '9')],
        "lower" => vec![('a', 'z')],
        "upper" => vec![('A', 'Z')],
        "space" => vec![('\t', '\r'), (' ', ' ')],
        "xdigit" => vec![('0', '9'), ('a', 'f'), ('A', 'F')],
        "word" => vec![('a', 'z'), ('A', 'Z'), ('0', '9'), ('_', '_')],
        "punct" => vec![('!', '/'), (':', '@'), ('[', '`'), ('{', '~')],
        _ => return None,
    })
}

/// What a letter after a backslash stands for, and whether for everything else.
fn escaped(c: char) -> Option<(Vec<(char, char)>, bool)> {
    let one = |c| vec![(c, c)];
    Some(match c {
        'd' | 'D' => (class("digit")?, c == 'D'),
        'w' | 'W' => (class("word")?, c == 'W'),
        's' | 'S' => (vec![('\t', '\n'), ('\u{c}', '\r'), (' ', ' ')], c == 'S'),
        'n' => (one('\n'), false),
        't' => (one('\t'), false),
        'r' => (one('\r'), false),
        'f' => (one('\u{c}'), false),
        'v' => (one('\u{b}'), false),
        c if c.is_ascii_alphanumeric() => return None,
        c => (one(c), false),
    })
}

struct Matcher<'a> {
    text: &'a [char],
    budget: &'a mut u32,
}

type Then<'t> = &'t mut dyn FnMut(&mut Matcher<'_>, usize) -> bool;

impl Matcher<'_> {
    fn any(&mut self, all: &[Vec<Item>], at: usize, then: Then<'_>) -> bool {
        all.iter().any(|items| self.all(items, at, then))
    }

    fn all(&mut self, items: &[Item], at: usize, then: Then<'_>) -> bool {
        if *self.budget == 0 {
            return false;
        }
        *self.budget -= 1;
        match items.split_first() {
            None => then(self, at),
            Some((first, rest)) => self.one(first, at, &mut |m, at| m.all(rest, at, then)),
        }
    }

    fn one(&mut self, item: &Item, at: usize, then: Then<'_>) -> bool {
        let word = |i: usize| self.text.get(i).is_some_and(|c| c.is_ascii_alphanumeric() || *c == '_');
        let here = self.text.get(at).copied();
        match item {
            Item::Start => at == 0 && then(self, at),
            Item::End => at == self.text.len() && then(self, at),
            Item::Boundary(is) => ((at > 0 && word(at - 1)) != word(at)) == *is && then(self, at),
            Item::Any => here.is_some_and(|c| c != '\n') && then(self, at + 1),
            Item::Set(ranges, not) => here.is_some_and(|c| ranges.iter().any(|(a, b)| (*a..=*b).contains(&c)) != *not) && then(self, at + 1),
            Item::Group(all) => self.any(all, at, then),
            Item::Repeat(item, low, high) => self.repeat(item, *low, *high, at, then),
        }
    }

    fn repeat(&mut self, item: &Item, low: usize, high: usize, at: usize, then: Then<'_>) -> bool {
        if *self.budget == 0 {
            return false;
        }
        *self.budget -= 1;
        // A single character needs no stack: how far it goes, then back.
        if matches!(item, Item::Any | Item::Set(..)) {
            let mut end = at;
            while end - at < high && self.one(item, end, &mut |_, _| true) {
                end += 1;
            }
            return (at + low..=end).rev().any(|to| then(self, to));
        }
        if high > 0
            && self.depth_left(at)
            && self.one(item, at, &mut |m, next| (next > at || low > 0) && m.repeat(item, low.saturating_sub(1), high - 1, next, then))
        {
            return true;
        }
        low == 0 && then(self, at)
    }

    /// Groups in groups are followed on the stack: texts longer than this are not judged.
    fn depth_left(&mut self, at: usize) -> bool {
        if at > 2_000 {
            *self.budget = 0;
        }
        *self.budget > 0
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[track_caller]
    fn check(pattern: &str, yes: &[&str], no: &[&str]) {
        for t in yes {
            assert_eq!(matches(pattern, t), Some(true), "{pattern} {t:?}");
        }
        for t in no {
            assert_eq!(matches(pattern, t), Some(false), "{pattern} {t:?}");
        }
    }

    #[test]
    fn patterns_of_schemas_are_understood() {
        check("^a$", &["a"], &["b", "aa", ""]);
        check("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", &["a", "a-b", "a1"], &["-a", "A", "a-"]);
        check(r"^\d{3}-\d{2,}$", &["123-45", "123-4567"], &["12-45", "123-4"]);
        check("b+c?|x", &["abc", "bb", "x"], &["ac", ""]);
        check(r"^(\d+|a(b|c)*)\.[^.]+$", &["12.x", "abcb.y"], &["12.", "ad.x"]);
        check("^(?:[[:alpha:]_]+)$", &["a_B"], &["a1", ""]);
        check(r"^v[0-9]+((alpha|beta)[0-9]+)?$", &["v1", "v2beta3"], &["v", "v1gamma1"]);
    }

    #[test]
    fn what_is_not_understood_is_not_judged() {
        for p in ["(?i)a", "a**?*(", "[a", r"\p{Greek}", "(a"] {
            assert_ne!(matches(p, "b"), Some(true), "{p}");
        }
        assert_eq!(matches(r"\p{Greek}", "b"), None);
        assert_eq!(matches("^(a+)+$", &("a".repeat(40) + "b")), None);
    }
}
