//! Words of instructions: quotes, variables, `NAME=VALUE` pairs, the exec form.

/// Splits a line into words: quotes group and go away, variables are replaced where `lookup` is asked.
///
/// # Errors
/// When a quote or a `${` is not closed.
pub(super) fn split(text: &str, lookup: &dyn Fn(&str) -> Option<String>) -> Result<Vec<String>, String> {
    let mut out = Vec::new();
    let mut word: Option<String> = None;
    let mut quote: Option<char> = None;
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let after = rest.get(c.len_utf8()..).unwrap_or_default();
        rest = after;
        match (quote, c) {
            (Some(q), c) if c == q => quote = None,
            (None, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, c) if c.is_whitespace() => out.extend(word.take()),
            (Some('"') | None, '\\') => {
                if let Some(next) = after.chars().next() {
                    let kept = quote.is_some() && !matches!(next, '"' | '$' | '\\');
                    let word = word.get_or_insert_default();
                    if kept {
                        word.push('\\');
                    }
                    word.push(next);
                    rest = after.get(next.len_utf8()..).unwrap_or_default();
                }
            }
            (Some('"') | None, '$') => {
                let (value, after) = variable(after, lookup)?;
                rest = after;
                word.get_or_insert_default().push_str(&value);
            }
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    if let Some(q) = quote {
        return Err(format!("unexpected end of statement while looking for matching {}", if q == '"' { "double-quote" } else { "single-quote" }));
    }
    out.extend(word);
    Ok(out)
}

/// Replaces the variables of a text and leaves everything else as it is.
pub(super) fn replace(text: &str, lookup: &dyn Fn(&str) -> Option<String>) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        if let Some(before) = before.strip_suffix('\\') {
            out.push_str(before);
            out.push('$');
            rest = after;
            continue;
        }
        out.push_str(before);
        let (value, after) = variable(after, lookup)?;
        out.push_str(&value);
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

/// What stands after a `$`: its value, and the text after it.
fn variable<'a>(text: &'a str, lookup: &dyn Fn(&str) -> Option<String>) -> Result<(String, &'a str), String> {
    let name_end = |t: &str| t.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(t.len());
    let Some(inner) = text.strip_prefix('{') else {
        let end = name_end(text);
        let (name, rest) = text.split_at(end);
        return Ok(if name.is_empty() { ("$".to_owned(), rest) } else { (lookup(name).unwrap_or_default(), rest) });
    };
    let (inner, rest) = inner.split_once('}').ok_or("syntax error: missing '}'")?;
    let (name, how) = inner.split_at(name_end(inner));
    let value = lookup(name);
    let set = |empty_counts: bool| value.as_ref().is_some_and(|v| empty_counts || !v.is_empty());
    let plain = value.clone().unwrap_or_default();
    let text = match how.split_at_checked(if how.starts_with(':') { 2 } else { 1 }) {
        None | Some((":?" | "?", _)) if how.is_empty() || set(how.starts_with('?')) => plain,
        Some((op @ (":-" | "-"), word)) => {
            if set(op == "-") {
                plain
            } else {
                replace(word, lookup)?
            }
        }
        Some((op @ (":+" | "+"), word)) => {
            if set(op == "+") {
                replace(word, lookup)?
            } else {
                String::new()
            }
        }
        Some((":?" | "?", word)) => return Err(format!("{name}: {}", if word.is_empty() { "is not set" } else { word })),
        _ => return Err(format!("unsupported modifier ({how}) in substitution")),
    };
    Ok((text, rest))
}

/// `K=V K2="V 2"`, or the old form `K V`.
///
/// # Errors
/// When a quote is not closed, or a word of the first form has no `=`.
pub(super) fn pairs(text: &str, word: &str, lookup: &dyn Fn(&str) -> Option<String>) -> Result<Vec<(String, String)>, String> {
    let (first, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    if !first.contains('=') {
        if rest.trim().is_empty() {
            return Err(format!("{word} must have two arguments"));
        }
        return Ok(vec![(first.to_owned(), replace(rest.trim(), lookup)?)]);
    }
    split(text, lookup)?
        .into_iter()
        .map(|w| match w.split_once('=') {
            Some(("", _)) => Err(format!("{word} names can not be blank")),
            Some((k, v)) => Ok((k.to_owned(), v.to_owned())),
            None => Err(format!("Syntax error - can't find = in \"{w}\". Must be of the form: name=value")),
        })
        .collect()
}

/// `["a", "b"]`: the words, where the text is a JSON array of strings and nothing else.
pub(super) fn exec_form(text: &str) -> Option<Vec<String>> {
    let mut rest = text.trim().strip_prefix('[')?.trim_start();
    let mut out = Vec::new();
    if let Some(after) = rest.strip_prefix(']') {
        return after.is_empty().then_some(out);
    }
    loop {
        let (word, after) = json_string(rest)?;
        out.push(word);
        let after = after.trim_start();
        match after.strip_prefix(',') {
            Some(more) => rest = more.trim_start(),
            None => return (after.strip_prefix(']')?.trim().is_empty()).then_some(out),
        }
    }
}

fn json_string(text: &str) -> Option<(String, &str)> {
    let body = text.strip_prefix('"')?;
    let mut out = String::new();
    let mut chars = body.char_indices();
    while let Some((i, c)) = chars.next() {
        match c {
            '"' => return Some((out, body.get(i + 1..)?)),
            '\\' => match chars.next()?.1 {
                'n' => out.push('\n'),
                't' => out.push('\t'),
                'r' => out.push('\r'),
                'b' => out.push('\u{8}'),
                'f' => out.push('\u{c}'),
                'u' => {
                    let hex: String = (0..4).filter_map(|_| chars.next().map(|c| c.1)).collect();
                    out.push(char::from_u32(u32::from_str_radix(&hex, 16).ok()?)?);
                }
                c @ ('"' | '\\' | '/') => out.push(c),
                _ => return None,
            },
            c if c < ' ' => return None,
            c => out.push(c),
        }
    }
    None
}
