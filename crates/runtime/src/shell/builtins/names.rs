//! What a name means: `type`, `command -v`, `alias`.
#![expect(clippy::format_collect, reason = "short lists, printed at once")]

use super::kind;
use crate::{
    program::Sys,
    shell::{Shell, run::single_quote},
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
        self.find_program(sys, name).ok().map(|path| format!("{name} is {path}"))
    }
    pub(super) fn short_description(&mut self, sys: &mut dyn Sys, name: &str) -> Option<String> {
        if let Some(text) = self.aliases.get(name) {
            return Some(format!("alias {name}={}", single_quote(text)));
        }
        if KEYWORDS.contains(&name) || self.functions.contains_key(name) || kind(name, self.dialect).is_some() {
            return Some(name.to_owned());
        }
        self.find_program(sys, name).ok().map(|path| path.to_string())
    }
    pub(super) fn alias(&mut self, sys: &mut dyn Sys, args: &[Rc<str>]) {
        if args.is_empty() {
            let lines: String = self.aliases.iter().map(|(k, v)| format!("{k}={}\n", single_quote(v))).collect();
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
                        self.complain_as(sys, "alias", &format!("{a} not found"));
                        self.status = 1;
                    }
                }
            }
        }
    }
}
