//! `SELECT` and `UPDATE`, and the conditions of both and of `DELETE`.

use super::Reply;
use super::statement::{Reader, Store, Table};
use super::words::Word;

impl Store<'_> {
    pub(super) fn select(&mut self, r: &mut Reader, text: &str) -> Option<Reply> {
        // What is asked for, up to FROM.
        let mut wanted: Vec<(String, bool)> = Vec::new();
        let mut fixed: Vec<(String, Option<String>)> = Vec::new();
        loop {
            if r.sign("*") {
                wanted.push(("*".into(), false));
            } else if let Some(value) = {
                let (at, now) = (r.at, self.now.clone());
                let v = r.value(&now);
                if v.is_none() {
                    r.at = at;
                }
                v
            } {
                fixed.push((if self.mysql() { value.clone().unwrap_or_else(|| "NULL".into()) } else { "?column?".into() }, value));
            } else {
                let name = r.name()?;
                if r.sign("(") {
                    let star = r.sign("*");
                    if !star && !r.sign(")") {
                        return None;
                    }
                    if star && !r.sign(")") {
                        return None;
                    }
                    match name.as_str() {
                        "count" if star => wanted.push((name, true)),
                        "version" => fixed.push((
                            if self.mysql() { "version()".into() } else { name },
                            Some(
                                if self.mysql() {
                                    "8.4.3"
                                } else {
                                    "PostgreSQL 17.2 (Debian 17.2-1.pgdg120+1) on x86_64-pc-linux-gnu, compiled by gcc (Debian 12.2.0-14) 12.2.0, 64-bit"
                                }
                                .into(),
                            ),
                        )),
                        "database" | "current_database" => {
                            fixed.push((if self.mysql() { "database()".into() } else { name }, Some(self.database.clone()).filter(|d| !d.is_empty())));
                        }
                        _ => return None,
                    }
                } else {
                    wanted.push((name, false));
                }
            }
            if r.key("as") {
                let alias = r.name()?;
                if let Some(last) = fixed.last_mut() {
                    last.0 = alias;
                }
            }
            if !r.sign(",") {
                break;
            }
        }
        if r.done() && wanted.is_empty() {
            let (names, row) = fixed.into_iter().unzip();
            return Some(Reply::Rows(names, vec![row]));
        }
        if !r.key("from") || !fixed.is_empty() {
            return None;
        }
        let name = r.name()?;
        let table = match self.load(&name) {
            Ok(table) => table,
            Err(Reply::Error(code, error)) if !self.mysql() => {
                // psql shows the place.
                let at = text.to_lowercase().find(&name).unwrap_or(0);
                return Some(Reply::Error(code, format!("{error}\nLINE 1: {};\n{}^", text.trim_end_matches(';'), " ".repeat(8 + at))));
            }
            Err(error) => return Some(error),
        };
        let keep = match self.condition(r, &table, &name)? {
            Ok(keep) => keep,
            Err(error) => return Some(error),
        };
        let mut rows: Vec<Vec<Option<String>>> = table.rows.iter().filter(|row| keep(row)).cloned().collect();
        if r.keys("order by") {
            let column = r.name()?;
            let Some(place) = table.columns.iter().position(|(n, _)| *n == column) else { return Some(self.no_column(&column, &name)) };
            rows.sort_by(|a, b| order(a.get(place).and_then(Option::as_deref), b.get(place).and_then(Option::as_deref)));
            if r.key("desc") {
                rows.reverse();
            }
            r.key("asc");
        }
        if r.key("limit") {
            let Some(Word::Number(n)) = r.peek().cloned() else { return None };
            r.at += 1;
            rows.truncate(n.parse().unwrap_or(usize::MAX));
        }
        if !r.done() {
            return None;
        }
        if let [(_, true)] = wanted.as_slice() {
            return Some(Reply::Rows(vec![if self.mysql() { "count(*)".into() } else { "count".into() }], vec![vec![Some(rows.len().to_string())]]));
        }
        let mut places = Vec::new();
        for (column, _) in &wanted {
            if column == "*" {
                places.extend(0..table.columns.len());
            } else {
                match table.columns.iter().position(|(n, _)| n == column) {
                    Some(place) => places.push(place),
                    None => {
                        return Some(self.error(
                            "1054 (42S22)",
                            format!("Unknown column '{column}' in 'field list'"),
                            format!("column \"{column}\" does not exist"),
                        ));
                    }
                }
            }
        }
        let names = places.iter().filter_map(|p| table.columns.get(*p)).map(|(n, _)| n.clone()).collect();
        let rows = rows.iter().map(|row| places.iter().map(|p| row.get(*p).cloned().flatten()).collect()).collect();
        Some(Reply::Rows(names, rows))
    }

    pub(super) fn update(&mut self, r: &mut Reader) -> Option<Reply> {
        let name = r.name()?;
        let mut table = match self.load(&name) {
            Ok(table) => table,
            Err(error) => return Some(error),
        };
        if !r.key("set") {
            return None;
        }
        let mut changes = Vec::new();
        loop {
            let column = r.name()?;
            let Some(place) = table.columns.iter().position(|(n, _)| *n == column) else { return Some(self.no_column(&column, &name)) };
            if !r.sign("=") {
                return None;
            }
            changes.push((place, r.value(&self.now.clone())?));
            if !r.sign(",") {
                break;
            }
        }
        let keep = match self.condition(r, &table, &name)? {
            Ok(keep) => keep,
            Err(error) => return Some(error),
        };
        let mut count = 0;
        for row in table.rows.iter_mut().filter(|row| keep(row)) {
            count += 1;
            for (place, value) in &changes {
                if let Some(cell) = row.get_mut(*place) {
                    cell.clone_from(value);
                }
            }
        }
        self.save(&name, &table).or_else(|| self.tag(&format!("UPDATE {count}")))
    }

    /// `WHERE a = 1 AND b LIKE 'x%'`, or every row. The outer `None`: not understood.
    #[expect(clippy::type_complexity, reason = "a test of a row is what it is")]
    pub(super) fn condition(&self, r: &mut Reader, table: &Table, name: &str) -> Option<Result<Box<dyn Fn(&Vec<Option<String>>) -> bool>, Reply>> {
        let mut tests: Vec<(usize, String, Option<String>)> = Vec::new();
        if r.key("where") {
            loop {
                let column = r.name()?;
                let Some(place) = table.columns.iter().position(|(n, _)| *n == column) else { return Some(Err(self.no_column(&column, name))) };
                if r.key("is") {
                    let not = r.key("not");
                    r.value("")?;
                    tests.push((place, if not { "not null" } else { "null" }.into(), None));
                } else if r.key("like") {
                    tests.push((place, "like".into(), r.value("")?));
                } else {
                    let Some(Word::Sign(sign)) = r.peek().cloned() else { return None };
                    r.at += 1;
                    tests.push((place, sign, r.value(&self.now)?));
                }
                if !r.key("and") {
                    break;
                }
            }
        }
        Some(Ok(Box::new(move |row| {
            tests.iter().all(|(place, sign, value)| {
                let cell = row.get(*place).and_then(Option::as_deref);
                let (Some(a), Some(b)) = (cell, value.as_deref()) else { return (sign == "null" && cell.is_none()) || (sign == "not null" && cell.is_some()) };
                let by = order(Some(a), Some(b));
                match sign.as_str() {
                    "=" => by.is_eq(),
                    "<>" | "!=" => by.is_ne(),
                    "<" => by.is_lt(),
                    ">" => by.is_gt(),
                    "<=" => by.is_le(),
                    ">=" => by.is_ge(),
                    "like" => crate::shell::pattern::matches(&b.replace('%', "*").replace('_', "?"), a),
                    _ => false,
                }
            })
        })))
    }
}

/// Numbers by size, everything else by its letters; NULL last.
fn order(a: Option<&str>, b: Option<&str>) -> std::cmp::Ordering {
    match (a, b) {
        (Some(a), Some(b)) => match (a.parse::<f64>(), b.parse::<f64>()) {
            (Ok(x), Ok(y)) => x.total_cmp(&y),
            _ => a.cmp(b),
        },
        (a, b) => b.is_some().cmp(&a.is_some()),
    }
}
