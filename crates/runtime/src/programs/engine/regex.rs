//! POSIX regular expressions, basic and extended, with the GNU escapes that scripts use.
//!
//! A small backtracking machine over bytes. It remembers the states that failed, so it is linear in
//! the text for every pattern without back references; those have a step limit instead. Where a
//! pattern has alternatives the longest match wins, as POSIX asks.

/// Which of the two languages a pattern is written in, and how it is compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Syntax {
    /// ERE (`grep -E`, `sed -E`, awk) instead of BRE.
    pub extended: bool,
    /// Letters match both cases.
    pub ignore_case: bool,
}

/// What a pattern matched: offsets of the whole and of each group.
pub type Captures = Vec<Option<(usize, usize)>>;

/// Steps after which a pattern with back references gives up.
const STEP_LIMIT: usize = 2_000_000;
/// Instructions after which a pattern is too big.
const SIZE_LIMIT: usize = 60_000;

type Class = [u64; 4];

#[derive(Clone, Debug)]
enum Inst {
    Byte(u8),
    Any,
    Class(Box<Class>),
    Split(usize, usize),
    Jump(usize),
    Save(usize),
    LineStart,
    LineEnd,
    WordBoundary(bool),
    WordStart,
    WordEnd,
    Back(usize),
    Match,
}

#[derive(Clone, Debug)]
enum Node {
    Empty,
    Byte(u8),
    Any,
    Class(Box<Class>),
    Group(usize, Box<Node>),
    Concat(Vec<Node>),
    Alternate(Vec<Node>),
    Repeat(Box<Node>, u32, Option<u32>),
    Assert(Inst),
    Back(usize),
}

/// A compiled pattern.
#[derive(Clone, Debug)]
pub struct Regex {
    program: Vec<Inst>,
    groups: usize,
    ignore_case: bool,
    back_references: bool,
    longest: bool,
}

struct Parser<'a> {
    text: &'a [u8],
    at: usize,
    extended: bool,
    groups: usize,
    open: usize,
    back: bool,
    alternatives: bool,
}

fn word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn set(class: &mut Class, byte: u8) {
    class[usize::from(byte >> 6)] |= 1 << (byte & 63);
}

fn has(class: &Class, byte: u8) -> bool {
    class[usize::from(byte >> 6)] >> (byte & 63) & 1 == 1
}

/// The bytes of a class name such as `alpha`.
pub(crate) fn named_class(name: &[u8]) -> Option<fn(u8) -> bool> {
    Some(match name {
        b"alpha" => |b| b.is_ascii_alphabetic(),
        b"digit" => |b| b.is_ascii_digit(),
        b"alnum" => |b| b.is_ascii_alphanumeric(),
        b"upper" => |b| b.is_ascii_uppercase(),
        b"lower" => |b| b.is_ascii_lowercase(),
        b"space" => |b| b.is_ascii_whitespace() || b == 0x0b,
        b"blank" => |b| b == b' ' || b == b'\t',
        b"punct" => |b| b.is_ascii_punctuation(),
        b"print" => |b| (32..127).contains(&b),
        b"graph" => |b| (33..127).contains(&b),
        b"cntrl" => |b| b.is_ascii_control(),
        b"xdigit" => |b| b.is_ascii_hexdigit(),
        _ => return None,
    })
}

fn class_of(test: impl Fn(u8) -> bool) -> Node {
    let mut class = [0; 4];
    for byte in 0..=255 {
        if test(byte) {
            set(&mut class, byte);
        }
    }
    Node::Class(Box::new(class))
}

