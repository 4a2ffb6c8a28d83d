//! The small part of SQL that lessons use: tables, rows, simple conditions. Data is kept in files of the server's container,
//! one directory a database and one file a table, so that it lives and dies with the container or its volume.
//!
//! Understood: `CREATE`/`DROP` `DATABASE`/`TABLE`, `INSERT`, `SELECT` (columns, `*`, `count(*)`; `WHERE`, `ORDER BY`, `LIMIT`),
//! `UPDATE`, `DELETE`, `TRUNCATE`, `SHOW`, `USE`. Everything else is assumed to succeed, and said to be.

mod select;
mod statement;
mod words;

pub(super) use statement::execute;
pub(super) use words::statements;

use crate::program::Sys;

/// Whose words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    Postgres,
    Mysql,
}

/// What a statement came to.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Reply {
    /// `INSERT 0 1`.
    Tag(String),
    /// Names of columns, and rows; `None` is NULL.
    Rows(Vec<String>, Vec<Vec<Option<String>>>),
    /// An error in the server's words: code and state (MySQL), text.
    Error(&'static str, String),
    /// Another database is used from now on.
    Use(String),
    /// Nobody understands it: it is assumed to succeed.
    Assumed(String),
}

/// Where a server keeps its data.
pub(super) fn directory(sys: &dyn Sys, dialect: Dialect) -> String {
    match dialect {
        Dialect::Postgres => sys.var("PGDATA").map_or_else(|| "/var/lib/postgresql/data".to_owned(), |d| d.to_string()) + "/base",
        Dialect::Mysql => "/var/lib/mysql".to_owned(),
    }
}

/// Makes the directories of a path.
pub(super) fn make_dirs(sys: &mut dyn Sys, path: &str) {
    let mut at = String::new();
    for part in path.split('/').filter(|p| !p.is_empty()) {
        at.push('/');
        at.push_str(part);
        let _ = sys.mkdir(&at, 0o700);
    }
}

/// A reply as one line on the wire.
pub(super) fn encode(reply: &Reply) -> String {
    let cell = |c: &Option<String>| c.as_ref().map_or("\u{0}".to_owned(), |t| t.replace('\n', "\u{1}"));
    match reply {
        Reply::Tag(tag) => format!("T{tag}\n"),
        Reply::Error(code, text) => format!("E{code}\u{1f}{}\n", text.replace('\n', "\u{1}")),
        Reply::Use(database) => format!("U{database}\n"),
        Reply::Assumed(tag) => format!("A{tag}\n"),
        Reply::Rows(names, rows) => {
            let rows: Vec<String> = rows.iter().map(|r| r.iter().map(cell).collect::<Vec<_>>().join("\u{1f}")).collect();
            format!("R{}{}{}\n", names.join("\u{1f}"), if rows.is_empty() { "" } else { "\u{1e}" }, rows.join("\u{1e}"))
        }
    }
}

/// Reads what [`encode`] made.
pub(super) fn decode(line: &str) -> Reply {
    let (kind, rest) = line.trim_end_matches('\n').split_at_checked(1).unwrap_or(("A", ""));
    let text = rest.replace('\u{1}', "\n");
    match kind {
        "T" => Reply::Tag(text),
        "U" => Reply::Use(text),
        "E" => {
            let (code, text) = text.split_once('\u{1f}').unwrap_or(("", &text));
            let known = [
                "FATAL",
                "1046 (3D000)",
                "1049 (42000)",
                "1050 (42S01)",
                "1051 (42S02)",
                "1054 (42S22)",
                "1064 (42000)",
                "1136 (21S01)",
                "1146 (42S02)",
                "1007 (HY000)",
                "1008 (HY000)",
            ];
            Reply::Error(known.into_iter().find(|k| *k == code).unwrap_or(""), text.to_owned())
        }
        "R" => {
            let mut lines = rest.split('\u{1e}');
            let names = lines.next().unwrap_or_default().split('\u{1f}').map(str::to_owned).collect();
            let cell = |c: &str| (c != "\u{0}").then(|| c.replace('\u{1}', "\n"));
            Reply::Rows(names, lines.map(|l| l.split('\u{1f}').map(cell).collect()).collect())
        }
        _ => Reply::Assumed(text),
    }
}

/// Rows as psql shows them.
pub(super) fn psql_table(names: &[String], rows: &[Vec<Option<String>>], tuples_only: bool, unaligned: bool) -> String {
    let text = |c: &Option<String>| c.clone().unwrap_or_default();
    let mut out = String::new();
    let count = if rows.len() == 1 { "(1 row)".to_owned() } else { format!("({} rows)", rows.len()) };
    if unaligned {
        let line = |cells: Vec<String>| format!("{}\n", cells.join("|"));
        if !tuples_only {
            out.push_str(&line(names.to_vec()));
        }
        for row in rows {
            out.push_str(&line(row.iter().map(text).collect()));
        }
        if !tuples_only {
            out.push_str(&format!("{count}\n"));
        }
        return out;
    }
    let column = |i: usize| rows.iter().filter_map(move |r| r.get(i)).map(text);
    let widths: Vec<usize> = names
        .iter()
        .enumerate()
        .map(|(i, n)| column(i).map(|c| c.chars().count()).chain(if tuples_only { None } else { Some(n.chars().count()) }).max().unwrap_or(0))
        .collect();
    let numeric: Vec<bool> = (0..names.len())
        .map(|i| rows.iter().any(|r| r.get(i).is_some_and(Option::is_some)) && column(i).all(|c| c.is_empty() || c.parse::<f64>().is_ok()))
        .collect();
    if !tuples_only {
        let heads: Vec<String> = names.iter().zip(&widths).map(|(n, w)| format!(" {n:^w$} ", w = *w)).collect();
        let rules: Vec<String> = widths.iter().map(|w| "-".repeat(w + 2)).collect();
        out.push_str(&format!("{}\n{}\n", heads.join("|"), rules.join("+")));
    }
    for row in rows {
        let cells: Vec<String> = row
            .iter()
            .enumerate()
            .map(|(i, c)| {
                let w = widths.get(i).copied().unwrap_or(0);
                let (text, last) = (text(c), i + 1 == row.len());
                match (numeric.get(i), last) {
                    (Some(true), false) => format!(" {text:>w$} "),
                    (Some(true), true) => format!(" {text:>w$}"),
                    (_, false) => format!(" {text:<w$} "),
                    (_, true) => format!(" {text}"),
                }
            })
            .collect();
        out.push_str(&format!("{}\n", cells.join("|")));
    }
    if !tuples_only {
        out.push_str(&format!("{count}\n"));
    }
    out.push('\n');
    out
}
