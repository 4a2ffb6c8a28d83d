//! One statement on the files of a database.

use super::words::{Word, words};
use super::{Dialect, Reply, directory, make_dirs};
use crate::program::{Kind, Sys};

/// A table: columns with what they hold by themselves, and rows.
#[derive(Default)]
struct Table {
    /// Name, and `auto` or `=VALUE`.
    columns: Vec<(String, String)>,
    rows: Vec<Vec<Option<String>>>,
}

/// The words of a statement, taken from the front.
struct Reader {
    words: Vec<Word>,
    at: usize,
}

impl Reader {
    fn peek(&self) -> Option<&Word> {
        self.words.get(self.at)
    }
    /// Takes a keyword.
    fn key(&mut self, word: &str) -> bool {
        let hit = matches!(self.peek(), Some(Word::Name(n, false)) if n.eq_ignore_ascii_case(word));
        self.at += usize::from(hit);
        hit
    }
    /// Takes several keywords, or none of them.
    fn keys(&mut self, all: &str) -> bool {
        let from = self.at;
        let hit = all.split(' ').all(|k| self.key(k));
        if !hit {
            self.at = from;
        }
        hit
    }
    fn sign(&mut self, sign: &str) -> bool {
        let hit = matches!(self.peek(), Some(Word::Sign(s)) if s == sign);
        self.at += usize::from(hit);
        hit
    }
    fn name(&mut self) -> Option<String> {
        let Some(Word::Name(n, quoted)) = self.peek().cloned() else { return None };
        self.at += 1;
        // Names without quotes do not look at capitals; a schema in front changes nothing here.
        let n = if quoted { n } else { n.to_lowercase() };
        Some(n.strip_prefix("public.").map(str::to_owned).unwrap_or(n))
    }
    /// A literal; NULL is `Some(None)`.
    fn value(&mut self, now: &str) -> Option<Option<String>> {
        let word = self.peek().cloned()?;
        self.at += 1;
        match word {
            Word::Text(t) | Word::Number(t) => Some(Some(t)),
            Word::Name(n, false) => match n.to_lowercase().as_str() {
                "null" | "default" => Some(None),
                "true" => Some(Some("t".into())),
                "false" => Some(Some("f".into())),
                "now" | "current_timestamp" => {
                    if self.sign("(") {
                        self.sign(")");
                    }
                    Some(Some(now.to_owned()))
                }
                _ => None,
            },
            _ => None,
        }
    }
    fn done(&self) -> bool {
        self.at >= self.words.len()
    }
}

/// Runs a statement. `now` is the present time as the database writes it.
pub(in super::super) fn execute(sys: &mut dyn Sys, dialect: Dialect, database: &str, text: &str, now: &str) -> Reply {
    let mut r = Reader { words: words(text), at: 0 };
    let mut store = Store { root: directory(sys, dialect), sys, dialect, database: database.to_owned(), now: now.to_owned() };
    let verb = match r.peek() {
        Some(Word::Name(n, _)) => n.to_uppercase(),
        _ => return Reply::Assumed(String::new()),
    };
    store.statement(&mut r, &verb, text).unwrap_or_else(|| {
        let object = match r.words.get(1) {
            Some(Word::Name(n, _)) if matches!(verb.as_str(), "CREATE" | "DROP" | "ALTER") => format!(" {}", n.to_uppercase()),
            _ => String::new(),
        };
        Reply::Assumed(format!("{verb}{object}"))
    })
}

struct Store<'a> {
    sys: &'a mut dyn Sys,
    dialect: Dialect,
    root: String,
    database: String,
    now: String,
}