impl Parser<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn looking_at(&self, what: &[u8]) -> bool {
        self.text.get(self.at..).is_some_and(|rest| rest.starts_with(what))
    }

    fn alternate(&mut self) -> Result<Node, &'static str> {
        let mut branches = vec![self.concat()?];
        let bar: &[u8] = if self.extended { b"|" } else { b"\\|" };
        while self.looking_at(bar) {
            self.at += bar.len();
            branches.push(self.concat()?);
        }
        if branches.len() == 1 {
            return Ok(branches.pop().unwrap_or(Node::Empty));
        }
        self.alternatives = true;
        Ok(Node::Alternate(branches))
    }

    fn concat(&mut self) -> Result<Node, &'static str> {
        let mut items: Vec<Node> = Vec::new();
        let mut start = true;
        while let Some(byte) = self.peek() {
            let ends = if self.extended {
                byte == b'|' || (byte == b')' && self.open > 0)
            } else {
                self.looking_at(b"\\|") || (self.looking_at(b"\\)") && self.open > 0)
            };
            if ends {
                break;
            }
            let node = self.atom(byte, start)?;
            let anchor = matches!(node, Node::Assert(Inst::LineStart));
            start = start && anchor;
            let node = self.repeats(node, anchor && !self.extended)?;
            items.push(node);
        }
        Ok(match items.len() {
            0 => Node::Empty,
            1 => items.pop().unwrap_or(Node::Empty),
            _ => Node::Concat(items),
        })
    }

    fn repeats(&mut self, mut node: Node, never: bool) -> Result<Node, &'static str> {
        loop {
            let Some(byte) = self.peek() else { return Ok(node) };
            if byte == b'*' && !never {
                self.at += 1;
                node = Node::Repeat(Box::new(node), 0, None);
                continue;
            }
            let (plus, question, brace) = if self.extended {
                (byte == b'+', byte == b'?', byte == b'{')
            } else {
                (self.looking_at(b"\\+"), self.looking_at(b"\\?"), self.looking_at(b"\\{"))
            };
            let width = if self.extended { 1 } else { 2 };
            if plus || question {
                self.at += width;
                node = Node::Repeat(Box::new(node), u32::from(plus), if plus { None } else { Some(1) });
                continue;
            }
            if brace {
                let before = self.at;
                self.at += width;
                match self.interval()? {
                    Some((low, high)) => {
                        node = Node::Repeat(Box::new(node), low, high);
                        continue;
                    }
                    None => {
                        self.at = before;
                        return Ok(node);
                    }
                }
            }
            return Ok(node);
        }
    }

    fn number(&mut self) -> Option<u32> {
        let from = self.at;
        while self.peek().is_some_and(|b| b.is_ascii_digit()) {
            self.at += 1;
        }
        std::str::from_utf8(self.text.get(from..self.at)?).ok()?.parse().ok()
    }

    fn interval(&mut self) -> Result<Option<(u32, Option<u32>)>, &'static str> {
        let low = self.number();
        let high = if self.peek() == Some(b',') {
            self.at += 1;
            self.number()
        } else if low.is_some() {
            low
        } else {
            return if self.extended { Ok(None) } else { Err("Invalid preceding regular expression") };
        };
        let close: &[u8] = if self.extended { b"}" } else { b"\\}" };
        if !self.looking_at(close) {
            return if self.extended { Ok(None) } else { Err("Unmatched \\{") };
        }
        self.at += close.len();
        let low = low.unwrap_or(0);
        if high.is_some_and(|h| h < low) || low > 1000 || high.is_some_and(|h| h > 1000) {
            return Err("Invalid content of \\{\\}");
        }
        Ok(Some((low, high)))
    }

    fn group(&mut self, close: &[u8]) -> Result<Node, &'static str> {
        self.groups += 1;
        let number = self.groups;
        self.open += 1;
        let inner = self.alternate()?;
        if !self.looking_at(close) {
            return Err("Unmatched ( or \\(");
        }
        self.at += close.len();
        self.open -= 1;
        Ok(Node::Group(number, Box::new(inner)))
    }

    fn atom(&mut self, byte: u8, start: bool) -> Result<Node, &'static str> {
        self.at += 1;
        match byte {
            b'.' => Ok(Node::Any),
            b'[' => self.bracket(),
            b'\\' => self.escape(),
            b'(' if self.extended => self.group(b")"),
            b'^' if self.extended || start || self.after_group_open() => Ok(Node::Assert(Inst::LineStart)),
            b'$' if self.extended || self.at_branch_end() => Ok(Node::Assert(Inst::LineEnd)),
            b'*' if self.extended && start => Ok(Node::Byte(b'*')),
            b'+' | b'?' if self.extended && start => Err("Invalid preceding regular expression"),
            _ => Ok(Node::Byte(byte)),
        }
    }

    fn after_group_open(&self) -> bool {
        let before = self.text.get(..self.at.saturating_sub(1)).unwrap_or_default();
        before.ends_with(b"\\(") || before.ends_with(b"\\|")
    }

    fn at_branch_end(&self) -> bool {
        self.at >= self.text.len() || self.looking_at(b"\\)") || self.looking_at(b"\\|")
    }

    fn escape(&mut self) -> Result<Node, &'static str> {
        let Some(byte) = self.peek() else { return Err("Trailing backslash") };
        self.at += 1;
        Ok(match byte {
            b'(' if !self.extended => return self.group(b"\\)"),
            b')' if !self.extended => return Err("Unmatched ( or \\("),
            b'{' if !self.extended => return Err("Invalid preceding regular expression"),
            b'1'..=b'9' => {
                let number = usize::from(byte - b'0');
                if number > self.groups {
                    return Err("Invalid back reference");
                }
                self.back = true;
                Node::Back(number)
            }
            b'w' => class_of(word),
            b'W' => class_of(|b| !word(b)),
            b's' => class_of(|b| b.is_ascii_whitespace() || b == 0x0b),
            b'S' => class_of(|b| !(b.is_ascii_whitespace() || b == 0x0b)),
            b'b' => Node::Assert(Inst::WordBoundary(true)),
            b'B' => Node::Assert(Inst::WordBoundary(false)),
            b'<' => Node::Assert(Inst::WordStart),
            b'>' => Node::Assert(Inst::WordEnd),
            b'`' => Node::Assert(Inst::LineStart),
            b'\'' => Node::Assert(Inst::LineEnd),
            other => Node::Byte(other),
        })
    }

    fn bracket(&mut self) -> Result<Node, &'static str> {
        const UNMATCHED: &str = "Unmatched [, [^, [:, [., or [=";
        let mut class: Class = [0; 4];
        let negate = self.peek() == Some(b'^');
        if negate {
            self.at += 1;
        }
        let mut first = true;
        loop {
            let byte = self.peek().ok_or(UNMATCHED)?;
            if byte == b']' && !first {
                self.at += 1;
                break;
            }
            first = false;
            if byte == b'[' && matches!(self.text.get(self.at + 1), Some(b':' | b'.' | b'=')) {
                let kind = self.text.get(self.at + 1).copied().unwrap_or(b':');
                let from = self.at + 2;
                let length = self.text.get(from..).unwrap_or_default().windows(2).position(|w| w == [kind, b']']).ok_or(UNMATCHED)?;
                let name = self.text.get(from..from + length).unwrap_or_default();
                if kind == b':' {
                    let test = named_class(name).ok_or("Invalid character class name")?;
                    for b in 0..=255 {
                        if test(b) {
                            set(&mut class, b);
                        }
                    }
                } else if let [single] = name {
                    set(&mut class, *single);
                } else {
                    return Err("Invalid collation character");
                }
                self.at = from + length + 2;
                continue;
            }
            self.at += 1;
            if self.peek() == Some(b'-') && self.text.get(self.at + 1).is_some_and(|b| *b != b']') {
                let high = self.text.get(self.at + 1).copied().unwrap_or(byte);
                self.at += 2;
                if high < byte {
                    return Err("Invalid range end");
                }
                for b in byte..=high {
                    set(&mut class, b);
                }
            } else {
                set(&mut class, byte);
            }
        }
        if negate {
            for part in &mut class {
                *part = !*part;
            }
        }
        Ok(Node::Class(Box::new(class)))
    }
}

