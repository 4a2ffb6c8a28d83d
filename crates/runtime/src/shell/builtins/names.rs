//! What a name means: `type`, `command -v`, `alias`.
#![expect(clippy::format_collect, reason = "short lists, printed at once")]

use super::kind;
use crate::{
    program::Sys,
    shell::{Dialect, Shell, machine::Flow, run::single_quote, variables::bucket},
};
use std::rc::Rc;

const KEYWORDS: [&str; 17] = ["!", "case", "do", "done", "elif", "else", "esac", "fi", "for", "function", "if", "in", "then", "until", "while", "{", "}"];

impl Shell {
    pub(super) fn describe(&mut self, sys: &mut dyn Sys, name: &str) -> Option<String> {
        let bash = self.is_bash();
        if KEYWORDS.contains(&name) {
            return Some(format!("{name} is a shell keyword"));
        }
        if let Some(text) = self.aliases.get(name) {
            return Some(if bash { format!("{name} is aliased to `{text}'") } else { format!("{name} is an alias for {text}") });
        }
        if self.functions.contains_key(name) {
            return Some(format!("{name} is a function"));
        }
        match kind(name, self.dialect) {
            Some(true) if !bash => return Some(format!("{name} is a special shell builtin")),
            Some(_) => return Some(format!("{name} is a shell builtin")),
            None => {}
        }
        self.find_program(sys, name).ok().map(|path| format!("{name} is {}", self.shown_path(name, &path)))
    }
    pub(super) fn short_description(&mut self, sys: &mut dyn Sys, name: &str) -> Option<String> {
        if let Some(text) = self.aliases.get(name) {
            return Some(format!("alias {name}={}", single_quote(text)));
        }
        if KEYWORDS.contains(&name) || self.functions.contains_key(name) || kind(name, self.dialect).is_some() {
            return Some(name.to_owned());
        }
        self.find_program(sys, name).ok().map(|path| self.shown_path(name, &path).to_owned())
    }
    /// busybox's shell prefers its own programs to those on disk, and shows them by their name.
    fn shown_path<'a>(&self, name: &'a str, path: &'a str) -> &'a str {
        if self.dialect == Dialect::Ash
            && !name.contains('/')
            && (path.starts_with("/bin/") || path.starts_with("/usr/bin/"))
            && crate::programs::in_busybox(name)
        {
            name
        } else {
            path
        }
    }
    /// `hash`: forgets, lists or looks up.
    pub(super) fn hash(&mut self, sys: &mut dyn Sys, args: &[Rc<str>]) -> Flow {
        let (letters, names) = match Self::letters(args, "r") {
            Ok(found) => found,
            Err(letter) => return self.illegal(sys, "hash", letter, false),
        };
        if !letters.is_empty() {
            self.found = Rc::default();
        }
        for name in names {
            if kind(name, self.dialect).is_none() && !self.functions.contains_key(name) && self.find_program(sys, name).is_err() {
                self.complain_as(sys, "hash", &format!("{name}: not found"));
                self.status = 1;
            }
        }
        Flow::Next
    }
    pub(super) fn no_alias(&mut self, sys: &mut dyn Sys, command: &str, name: &str) {
        if self.dialect == Dialect::Ash {
            sys.err(&format!("{command}: {name} not found\n"));
        } else {
            self.complain_as(sys, command, &format!("{name}: not found"));
        }
        self.status = 1;
    }
    pub(super) fn alias(&mut self, sys: &mut dyn Sys, args: &[Rc<str>]) {
        if args.is_empty() {
            let mut list: Vec<(&str, &str)> = self.aliases.iter().map(|(k, v)| (&**k, &**v)).collect();
            if !self.is_bash() {
                // In the order of the shell's hash table.
                list.sort_by_key(|(name, _)| bucket(name));
            }
            let lines: String = list.iter().map(|(k, v)| format!("{k}={}\n", single_quote(v))).collect();
            self.print(sys, "alias", lines.as_bytes());
        }
        for a in args {
            match a.split_once('=') {
                Some((name, value)) => {
                    Rc::make_mut(&mut self.aliases).insert(name.into(), value.into());
                }
                None => {
                    if let Some(value) = self.aliases.get(a).cloned() {
                        self.print(sys, "alias", format!("{a}={}\n", single_quote(&value)).as_bytes());
                    } else {
                        self.no_alias(sys, "alias", a);
                    }
                }
            }
        }
    }
}
