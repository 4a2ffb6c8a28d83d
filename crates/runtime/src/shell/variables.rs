//! Variables, positional and special parameters.

use super::{Dialect, Shell};
use crate::program::{Env, Sys};
use std::{collections::BTreeMap, rc::Rc};

/// A variable.
#[derive(Clone, Debug, Default)]
pub(crate) struct Variable {
    pub(crate) value: Option<Rc<str>>,
    /// bash: an indexed or associative array.
    pub(crate) list: Option<Rc<BTreeMap<Key, Rc<str>>>>,
    pub(crate) associative: bool,
    pub(crate) exported: bool,
    pub(crate) read_only: bool,
}

/// An index of an array.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Key {
    Number(i64),
    Name(Rc<str>),
}

/// What a parameter stands for.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    Unset,
    One(Rc<str>),
    /// `$@`, `$*`; `true` for those that are joined in quotes.
    Many(Rc<Vec<Rc<str>>>, bool),
}

impl Shell {
    pub(crate) fn variable(&self, name: &str) -> Option<Rc<str>> {
        let v = self.variables.get(name)?;
        if let Some(list) = &v.list {
            return list.get(&Key::Number(0)).cloned();
        }
        v.value.clone()
    }
    /// Sets a variable; the error is what the shell prints before it ends.
    pub(crate) fn set(&mut self, name: &str, value: Rc<str>) -> Result<(), String> {
        let export = self.options.all_export;
        if let Some(v) = self.variables.get(name) {
            if v.read_only {
                return Err(format!("{name}: {}", if self.dialect == Dialect::Bash { "readonly variable" } else { "is read only" }));
            }
            if v.exported || export {
                self.env_cache = None;
            }
        } else if export {
            self.env_cache = None;
        }
        let variables = Rc::make_mut(&mut self.variables);
        if let Some(v) = variables.get_mut(name) {
            if v.list.is_some() {
                let mut list = v.list.as_deref().cloned().unwrap_or_default();
                list.insert(Key::Number(0), value);
                v.list = Some(Rc::new(list));
            } else {
                v.value = Some(value);
            }
            v.exported |= export;
        } else {
            variables.insert(name.into(), Variable { value: Some(value), exported: export, ..Variable::default() });
            self.order.push(name.into());
        }
        if name == "OPTIND" {
            self.getopts_at = 0;
        }
        Ok(())
    }
    pub(crate) fn export(&mut self, name: &str, exported: bool) {
        self.env_cache = None;
        let variables = Rc::make_mut(&mut self.variables);
        if !variables.contains_key(name) {
            self.order.push(name.into());
        }
        variables.entry(name.into()).or_default().exported = exported;
    }
    pub(crate) fn unset(&mut self, name: &str) -> Result<(), String> {
        if let Some(v) = self.variables.get(name) {
            if v.read_only {
                return Err(format!("{name}: is read only"));
            }
            if v.exported {
                self.env_cache = None;
            }
            Rc::make_mut(&mut self.variables).remove(name);
            self.order.retain(|n| &**n != name);
        }
        Ok(())
    }
    /// The environment for children, in the order of the shell's hash table.
    pub(crate) fn environment(&mut self) -> Rc<Env> {
        if let Some(env) = &self.env_cache {
            return env.clone();
        }
        let mut list: Vec<(u32, Rc<str>, Rc<str>)> = Vec::new();
        for name in &self.order {
            if let Some(v) = self.variables.get(name)
                && v.exported
                && let Some(value) = &v.value
            {
                list.push((if self.dialect == Dialect::Bash { 0 } else { bucket(name) }, name.clone(), value.clone()));
            }
        }
        list.sort_by_key(|e| e.0);
        let env: Rc<Env> = Rc::new(list.into_iter().map(|(_, k, v)| (k, v)).collect());
        self.env_cache = Some(env.clone());
        env
    }
    /// A parameter's value.
    pub(crate) fn parameter(&mut self, sys: &mut dyn Sys, name: &str) -> Value {
        let one = |text: String| Value::One(text.into());
        match name {
            "@" => Value::Many(self.positional.clone(), false),
            "*" => Value::Many(self.positional.clone(), true),
            "#" => one(self.positional.len().to_string()),
            "?" => one(self.status.to_string()),
            "$" => one(self.shell_pid.to_string()),
            "!" => self.last_background.map_or(Value::Unset, |p| one(p.to_string())),
            "-" => one(self.option_letters()),
            "0" => Value::One(self.name.clone()),
            "LINENO" => one(self.line.to_string()),
            "RANDOM" if self.dialect != Dialect::Dash => one((sys.random() & 0x7fff).to_string()),
            "SECONDS" if self.dialect == Dialect::Bash => one((sys.now().since(self.started_at) / 1000).to_string()),
            "EPOCHSECONDS" if self.dialect != Dialect::Dash => one((sys.unix_ms() / 1000).to_string()),
            "BASHPID" if self.dialect == Dialect::Bash => one(sys.pid().to_string()),
            "UID" | "EUID" if self.dialect == Dialect::Bash => one(sys.user().0.to_string()),
            "FUNCNAME" if self.dialect == Dialect::Bash => one(self.function_name().to_string()),
            "PIPESTATUS" if self.dialect == Dialect::Bash => one(self.status.to_string()),
            _ if name.as_bytes().first().is_some_and(u8::is_ascii_digit) => {
                let index = name.parse::<usize>().unwrap_or(usize::MAX);
                self.positional.get(index.wrapping_sub(1)).cloned().map_or(Value::Unset, Value::One)
            }
            _ => self.variable(name).map_or(Value::Unset, Value::One),
        }
    }
}

/// ash's table has 39 lists.
pub(crate) fn bucket(name: &str) -> u32 {
    let first = name.bytes().next().map_or(0, u32::from) << 4;
    name.bytes().fold(first, |h, b| h.wrapping_add(u32::from(b))) % 39
}