fn compile(node: &Node, out: &mut Vec<Inst>) -> Result<(), &'static str> {
    if out.len() > SIZE_LIMIT {
        return Err("Regular expression too big");
    }
    match node {
        Node::Empty => {}
        Node::Byte(byte) => out.push(Inst::Byte(*byte)),
        Node::Any => out.push(Inst::Any),
        Node::Class(class) => out.push(Inst::Class(class.clone())),
        Node::Assert(inst) => out.push(inst.clone()),
        Node::Back(number) => out.push(Inst::Back(*number)),
        Node::Group(number, inner) => {
            out.push(Inst::Save(number * 2));
            compile(inner, out)?;
            out.push(Inst::Save(number * 2 + 1));
        }
        Node::Concat(items) => {
            for item in items {
                compile(item, out)?;
            }
        }
        Node::Alternate(branches) => {
            let mut ends = Vec::new();
            for (i, branch) in branches.iter().enumerate() {
                if i + 1 < branches.len() {
                    let split = out.len();
                    out.push(Inst::Match);
                    compile(branch, out)?;
                    ends.push(out.len());
                    out.push(Inst::Match);
                    let next = out.len();
                    if let Some(slot) = out.get_mut(split) {
                        *slot = Inst::Split(split + 1, next);
                    }
                } else {
                    compile(branch, out)?;
                }
            }
            let end = out.len();
            for at in ends {
                if let Some(slot) = out.get_mut(at) {
                    *slot = Inst::Jump(end);
                }
            }
        }
        Node::Repeat(inner, low, high) => {
            for _ in 0..*low {
                compile(inner, out)?;
            }
            match high {
                None => {
                    let split = out.len();
                    out.push(Inst::Match);
                    compile(inner, out)?;
                    out.push(Inst::Jump(split));
                    let next = out.len();
                    if let Some(slot) = out.get_mut(split) {
                        *slot = Inst::Split(split + 1, next);
                    }
                }
                Some(high) => {
                    let mut splits = Vec::new();
                    for _ in *low..*high {
                        splits.push(out.len());
                        out.push(Inst::Match);
                        compile(inner, out)?;
                    }
                    let end = out.len();
                    for at in splits {
                        if let Some(slot) = out.get_mut(at) {
                            *slot = Inst::Split(at + 1, end);
                        }
                    }
                }
            }
        }
    }
    Ok(())
}

