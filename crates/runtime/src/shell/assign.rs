//! Assignments.

use super::{
    Shell,
    ast::Assignment,
    expand::{Progress, Stop},
    variables::Key,
};
use crate::program::Sys;
use std::{collections::BTreeMap, rc::Rc};

impl Shell {
    /// The value an assignment gives, as one text; lists of bash are stored at once.
    pub(crate) fn assignment_value(&mut self, sys: &mut dyn Sys, progress: &mut Progress, a: &Assignment) -> Result<Option<Rc<str>>, Stop> {
        progress.log.rewind();
        if let Some(words) = &a.list {
            self.assign_list(sys, progress, a, words)?;
            return Ok(None);
        }
        let value = self.text(sys, &mut progress.log, &a.value, true)?;
        if let Some(index) = &a.index {
            let index = self.text(sys, &mut progress.log, index, false)?;
            let key = self.key(sys, &a.name, &index).map_err(Stop::Fail)?;
            let mut v = self.variables.get(&a.name).cloned().unwrap_or_default();
            let mut list = v.list.as_deref().cloned().unwrap_or_else(|| v.value.take().map(|t| BTreeMap::from([(Key::Number(0), t)])).unwrap_or_default());
            let value = if a.append { format!("{}{value}", list.get(&key).map_or("", |t| t)).into() } else { value };
            list.insert(key, value);
            v.list = Some(Rc::new(list));
            self.store(&a.name, v);
            return Ok(None);
        }
        if a.append {
            let old = self.variable(&a.name).unwrap_or_else(|| "".into());
            return Ok(Some(format!("{old}{value}").into()));
        }
        Ok(Some(value))
    }
    fn store(&mut self, name: &Rc<str>, variable: super::variables::Variable) {
        self.env_cache = None;
        if Rc::make_mut(&mut self.variables).insert(name.clone(), variable).is_none() {
            self.order.push(name.clone());
        }
    }
    fn assign_list(&mut self, sys: &mut dyn Sys, progress: &mut Progress, a: &Assignment, words: &[super::ast::Word]) -> Result<(), Stop> {
        // A nested round has its own words, but shares the log.
        let mut inner = Progress::default();
        inner.log = std::mem::take(&mut progress.log);
        let mut fields = Vec::new();
        for word in words {
            let mut one = Vec::new();
            let result = self.list_word(sys, &mut inner, word, &mut one);
            if let Err(stop) = result {
                progress.log = inner.log;
                return Err(stop);
            }
            fields.extend(one);
        }
        progress.log = inner.log;
        let mut v = self.variables.get(&a.name).cloned().unwrap_or_default();
        let mut list = if a.append { v.list.as_deref().cloned().unwrap_or_default() } else { BTreeMap::new() };
        let mut next = list.keys().filter_map(|k| if let Key::Number(n) = k { Some(n + 1) } else { None }).max().unwrap_or(0);
        for field in fields {
            let indexed = field.strip_prefix('[').and_then(|f| f.split_once("]="));
            if let Some((index, value)) = indexed {
                let key = self.key(sys, &a.name, index).map_err(Stop::Fail)?;
                if let Key::Number(n) = key {
                    next = n + 1;
                }
                list.insert(key, value.into());
            } else {
                list.insert(Key::Number(next), field);
                next += 1;
            }
        }
        v.list = Some(Rc::new(list));
        v.value = None;
        self.store(&a.name, v);
        Ok(())
    }
}
