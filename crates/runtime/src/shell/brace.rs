//! bash: `{a,b}` and `{1..5}`.

use super::ast::{Piece, Word};
use std::rc::Rc;

/// The most words one brace expansion may make.
const MAX_WORDS: usize = 10_000;

/// All words a word with braces stands for. Only braces in bare text count.
pub(crate) fn expand(word: &Word) -> Vec<Word> {
    let mut done: Vec<Word> = Vec::new();
    let mut todo: Vec<Vec<Piece>> = vec![word.to_vec()];
    while let Some(pieces) = todo.pop() {
        if done.len() + todo.len() > MAX_WORDS {
            return vec![word.clone()];
        }
        match first(&pieces) {
            Some(list) => todo.extend(list.into_iter().rev()),
            None => done.push(pieces.into()),
        }
    }
    done
}

/// Expands the first brace expression; `None` where there is none.
fn first(pieces: &[Piece]) -> Option<Vec<Vec<Piece>>> {
    // The word as characters and opaque pieces.
    let mut flat: Vec<Result<char, Piece>> = Vec::new();
    for piece in pieces {
        match piece {
            Piece::Bare(text) => flat.extend(text.chars().map(Ok)),
            other => flat.push(Err(other.clone())),
        }
    }
    let is = |i: usize, c: char| matches!(flat.get(i), Some(Ok(x)) if *x == c);
    for open in 0..flat.len() {
        if !is(open, '{') {
            continue;
        }
        let (mut depth, mut commas, mut close) = (0, Vec::new(), None);
        for i in open + 1..flat.len() {
            if is(i, '{') {
                depth += 1;
            } else if is(i, '}') {
                if depth == 0 {
                    close = Some(i);
                    break;
                }
                depth -= 1;
            } else if is(i, ',') && depth == 0 {
                commas.push(i);
            }
        }
        let Some(close) = close else { continue };
        let inner = &flat[open + 1..close];
        let options: Vec<Vec<Result<char, Piece>>> = if commas.is_empty() {
            let text: Option<String> = inner.iter().map(|c| c.as_ref().ok().copied()).collect();
            match text.as_deref().and_then(range) {
                Some(list) => list.into_iter().map(|t| t.chars().map(Ok).collect()).collect(),
                None => continue,
            }
        } else {
            let mut from = open + 1;
            let mut list = Vec::new();
            for end in commas.into_iter().chain([close]) {
                list.push(flat[from..end].to_vec());
                from = end + 1;
            }
            list
        };
        return Some(options.into_iter().map(|middle| collect(flat[..open].iter().chain(&middle).chain(&flat[close + 1..]))).collect());
    }
    None
}

fn collect<'a>(flat: impl Iterator<Item = &'a Result<char, Piece>>) -> Vec<Piece> {
    let mut out = Vec::new();
    let mut text = String::new();
    for item in flat {
        match item {
            Ok(c) => text.push(*c),
            Err(piece) => {
                if !text.is_empty() {
                    out.push(Piece::Bare(Rc::from(std::mem::take(&mut text))));
                }
                out.push(piece.clone());
            }
        }
    }
    if !text.is_empty() {
        out.push(Piece::Bare(text.into()));
    }
    out
}

fn range(text: &str) -> Option<Vec<String>> {
    let parts: Vec<&str> = text.split("..").collect();
    let (from, to, step) = match parts.as_slice() {
        [a, b] => (*a, *b, 1),
        [a, b, s] => (*a, *b, s.parse::<i64>().ok()?.abs().max(1)),
        _ => return None,
    };
    let width = if from.starts_with('0') && from.len() > 1 || to.starts_with('0') && to.len() > 1 { from.len().max(to.len()) } else { 0 };
    let steps = |a: i64, b: i64| -> Option<Vec<i64>> {
        let n = (b - a).unsigned_abs() / step as u64;
        (n < MAX_WORDS as u64).then(|| (0..=n as i64).map(|i| if b >= a { a + i * step } else { a - i * step }).collect())
    };
    if let (Ok(a), Ok(b)) = (from.parse::<i64>(), to.parse::<i64>()) {
        return Some(steps(a, b)?.into_iter().map(|n| format!("{n:0width$}")).collect());
    }
    let single = |t: &str| t.chars().next().filter(|c| t.len() == 1 && c.is_ascii_alphabetic());
    let (a, b) = (single(from)?, single(to)?);
    Some(steps(i64::from(a as u32), i64::from(b as u32))?.into_iter().filter_map(|n| char::from_u32(n as u32)).map(String::from).collect())
}
