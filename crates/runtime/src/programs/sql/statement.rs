//! One statement on the files of a database.

use super::words::{Word, words};
use super::{Dialect, Reply, directory, make_dirs};
use crate::program::{Kind, Sys};

/// A table: columns with what they hold by themselves, and rows.
#[derive(Default)]
pub(super) struct Table {
    /// Name, and `auto` or `=VALUE`.
    pub(super) columns: Vec<(String, String)>,
    pub(super) rows: Vec<Vec<Option<String>>>,
}

/// The words of a statement, taken from the front.
pub(super) struct Reader {
    words: Vec<Word>,
    pub(super) at: usize,
}

impl Reader {
    pub(super) fn peek(&self) -> Option<&Word> {
        self.words.get(self.at)
    }
    /// Takes a keyword.
    pub(super) fn key(&mut self, word: &str) -> bool {
        let hit = matches!(self.peek(), Some(Word::Name(n, false)) if n.eq_ignore_ascii_case(word));
        self.at += usize::from(hit);
        hit
    }
    /// Takes several keywords, or none of them.
    pub(super) fn keys(&mut self, all: &str) -> bool {
        let from = self.at;
        let hit = all.split(' ').all(|k| self.key(k));
        if !hit {
            self.at = from;
        }
        hit
    }
    pub(super) fn sign(&mut self, sign: &str) -> bool {
        let hit = matches!(self.peek(), Some(Word::Sign(s)) if s == sign);
        self.at += usize::from(hit);
        hit
    }
    pub(super) fn name(&mut self) -> Option<String> {
        let Some(Word::Name(n, quoted)) = self.peek().cloned() else { return None };
        self.at += 1;
        // Names without quotes do not look at capitals; a schema in front changes nothing here.
        let n = if quoted { n } else { n.to_lowercase() };
        Some(n.strip_prefix("public.").map(str::to_owned).unwrap_or(n))
    }
    /// A literal; NULL is `Some(None)`.
    #[expect(clippy::option_option, reason = "no literal, NULL, and a value are three things")]
    pub(super) fn value(&mut self, now: &str) -> Option<Option<String>> {
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
    pub(super) fn done(&self) -> bool {
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

pub(super) struct Store<'a> {
    sys: &'a mut dyn Sys,
    dialect: Dialect,
    root: String,
    pub(super) database: String,
    pub(super) now: String,
}

impl Store<'_> {
    pub(super) fn mysql(&self) -> bool {
        self.dialect == Dialect::Mysql
    }
    pub(super) fn tag(&self, tag: &str) -> Option<Reply> {
        Some(Reply::Tag(if self.mysql() { String::new() } else { tag.to_owned() }))
    }
    pub(super) fn error(&self, code: &'static str, mysql: String, postgres: String) -> Reply {
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
    pub(super) fn load(&mut self, name: &str) -> Result<Table, Reply> {
        let path = self.path(name);
        let Ok(data) = self.sys.read_file(&path) else { return Err(self.missing(name)) };
        let text = String::from_utf8_lossy(&data).into_owned();
        let mut lines = text.lines();
        let columns =
            lines.next().unwrap_or_default().split('\t').map(|c| c.split_once(' ').unwrap_or((c, ""))).map(|(n, d)| (n.to_owned(), d.to_owned())).collect();
        let cell = |c: &str| (c != "\\N").then(|| c.replace("\\t", "\t").replace("\\n", "\n").replace("\\\\", "\\"));
        Ok(Table { columns, rows: lines.map(|l| l.split('\t').map(cell).collect()).collect() })
    }
    pub(super) fn save(&mut self, name: &str, table: &Table) -> Option<Reply> {
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

    pub(super) fn no_column(&self, column: &str, table: &str) -> Reply {
        self.error("1054 (42S22)", format!("Unknown column '{column}' in 'field list'"), format!("column \"{column}\" of relation \"{table}\" does not exist"))
    }
}
