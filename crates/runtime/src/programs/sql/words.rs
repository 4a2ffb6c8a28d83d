//! Words of SQL.

/// A word of a statement.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Word {
    /// A name or keyword, as written; whether it was quoted.
    Name(String, bool),
    /// A text in quotes.
    Text(String),
    /// A number.
    Number(String),
    /// A sign: `(`, `,`, `=`, `<>`, …
    Sign(String),
}

/// Splits a text into statements at semicolons outside of quotes; comments go away.
pub(in super::super) fn statements(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut statement = String::new();
    let mut quote: Option<char> = None;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some(q), c) => {
                statement.push(c);
                if c == q {
                    quote = None;
                }
            }
            (None, '\'' | '"' | '`') => {
                quote = Some(c);
                statement.push(c);
            }
            (None, '-') if chars.peek() == Some(&'-') => {
                while chars.peek().is_some_and(|c| *c != '\n') {
                    chars.next();
                }
            }
            (None, ';') => out.push(std::mem::take(&mut statement)),
            (None, c) => statement.push(c),
        }
    }
    out.push(statement);
    out.iter().map(|s| s.trim().to_owned()).filter(|s| !s.is_empty()).collect()
}

/// The words of a statement.
pub(super) fn words(text: &str) -> Vec<Word> {
    let mut out = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            c if c.is_whitespace() => {}
            '\'' => {
                let mut value = String::new();
                while let Some(c) = chars.next() {
                    if c == '\'' && chars.next_if_eq(&'\'').is_none() {
                        break;
                    }
                    value.push(c);
                }
                out.push(Word::Text(value));
            }
            '"' | '`' => out.push(Word::Name(chars.by_ref().take_while(|x| *x != c).collect(), true)),
            c if c.is_ascii_digit() || c == '-' && chars.peek().is_some_and(char::is_ascii_digit) => {
                let mut value = String::from(c);
                while let Some(c) = chars.next_if(|c| c.is_ascii_digit() || *c == '.') {
                    value.push(c);
                }
                out.push(Word::Number(value));
            }
            c if c.is_alphabetic() || matches!(c, '_' | '@' | '\\' | '$') => {
                let mut value = String::from(c);
                while let Some(c) = chars.next_if(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '@' | '$')) {
                    value.push(c);
                }
                out.push(Word::Name(value, false));
            }
            '<' | '>' | '!' => {
                let mut value = String::from(c);
                if let Some(c) = chars.next_if(|c| matches!(c, '=' | '>')) {
                    value.push(c);
                }
                out.push(Word::Sign(value));
            }
            c => out.push(Word::Sign(c.to_string())),
        }
    }
    out
}