impl Store<'_> {
    fn mysql(&self) -> bool {
        self.dialect == Dialect::Mysql
    }
    fn tag(&self, tag: &str) -> Option<Reply> {
        Some(Reply::Tag(if self.mysql() { String::new() } else { tag.to_owned() }))
    }
    fn error(&self, code: &'static str, mysql: String, postgres: String) -> Reply {
        Reply::Error(code, if self.mysql() { mysql } else { postgres })
    }
    fn path(&self, table: &str) -> String {
        // `db.table` names another database.
        match table.split_once('.') {
            Some((database, table)) if self.mysql() => format!("{}/{database}/{table}.tbl", self.root),
            _ => format!("{}/{}/{table}.tbl", self.root, self.database),
        }
    }
    fn missing(&self, table: &str) -> Reply {
        if self.mysql() && self.database.is_empty() && !table.contains('.') {
            return Reply::Error("1046 (3D000)", "No database selected".into());
        }
        self.error("1146 (42S02)", format!("Table '{}.{table}' doesn't exist", self.database), format!("relation \"{table}\" does not exist"))
    }
    fn load(&mut self, name: &str) -> Result<Table, Reply> {
        let path = self.path(name);
        let Ok(data) = self.sys.read_file(&path) else { return Err(self.missing(name)) };
        let text = String::from_utf8_lossy(&data).into_owned();
        let mut lines = text.lines();
        let columns =
            lines.next().unwrap_or_default().split('\t').map(|c| c.split_once(' ').unwrap_or((c, ""))).map(|(n, d)| (n.to_owned(), d.to_owned())).collect();
        let cell = |c: &str| (c != "\\N").then(|| c.replace("\\t", "\t").replace("\\n", "\n").replace("\\\\", "\\"));
        Ok(Table { columns, rows: lines.map(|l| l.split('\t').map(cell).collect()).collect() })
    }
    fn save(&mut self, name: &str, table: &Table) -> Option<Reply> {
        let mut text: String = table.columns.iter().map(|(n, d)| if d.is_empty() { n.clone() } else { format!("{n} {d}") }).collect::<Vec<_>>().join("\t");
        text.push('\n');
        for row in &table.rows {
            let cells: Vec<String> =
                row.iter().map(|c| c.as_ref().map_or("\\N".into(), |t| t.replace('\\', "\\\\").replace('\t', "\\t").replace('\n', "\\n"))).collect();
            text.push_str(&cells.join("\t"));
            text.push('\n');
        }
        let path = self.path(name);
        let done = self.sys.write_file(&path, text.as_bytes(), false);
        done.err().map(|e| Reply::Error("", format!("could not write \"{path}\": {e}")))
    }
    /// Databases or tables: the names in a directory.
    fn names(&mut self, path: &str, suffix: &str) -> Vec<String> {
        let entries = self.sys.read_dir(path).unwrap_or_default();
        let wanted = |kind| !suffix.is_empty() || kind == Kind::Directory;
        entries
            .iter()
            .filter(|e| wanted(e.kind))
            .filter_map(|e| e.name.strip_suffix(suffix))
            .filter(|n| !n.starts_with('.') && *n != "lost+found")
            .map(str::to_owned)
            .collect()
    }

    fn statement(&mut self, r: &mut Reader, verb: &str, text: &str) -> Option<Reply> {
        r.at = 1;
        match verb {
            "CREATE" if r.key("database") || r.key("schema") && self.mysql() => {
                let lenient = r.keys("if not exists");
                let name = r.name()?;
                let path = format!("{}/{name}", self.root);
                if self.sys.stat(&path).is_ok() {
                    return if lenient {
                        self.tag("CREATE DATABASE")
                    } else {
                        Some(self.error(
                            "1007 (HY000)",
                            format!("Can't create database '{name}'; database exists"),
                            format!("database \"{name}\" already exists"),
                        ))
                    };
                }
                make_dirs(self.sys, &path);
                self.tag("CREATE DATABASE")
            }
            "CREATE" if r.key("table") => self.create_table(r),
            "CREATE" if r.key("user") || r.key("role") => {
                let name = match r.peek()? {
                    Word::Name(n, _) | Word::Text(n) => n.split('@').next().unwrap_or(n).to_owned(),
                    _ => return None,
                };
                let _ = self.sys.write_file(&format!("{}/.role-{name}", self.root), b"", false);
                self.tag("CREATE ROLE")
            }
            "DROP" if r.key("table") => {
                let lenient = r.keys("if exists");
                let name = r.name()?;
                let path = self.path(&name);
                if self.sys.unlink(&path).is_err() && !lenient {
                    return Some(self.error("1051 (42S02)", format!("Unknown table '{}.{name}'", self.database), format!("table \"{name}\" does not exist")));
                }
                self.tag("DROP TABLE")
            }
            "DROP" if r.key("database") => {
                let lenient = r.keys("if exists");
                let name = r.name()?;
                let path = format!("{}/{name}", self.root);
                if self.sys.stat(&path).is_err() && !lenient {
                    return Some(self.error(
                        "1008 (HY000)",
                        format!("Can't drop database '{name}'; database doesn't exist"),
                        format!("database \"{name}\" does not exist"),
                    ));
                }
                for table in self.names(&path, ".tbl") {
                    let _ = self.sys.unlink(&format!("{path}/{table}.tbl"));
                }
                let _ = self.sys.rmdir(&path);
                self.tag("DROP DATABASE")
            }
            "INSERT" => self.insert(r),
            "SELECT" => self.select(r, text),
            "UPDATE" => self.update(r),
            "DELETE" if r.key("from") => {
                let name = r.name()?;
                let mut table = match self.load(&name) {
                    Ok(table) => table,
                    Err(error) => return Some(error),
                };
                let keep = match self.condition(r, &table, &name)? {
                    Ok(keep) => keep,
                    Err(error) => return Some(error),
                };
                let before = table.rows.len();
                table.rows.retain(|row| !keep(row));
                let tag = format!("DELETE {}", before - table.rows.len());
                self.save(&name, &table).or_else(|| self.tag(&tag))
            }
            "TRUNCATE" => {
                r.key("table");
                let name = r.name()?;
                let mut table = match self.load(&name) {
                    Ok(table) => table,
                    Err(error) => return Some(error),
                };
                table.rows.clear();
                self.save(&name, &table).or_else(|| self.tag("TRUNCATE TABLE"))
            }
            "USE" => {
                let name = r.name()?;
                if self.sys.stat(&format!("{}/{name}", self.root)).is_err() {
                    return Some(Reply::Error("1049 (42000)", format!("Unknown database '{name}'")));
                }
                Some(Reply::Use(name))
            }
            "SHOW" if r.key("databases") => {
                let mut names = self.names(&self.root.clone(), "");
                names.extend(["information_schema", "mysql", "performance_schema", "sys"].map(str::to_owned));
                names.sort_unstable();
                names.dedup();
                Some(Reply::Rows(vec!["Database".into()], names.into_iter().map(|n| vec![Some(n)]).collect()))
            }
            "SHOW" if r.key("tables") => {
                if self.database.is_empty() {
                    return Some(Reply::Error("1046 (3D000)", "No database selected".into()));
                }
                let names = self.names(&format!("{}/{}", self.root, self.database), ".tbl");
                Some(Reply::Rows(vec![format!("Tables_in_{}", self.database)], names.into_iter().map(|n| vec![Some(n)]).collect()))
            }
            "\\DT" => {
                let names = self.names(&format!("{}/{}", self.root, self.database), ".tbl");
                let owner = self.sys.var("POSTGRES_USER").map_or_else(|| "postgres".to_owned(), |u| u.to_string());
                let row = |n: String| vec![Some("public".into()), Some(n), Some("table".into()), Some(owner.clone())];
                Some(Reply::Rows(["Schema", "Name", "Type", "Owner"].map(str::to_owned).to_vec(), names.into_iter().map(row).collect()))
            }
            "\\L" => {
                let names = self.names(&self.root.clone(), "");
                Some(Reply::Rows(vec!["Name".into()], names.into_iter().map(|n| vec![Some(n)]).collect()))
            }
            "BEGIN" | "COMMIT" | "ROLLBACK" | "SET" => self.tag(verb),
            _ => None,
        }
    }

    fn create_table(&mut self, r: &mut Reader) -> Option<Reply> {
        let lenient = r.keys("if not exists");
        let name = r.name()?;
        let path = self.path(&name);
        if self.mysql() && self.database.is_empty() && !name.contains('.') {
            return Some(self.missing(&name));
        }
        if self.sys.stat(&path).is_ok() {
            return if lenient {
                self.tag("CREATE TABLE")
            } else {
                Some(self.error("1050 (42S01)", format!("Table '{name}' already exists"), format!("relation \"{name}\" already exists")))
            };
        }
        if !r.sign("(") {
            return None;
        }
        let mut table = Table::default();
        let mut depth = 1;
        while depth > 0 && !r.done() {
            let column = r.name()?;
            let mut own = String::new();
            let constraint = ["primary", "foreign", "unique", "constraint", "key", "index", "check"].contains(&column.as_str());
            loop {
                if r.sign("(") {
                    depth += 1;
                } else if r.sign(")") {
                    depth -= 1;
                    if depth == 0 {
                        break;
                    }
                } else if depth == 1 && r.sign(",") {
                    break;
                } else if r.key("serial") || r.key("bigserial") || r.key("auto_increment") || r.key("identity") {
                    "auto".clone_into(&mut own);
                } else if r.key("default") {
                    let now = self.now.clone();
                    own = match r.peek() {
                        Some(Word::Name(n, false)) if n.eq_ignore_ascii_case("now") || n.eq_ignore_ascii_case("current_timestamp") => "now".into(),
                        _ => String::new(),
                    };
                    if let Some(Some(value)) = r.value(&now)
                        && own.is_empty()
                    {
                        own = format!("={}", value.replace(['\t', '\n'], " "));
                    }
                } else if r.done() {
                    return None;
                } else {
                    r.at += 1;
                }
            }
            if !constraint {
                table.columns.push((column, own));
            }
        }
        if self.sys.stat(&format!("{}/{}", self.root, self.database)).is_err() && !self.database.is_empty() {
            make_dirs(self.sys, &format!("{}/{}", self.root, self.database));
        }
        self.save(&name, &table).or_else(|| self.tag("CREATE TABLE"))
    }

    fn insert(&mut self, r: &mut Reader) -> Option<Reply> {
        r.key("ignore");
        if !r.key("into") {
            return None;
        }
        let name = r.name()?;
        let mut table = match self.load(&name) {
            Ok(table) => table,
            Err(error) => return Some(error),
        };
        let mut places: Vec<usize> = (0..table.columns.len()).collect();
        if r.sign("(") {
            places.clear();
            while !r.sign(")") {
                let column = r.name()?;
                match table.columns.iter().position(|(n, _)| *n == column) {
                    Some(place) => places.push(place),
                    None => return Some(self.no_column(&column, &name)),
                }
                r.sign(",");
            }
        }
        if !(r.key("values") || r.key("value")) {
            return None;
        }
        let mut count = 0;
        while r.sign("(") {
            let mut row: Vec<Option<String>> = vec![None; table.columns.len()];
            let mut given = Vec::new();
            let mut said: Vec<usize> = Vec::new();
            while !r.sign(")") {
                if !matches!(r.peek(), Some(Word::Name(n, false)) if n.eq_ignore_ascii_case("default")) {
                    said.extend(places.get(given.len()));
                }
                given.push(r.value(&self.now.clone())?);
                r.sign(",");
            }
            if given.len() != places.len() && (self.mysql() || given.len() > places.len()) {
                return Some(self.error(
                    "1136 (21S01)",
                    format!("Column count doesn't match value count at row {}", count + 1),
                    "INSERT has more expressions than target columns".into(),
                ));
            }
            for (place, value) in places.iter().zip(given) {
                if let Some(cell) = row.get_mut(*place) {
                    *cell = value;
                }
            }
            for (i, (_, own)) in table.columns.iter().enumerate() {
                let Some(cell) = row.get_mut(i).filter(|c| c.is_none()) else { continue };
                // A NULL that was given stays one, but for the counting columns of MySQL.
                if said.contains(&i) && !(own == "auto" && self.mysql()) {
                    continue;
                }
                if own == "auto" {
                    let last = table.rows.iter().filter_map(|r| r.get(i)?.as_ref()?.parse::<u64>().ok()).max().unwrap_or(0);
                    *cell = Some((last + 1).to_string());
                } else if own == "now" {
                    *cell = Some(self.now.clone());
                } else {
                    *cell = own.strip_prefix('=').map(str::to_owned);
                }
            }
            table.rows.push(row);
            count += 1;
            r.sign(",");
        }
        self.save(&name, &table).or_else(|| self.tag(&format!("INSERT 0 {count}")))
    }

    fn no_column(&self, column: &str, table: &str) -> Reply {
        self.error("1054 (42S22)", format!("Unknown column '{column}' in 'field list'"), format!("column \"{column}\" of relation \"{table}\" does not exist"))
    }

    fn select(&mut self, r: &mut Reader, text: &str) -> Option<Reply> {
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
                            fixed.push((if self.mysql() { "database()".into() } else { name }, Some(self.database.clone()).filter(|d| !d.is_empty())))
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

    fn update(&mut self, r: &mut Reader) -> Option<Reply> {
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
    fn condition(&self, r: &mut Reader, table: &Table, name: &str) -> Option<Result<Box<dyn Fn(&Vec<Option<String>>) -> bool>, Reply>> {
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