impl Regex {
    /// Reads a pattern. The error is the C library's text.
    pub fn new(pattern: &[u8], syntax: Syntax) -> Result<Regex, &'static str> {
        let lowered;
        let text = if syntax.ignore_case {
            lowered = pattern.to_ascii_lowercase();
            // Escapes such as `\W` and `\S` differ from their lower-case forms.
            let mut kept = lowered.clone();
            let mut at = 0;
            while at + 1 < pattern.len() {
                if pattern.get(at) == Some(&b'\\') {
                    if let (Some(slot), Some(original)) = (kept.get_mut(at + 1), pattern.get(at + 1)) {
                        *slot = *original;
                    }
                    at += 1;
                }
                at += 1;
            }
            kept
        } else {
            pattern.to_vec()
        };
        let mut parser = Parser { text: &text, at: 0, extended: syntax.extended, groups: 0, open: 0, back: false, alternatives: false };
        let node = parser.alternate()?;
        if parser.at < text.len() {
            return Err("Unmatched ) or \\)");
        }
        let mut program = vec![Inst::Save(0)];
        compile(&node, &mut program)?;
        program.push(Inst::Save(1));
        program.push(Inst::Match);
        Ok(Regex { program, groups: parser.groups, ignore_case: syntax.ignore_case, back_references: parser.back, longest: parser.alternatives })
    }

    /// How many groups the pattern has.
    pub fn groups(&self) -> usize {
        self.groups
    }

    /// Whether the pattern matches somewhere.
    pub fn is_match(&self, text: &[u8]) -> bool {
        self.find_at(text, 0).is_some()
    }

    /// The leftmost match at or after `start`; `^` only matches at offset 0.
    pub fn find_at(&self, text: &[u8], start: usize) -> Option<Captures> {
        self.find_behind(text, start, 0)
    }
    /// The same, but what stands before `start` is no part of a word: it is not looked at.
    pub fn find_rest(&self, text: &[u8], start: usize) -> Option<Captures> {
        self.find_behind(text, start, start)
    }
    fn find_behind(&self, text: &[u8], start: usize, floor: usize) -> Option<Captures> {
        let mut memo = if self.back_references { Vec::new() } else { vec![0u64; (self.program.len() * (text.len() + 1)).div_ceil(64)] };
        let first = match self.program.iter().find(|i| !matches!(i, Inst::Save(_))) {
            Some(Inst::Byte(byte)) if !self.ignore_case => Some(*byte),
            _ => None,
        };
        let mut steps = 0;
        let mut from = start;
        while from <= text.len() {
            if let Some(byte) = first {
                let skip = text.get(from..)?.iter().position(|b| *b == byte)?;
                from += skip;
            }
            if let Some(found) = self.run(text, (from, floor), &mut memo, &mut steps) {
                return Some(found);
            }
            from += 1;
        }
        None
    }

    fn run(&self, text: &[u8], (from, floor): (usize, usize), memo: &mut [u64], steps: &mut usize) -> Option<Captures> {
        enum Back {
            Try(usize, usize),
            Restore(usize, Option<usize>),
        }
        let mut slots: Vec<Option<usize>> = vec![None; (self.groups + 1) * 2];
        let mut best: Option<Vec<Option<usize>>> = None;
        let mut stack = vec![Back::Try(0, from)];
        while let Some(back) = stack.pop() {
            let (mut pc, mut at) = match back {
                Back::Restore(slot, value) => {
                    if let Some(place) = slots.get_mut(slot) {
                        *place = value;
                    }
                    continue;
                }
                Back::Try(pc, at) => (pc, at),
            };
            loop {
                if self.back_references {
                    *steps += 1;
                    if *steps > STEP_LIMIT {
                        return best.as_deref().map(pairs);
                    }
                } else if matches!(self.program.get(pc), Some(Inst::Split(..) | Inst::Jump(_))) {
                    let key = pc * (text.len() + 1) + at;
                    if let Some(cell) = memo.get_mut(key / 64) {
                        if *cell >> (key % 64) & 1 == 1 {
                            break;
                        }
                        *cell |= 1 << (key % 64);
                    }
                }
                let here = text.get(at).copied().map(|b| if self.ignore_case { b.to_ascii_lowercase() } else { b });
                let before = at.checked_sub(1).filter(|_| at > floor).and_then(|i| text.get(i)).is_some_and(|b| word(*b));
                let after = text.get(at).is_some_and(|b| word(*b));
                let good = match self.program.get(pc) {
                    Some(Inst::Byte(byte)) => {
                        here == Some(*byte) && {
                            at += 1;
                            true
                        }
                    }
                    Some(Inst::Any) => {
                        here.is_some() && {
                            at += 1;
                            true
                        }
                    }
                    Some(Inst::Class(class)) => {
                        let hit = here.is_some_and(|b| has(class, b) || (self.ignore_case && has(class, b.to_ascii_uppercase())));
                        hit && {
                            at += 1;
                            true
                        }
                    }
                    Some(Inst::Split(first, second)) => {
                        stack.push(Back::Try(*second, at));
                        pc = *first;
                        continue;
                    }
                    Some(Inst::Jump(to)) => {
                        pc = *to;
                        continue;
                    }
                    Some(Inst::Save(slot)) => {
                        if let Some(place) = slots.get_mut(*slot) {
                            stack.push(Back::Restore(*slot, *place));
                            *place = Some(at);
                        }
                        true
                    }
                    Some(Inst::LineStart) => at == 0,
                    Some(Inst::LineEnd) => at == text.len(),
                    Some(Inst::WordBoundary(wanted)) => (before != after) == *wanted,
                    Some(Inst::WordStart) => !before && after,
                    Some(Inst::WordEnd) => before && !after,
                    Some(Inst::Back(number)) => match (slots.get(number * 2).copied().flatten(), slots.get(number * 2 + 1).copied().flatten()) {
                        (Some(low), Some(high)) => {
                            let part = text.get(low..high).unwrap_or_default();
                            let rest = text.get(at..at + part.len());
                            let same = rest.is_some_and(|r| if self.ignore_case { r.eq_ignore_ascii_case(part) } else { r == part });
                            same && {
                                at += part.len();
                                true
                            }
                        }
                        _ => false,
                    },
                    Some(Inst::Match) | None => {
                        let end = slots.get(1).copied().flatten().unwrap_or(at);
                        if best.as_ref().is_none_or(|b| b.get(1).copied().flatten().unwrap_or(0) < end) {
                            best = Some(slots.clone());
                        }
                        if !self.longest {
                            return best.as_deref().map(pairs);
                        }
                        false
                    }
                };
                if !good {
                    break;
                }
                pc += 1;
            }
        }
        best.as_deref().map(pairs)
    }
}

