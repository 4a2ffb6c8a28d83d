//! The diff of two internal values, as a forbidden change shows it: indented JSON, three lines of
//! context.

use std::fmt::Write as _;

use serde_json::Value;

use crate::internal;

/// The unified diff of two values of one internal type.
pub(super) fn specs(old: &Value, new: &Value, ty: &str) -> String {
    let (a, b) = (internal::indented(old, ty), internal::indented(new, ty));
    let (a, b): (Vec<&str>, Vec<&str>) = (a.lines().collect(), b.lines().collect());
    unified(&a, &b)
}

#[derive(Clone, Copy, PartialEq)]
enum Op {
    Same,
    Gone,
    Added,
}

/// Hunks of a line diff, each line with its line end.
fn unified(a: &[&str], b: &[&str]) -> String {
    let ops = operations(a, b);
    let mut out = String::new();
    let changed: Vec<usize> = ops.iter().enumerate().filter(|(_, o)| **o != Op::Same).map(|(i, _)| i).collect();
    let mut k = 0;
    while let Some(first) = changed.get(k).copied() {
        let mut last = first;
        while let Some(next) = changed.get(k + 1).copied().filter(|n| *n - last <= 7) {
            last = next;
            k += 1;
        }
        k += 1;
        let (from, to) = (first.saturating_sub(3), (last + 4).min(ops.len()));
        let count = |range: &[Op], skip: Op| range.iter().filter(|o| **o != skip).count();
        let before = ops.get(..from).unwrap_or_default();
        let within = ops.get(from..to).unwrap_or_default();
        let (mut x, mut y) = (count(before, Op::Added), count(before, Op::Gone));
        let (n, m) = (count(within, Op::Added), count(within, Op::Gone));
        let _ = writeln!(out, "@@ -{},{n} +{},{m} @@", x + 1, y + 1);
        for op in within {
            let (mark, line) = match op {
                Op::Same => (' ', a.get(x)),
                Op::Gone => ('-', a.get(x)),
                Op::Added => ('+', b.get(y)),
            };
            x += usize::from(*op != Op::Added);
            y += usize::from(*op != Op::Gone);
            out.push(mark);
            out.push_str(line.copied().unwrap_or_default());
            out.push('\n');
        }
    }
    out
}

/// The steps from one list of lines to the other: common ends, then the longest common part between.
fn operations(a: &[&str], b: &[&str]) -> Vec<Op> {
    let head = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let (a, b) = (a.get(head..).unwrap_or_default(), b.get(head..).unwrap_or_default());
    let tail = a.iter().rev().zip(b.iter().rev()).take_while(|(x, y)| x == y).count();
    let (a, b) = (a.get(..a.len() - tail).unwrap_or_default(), b.get(..b.len() - tail).unwrap_or_default());
    let mut ops = vec![Op::Same; head];
    if a.len().saturating_mul(b.len()) > 4_000_000 {
        ops.extend(vec![Op::Gone; a.len()]);
        ops.extend(vec![Op::Added; b.len()]);
    } else {
        ops.extend(longest(a, b));
    }
    ops.extend(vec![Op::Same; tail]);
    ops
}

fn longest(a: &[&str], b: &[&str]) -> Vec<Op> {
    let width = b.len() + 1;
    let mut table = vec![0u32; (a.len() + 1) * width];
    let at = |t: &[u32], i: usize, j: usize| t.get(i * width + j).copied().unwrap_or(0);
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            let v = if a.get(i) == b.get(j) { at(&table, i + 1, j + 1) + 1 } else { at(&table, i + 1, j).max(at(&table, i, j + 1)) };
            if let Some(cell) = table.get_mut(i * width + j) {
                *cell = v;
            }
        }
    }
    let (mut i, mut j, mut ops) = (0, 0, Vec::new());
    while i < a.len() || j < b.len() {
        if i < a.len() && j < b.len() && a.get(i) == b.get(j) {
            ops.push(Op::Same);
            i += 1;
            j += 1;
        } else if i < a.len() && (j == b.len() || at(&table, i + 1, j) >= at(&table, i, j + 1)) {
            ops.push(Op::Gone);
            i += 1;
        } else {
            ops.push(Op::Added);
            j += 1;
        }
    }
    ops
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_line_stands_in_three_lines_of_context() {
        let a = ["1", "2", "3", "4", "5", "6", "7", "8", "9"];
        let mut b = a;
        b[4] = "x";
        assert_eq!(unified(&a, &b), "@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+x\n 6\n 7\n 8\n");
    }
}
