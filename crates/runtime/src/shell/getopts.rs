//! `getopts`.
#![expect(clippy::assigning_clones, reason = "single letters")]

use super::{Shell, machine::Flow};
use crate::program::Sys;
use std::rc::Rc;

impl Shell {
    pub(crate) fn getopts(&mut self, sys: &mut dyn Sys, args: &[Rc<str>]) -> Flow {
        let [spec, name, rest @ ..] = args else {
            self.complain_as(sys, "getopts", "usage: getopts optstring var [arg]");
            self.status = 2;
            return Flow::Next;
        };
        let words: Vec<Rc<str>> = if rest.is_empty() { (*self.positional).clone() } else { rest.to_vec() };
        let silent = spec.starts_with(':');
        let mut index = self.variable("OPTIND").and_then(|v| v.parse::<usize>().ok()).unwrap_or(1).max(1);
        let mut at = self.getopts_at;
        let word = words.get(index - 1).cloned().unwrap_or_else(|| "".into());
        let done = |shell: &mut Shell, index: usize| {
            let _ = shell.set("OPTIND", index.to_string().into());
            let _ = shell.set(name, "?".into());
            shell.status = 1;
        };
        if at == 0 {
            if word.len() < 2 || !word.starts_with('-') {
                done(self, index);
                return Flow::Next;
            }
            if &*word == "--" {
                done(self, index + 1);
                return Flow::Next;
            }
            at = 1;
        }
        let letter = word.get(at..).and_then(|w| w.chars().next()).unwrap_or('?');
        at += letter.len_utf8();
        let finished = at >= word.len();
        let place = spec.find(letter).filter(|_| letter != ':');
        let mut found = letter.to_string();
        let mut optarg: Option<String> = None;
        match place {
            None => {
                found = "?".to_owned();
                if silent {
                    optarg = Some(letter.to_string());
                } else {
                    let text = if self.is_bash() { format!("{}: illegal option -- {letter}\n", self.name) } else { format!("Illegal option -{letter}\n") };
                    sys.err(&text);
                }
                if finished {
                    index += 1;
                    at = 0;
                }
            }
            Some(p) if spec[p + letter.len_utf8()..].starts_with(':') => {
                if !finished {
                    optarg = word.get(at..).map(str::to_owned);
                    index += 1;
                } else if let Some(value) = words.get(index) {
                    optarg = Some(value.to_string());
                    index += 2;
                } else {
                    index += 1;
                    if silent {
                        found = ":".to_owned();
                        optarg = Some(letter.to_string());
                    } else {
                        found = "?".to_owned();
                        let text = if self.is_bash() {
                            format!("{}: option requires an argument -- {letter}\n", self.name)
                        } else {
                            format!("No arg for -{letter} option\n")
                        };
                        sys.err(&text);
                    }
                }
                at = 0;
            }
            Some(_) => {
                if finished {
                    index += 1;
                    at = 0;
                }
            }
        }
        let _ = self.set("OPTIND", index.to_string().into());
        self.getopts_at = at;
        match optarg {
            Some(value) => {
                let _ = self.set("OPTARG", value.into());
            }
            None => {
                let _ = self.unset("OPTARG");
            }
        }
        if let Err(message) = self.set(name, found.into()) {
            return self.fail(sys, &message);
        }
        self.status = 0;
        Flow::Next
    }
}