fn pairs(slots: &[Option<usize>]) -> Captures {
    slots
        .chunks(2)
        .map(|pair| match pair {
            [Some(low), Some(high)] => Some((*low, *high)),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(extended: bool, pattern: &str, text: &str, expect: Option<&str>) {
        let regex = Regex::new(pattern.as_bytes(), Syntax { extended, ignore_case: false }).unwrap();
        let found = regex.find_at(text.as_bytes(), 0).and_then(|c| c[0]).map(|(a, b)| &text[a..b]);
        assert_eq!(found, expect, "{pattern} on {text}");
    }

    #[test]
    fn both_languages_match_as_posix_says() {
        check(false, "a*b", "xaab", Some("aab"));
        check(false, "*b", "a*b", Some("*b"));
        check(false, "\\(a\\)\\1", "baa", Some("aa"));
        check(false, "o\\{2\\}", "foo", Some("oo"));
        check(false, "a\\|ab", "ab", Some("ab"));
        check(false, "a|b", "a|b", Some("a|b"));
        check(true, "a|ab", "ab", Some("ab"));
        check(true, "^(a1|foo)", "foo.bar", Some("foo"));
        check(true, "[0-9]{2}", "ab12", Some("12"));
        check(true, "(a*)*b", "aaab", Some("aaab"));
        check(true, "x?$", "abc", Some(""));
        check(true, "\\bfoo\\b", "a foo b", Some("foo"));
        check(true, "[[:upper:]]+", "abCDe", Some("CD"));
        check(true, "[]a]+", "x]a", Some("]a"));
        check(true, "^$", "x", None);
        check(true, "a{,2}b", "aaab", Some("aab"));
        check(false, "^*a", "*a", Some("*a"));
    }

    #[test]
    fn bad_patterns_say_why() {
        let error = |extended, text: &str| Regex::new(text.as_bytes(), Syntax { extended, ignore_case: false }).err();
        assert_eq!(error(false, "["), Some("Unmatched [, [^, [:, [., or [="));
        assert_eq!(error(true, "("), Some("Unmatched ( or \\("));
        assert_eq!(error(false, "\\(a"), Some("Unmatched ( or \\("));
        assert_eq!(error(false, "a\\"), Some("Trailing backslash"));
    }

    #[test]
    fn a_nasty_pattern_ends_soon() {
        let regex = Regex::new(b"(a|a)*(a|a)*(a|a)*b", Syntax { extended: true, ignore_case: false }).unwrap();
        assert!(!regex.is_match("a".repeat(3000).as_bytes()));
    }
}
