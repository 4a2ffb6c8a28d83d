//! Shell patterns: `*`, `?`, `[…]`; a backslash makes the next character literal.

/// Whether a pattern matches a whole text.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    matches_chars(&pattern, &text)
}

pub(crate) fn matches_chars(pattern: &[char], text: &[char]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    loop {
        if pattern.get(p) == Some(&'*') {
            star = Some((p + 1, t));
            p += 1;
            continue;
        }
        let next = match (pattern.get(p), text.get(t)) {
            (None, None) => return true,
            (Some(_), Some(c)) => one(pattern, p, *c),
            _ => None,
        };
        if let Some(next) = next {
            p = next;
            t += 1;
            continue;
        }
        match star {
            Some((after, from)) if from < text.len() => {
                star = Some((after, from + 1));
                p = after;
                t = from + 1;
            }
            _ => return false,
        }
    }
}

/// Matches one character: the place in the pattern after it.
fn one(pattern: &[char], p: usize, c: char) -> Option<usize> {
    match pattern.get(p)? {
        '?' => Some(p + 1),
        '\\' => match pattern.get(p + 1) {
            Some(x) => (*x == c).then_some(p + 2),
            None => (c == '\\').then_some(p + 1),
        },
        '[' => match set(pattern, p, c) {
            Some((true, next)) => Some(next),
            Some((false, _)) => None,
            None => (c == '[').then_some(p + 1),
        },
        x => (*x == c).then_some(p + 1),
    }
}

/// A bracket expression: whether it matches, and where it ends; `None` where it is none.
fn set(pattern: &[char], p: usize, c: char) -> Option<(bool, usize)> {
    let mut i = p + 1;
    let negated = matches!(pattern.get(i), Some('!' | '^'));
    if negated {
        i += 1;
    }
    let first = i;
    let mut hit = false;
    loop {
        let mut x = *pattern.get(i)?;
        if x == ']' && i > first {
            return Some((hit != negated, i + 1));
        }
        if x == '[' && pattern.get(i + 1) == Some(&':') {
            let end = (i + 2..pattern.len()).find(|j| pattern.get(*j) == Some(&':') && pattern.get(*j + 1) == Some(&']'));
            if let Some(end) = end {
                let name: String = pattern.get(i + 2..end)?.iter().collect();
                hit |= class(&name, c);
                i = end + 2;
                continue;
            }
        }
        if x == '\\' {
            i += 1;
            x = *pattern.get(i)?;
        }
        let range = pattern.get(i + 1) == Some(&'-') && pattern.get(i + 2).is_some_and(|e| *e != ']');
        if range {
            let mut end = *pattern.get(i + 2)?;
            let mut length = 3;
            if end == '\\' {
                end = *pattern.get(i + 3)?;
                length = 4;
            }
            hit |= (x..=end).contains(&c);
            i += length;
        } else {
            hit |= x == c;
            i += 1;
        }
    }
}

fn class(name: &str, c: char) -> bool {
    match name {
        "alpha" => c.is_ascii_alphabetic(),
        "digit" => c.is_ascii_digit(),
        "alnum" => c.is_ascii_alphanumeric(),
        "upper" => c.is_ascii_uppercase(),
        "lower" => c.is_ascii_lowercase(),
        "space" => c.is_ascii_whitespace() || c == '\u{b}',
        "blank" => c == ' ' || c == '\t',
        "punct" => c.is_ascii_punctuation(),
        "print" => !c.is_control(),
        "graph" => !c.is_control() && c != ' ',
        "cntrl" => c.is_control(),
        "xdigit" => c.is_ascii_hexdigit(),
        _ => false,
    }
}

/// Whether a text would be looked for among file names.
pub(crate) fn is_pattern(text: &str) -> bool {
    let mut escaped = false;
    for c in text.chars() {
        if escaped {
            escaped = false;
            continue;
        }
        match c {
            '\\' => escaped = true,
            '*' | '?' | '[' => return true,
            _ => {}
        }
    }
    false
}

/// Makes every character literal.
pub(crate) fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        if matches!(c, '*' | '?' | '[' | ']' | '\\' | '-' | '!' | '^') {
            out.push('\\');
        }
        out.push(c);
    }
}

/// The text of a pattern without its backslashes.
pub(crate) fn unescape(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len());
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        if c == '\\' { out.extend(chars.next()) } else { out.push(c) }
    }
    out
}
