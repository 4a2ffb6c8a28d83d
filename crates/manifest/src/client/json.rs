//! Streams of JSON objects, with the error texts of Go's `encoding/json`.

use serde_json::Value;

/// A syntax error.
pub(super) struct JsonError {
    /// With the offset in front, as it is shown when reading as YAML fails too.
    pub(super) shown: String,
    /// Without.
    pub(super) plain: String,
}

/// The values of a stream, where they end, and why reading stopped.
pub(super) fn values(text: &str) -> (Vec<Value>, usize, Option<JsonError>) {
    let mut stream = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    let mut values = Vec::new();
    loop {
        let end = stream.byte_offset();
        match stream.next() {
            None => return (values, end, None),
            Some(Ok(v)) => values.push(v),
            Some(Err(_)) => {
                let rest = text.get(end..).unwrap_or_default();
                return (values, end, Some(scan(rest, end)));
            }
        }
    }
}

/// What `json.Unmarshal` says of a text that is no JSON.
pub(super) fn message(text: &str) -> String {
    let e = scan(text, 0);
    // After a whole value only blanks may follow.
    if let Some(what) = e.plain.strip_suffix("looking for beginning of value")
        && serde_json::Deserializer::from_str(text).into_iter::<serde::de::IgnoredAny>().next().is_some_and(|r| r.is_ok())
    {
        return format!("{what}after top-level value");
    }
    if e.plain == "unexpected EOF" { "unexpected end of JSON input".to_owned() } else { e.plain }
}

/// Where Go's scanner stops, and what it says.
fn scan(text: &str, base: usize) -> JsonError {
    let bytes = text.as_bytes();
    let fail = |at: usize, context: &str| {
        let shown = text.get(at..).and_then(|t| t.chars().next());
        let c = match shown {
            Some('\'') => "'\\''".to_owned(),
            Some('"') => "'\"'".to_owned(),
            Some(c) => format!("'{}'", c.escape_debug()),
            None => {
                let plain = "unexpected EOF".to_owned();
                return JsonError { shown: plain.clone(), plain };
            }
        };
        let plain = format!("invalid character {c} {context}");
        JsonError { shown: format!("json: offset {}: {plain}", base + at + 1), plain }
    };
    #[derive(Clone, Copy, PartialEq)]
    enum Want {
        Value,
        ValueOrEnd,
        Key,
        KeyOrEnd,
        Colon,
        CommaObject,
        CommaArray,
    }
    let mut stack: Vec<bool> = Vec::new();
    let mut want = Want::Value;
    let mut i = 0;
    let after = |stack: &[bool]| match stack.last() {
        Some(true) => Want::CommaObject,
        _ => Want::CommaArray,
    };
    while let Some(b) = bytes.get(i).copied() {
        if matches!(b, b' ' | b'\t' | b'\r' | b'\n') {
            i += 1;
            continue;
        }
        match want {
            Want::Value | Want::ValueOrEnd => match b {
                b']' if want == Want::ValueOrEnd => {
                    stack.pop();
                    want = after(&stack);
                    i += 1;
                }
                b'{' => {
                    stack.push(true);
                    want = Want::KeyOrEnd;
                    i += 1;
                }
                b'[' => {
                    stack.push(false);
                    want = Want::ValueOrEnd;
                    i += 1;
                }
                b'"' => match string(bytes, i) {
                    Ok(end) => {
                        i = end;
                        want = after(&stack);
                    }
                    Err((at, context)) => return fail(at, context),
                },
                b't' | b'f' | b'n' => {
                    let word: &[u8] = match b {
                        b't' => b"true",
                        b'f' => b"false",
                        _ => b"null",
                    };
                    for (k, w) in word.iter().enumerate() {
                        if bytes.get(i + k) != Some(w) {
                            let name = String::from_utf8_lossy(word);
                            return fail(i + k, &format!("in literal {name} (expecting '{}')", char::from(*w)));
                        }
                    }
                    i += word.len();
                    want = after(&stack);
                }
                b'-' if !bytes.get(i + 1).is_some_and(u8::is_ascii_digit) => return fail(i + 1, "in numeric literal"),
                b'-' | b'0'..=b'9' => {
                    i += 1;
                    while bytes.get(i).is_some_and(|c| c.is_ascii_digit() || matches!(c, b'.' | b'e' | b'E' | b'+' | b'-')) {
                        i += 1;
                    }
                    want = after(&stack);
                }
                _ => return fail(i, "looking for beginning of value"),
            },
            Want::Key | Want::KeyOrEnd => match b {
                b'}' if want == Want::KeyOrEnd => {
                    stack.pop();
                    want = after(&stack);
                    i += 1;
                }
                b'"' => match string(bytes, i) {
                    Ok(end) => {
                        i = end;
                        want = Want::Colon;
                    }
                    Err((at, context)) => return fail(at, context),
                },
                _ => return fail(i, "looking for beginning of object key string"),
            },
            Want::Colon => {
                if b != b':' {
                    return fail(i, "after object key");
                }
                i += 1;
                want = Want::Value;
            }
            Want::CommaObject => {
                match b {
                    b',' => want = Want::Key,
                    b'}' => {
                        stack.pop();
                        want = after(&stack);
                    }
                    _ => return fail(i, "after object key:value pair"),
                }
                i += 1;
            }
            Want::CommaArray => {
                if stack.is_empty() {
                    return fail(i, "looking for beginning of value");
                }
                match b {
                    b',' => want = Want::Value,
                    b']' => {
                        stack.pop();
                        want = after(&stack);
                    }
                    _ => return fail(i, "after array element"),
                }
                i += 1;
            }
        }
    }
    fail(bytes.len(), "")
}

/// The end of a string, or where it goes wrong.
fn string(bytes: &[u8], start: usize) -> Result<usize, (usize, &'static str)> {
    let mut i = start + 1;
    loop {
        match bytes.get(i) {
            None => return Err((bytes.len(), "")),
            Some(b'"') => return Ok(i + 1),
            Some(b'\\') => match bytes.get(i + 1) {
                Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' | b'u') => i += 2,
                _ => return Err((i + 1, "in string escape code")),
            },
            Some(b) if *b < 0x20 => return Err((i, "in string literal")),
            Some(_) => i += 1,
        }
    }
}
