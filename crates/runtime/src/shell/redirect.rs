//! Redirections.
#![expect(clippy::unused_self, clippy::needless_pass_by_value, reason = "methods beside the ones that need it")]

use super::{
    Shell,
    ast::{Command, Redirect, RedirectKind},
    expand::{Progress, Stop},
    machine::{Flow, Frame},
};
use crate::program::{Errno, Fd, Kind, Open, Sys};
use std::rc::Rc;

/// How far the redirections of a command are.
#[derive(Clone, Debug, Default)]
pub(crate) struct Redirecting {
    pub(crate) progress: Progress,
    next: usize,
    pub(crate) saved: Vec<(Fd, Option<Fd>)>,
}

/// Why redirections were not made.
pub(crate) enum Trouble {
    Stop(Stop),
    /// The message is printed already.
    Failed,
    /// The same, and the shell ends.
    Fatal,
}

/// Puts descriptors back.
pub(crate) fn restore(sys: &mut dyn Sys, saved: Vec<(Fd, Option<Fd>)>) {
    for (fd, old) in saved.into_iter().rev() {
        match old {
            Some(old) => {
                let _ = sys.dup2(old, fd);
                let _ = sys.close(old);
            }
            None => {
                let _ = sys.close(fd);
            }
        }
    }
}

impl Shell {
    /// Makes redirections one after the other; goes on where it stopped.
    pub(crate) fn redirect(&mut self, sys: &mut dyn Sys, list: &[Redirect], state: &mut Redirecting) -> Result<(), Trouble> {
        while let Some(redirect) = list.get(state.next) {
            state.progress.log.rewind();
            let (word, is_text) = match &redirect.kind {
                RedirectKind::Read(w)
                | RedirectKind::Write(w)
                | RedirectKind::Clobber(w)
                | RedirectKind::Append(w)
                | RedirectKind::ReadWrite(w)
                | RedirectKind::Duplicate(w)
                | RedirectKind::Both(w, _) => (w.clone(), false),
                RedirectKind::HereString(w) => (w.clone(), true),
                RedirectKind::Here(body) => (body.get().cloned().unwrap_or_else(|| Rc::from([])), true),
            };
            let text = self.text(sys, &mut state.progress.log, &word, false).map_err(Trouble::Stop)?;
            state.progress.step();
            state.next += 1;
            let fd = redirect.fd;
            // `>&word` with a word that is no number is `&>word`, for stdout only.
            let to_file =
                matches!(redirect.kind, RedirectKind::Duplicate(_)) && self.dialect == super::Dialect::Ash && &*text != "-" && text.parse::<Fd>().is_err();
            if to_file && fd != 1 {
                sys.err(&format!("{}: redir error\n", self.name));
                return Err(Trouble::Fatal);
            }
            if matches!(redirect.kind, RedirectKind::Duplicate(_)) && !to_file {
                self.save(sys, fd, state);
                if &*text == "-" {
                    let _ = sys.close(fd);
                    continue;
                }
                let from: Fd = if let Ok(from) = text.parse() {
                    from
                } else {
                    self.complain(sys, &format!("{text}: {}", if self.is_bash() { "ambiguous redirect" } else { "bad fd number" }));
                    return Err(Trouble::Failed);
                };
                if sys.dup2(from, fd).is_err() {
                    self.complain(sys, &format!("{from}: {}", Errno::BadF.text()));
                    return Err(Trouble::Failed);
                }
                continue;
            }
            let opened = if is_text {
                let mut body = text.to_string();
                if matches!(redirect.kind, RedirectKind::HereString(_)) {
                    body.push('\n');
                }
                Ok(self.text_fd(sys, &body))
            } else {
                let how = match &redirect.kind {
                    RedirectKind::Read(_) => Open::READ,
                    RedirectKind::Append(_) | RedirectKind::Both(_, true) => Open::APPEND,
                    RedirectKind::ReadWrite(_) => Open { read: true, write: true, create: true, ..Open::default() },
                    RedirectKind::Write(_) if self.options.no_clobber && sys.stat(&text).is_ok_and(|s| s.kind == Kind::File) => {
                        self.complain(sys, &format!("can't create {text}: File exists"));
                        return Err(Trouble::Failed);
                    }
                    _ => Open::WRITE,
                };
                sys.open(&text, how).map_err(|errno| (errno, how.create))
            };
            match opened {
                Ok(from) => {
                    if from == fd {
                        // The number was free.
                        state.saved.push((fd, None));
                    } else {
                        self.save(sys, fd, state);
                        let _ = sys.dup2(from, fd);
                        let _ = sys.close(from);
                    }
                    if to_file || matches!(redirect.kind, RedirectKind::Both(..)) {
                        self.save(sys, 2, state);
                        let _ = sys.dup2(fd, 2);
                    }
                }
                Err((errno, create)) => {
                    let message = if self.is_bash() {
                        format!("{text}: {}", errno.text())
                    } else {
                        let reason = match errno {
                            Errno::NoEnt | Errno::NotDir if create => "nonexistent directory",
                            Errno::NoEnt | Errno::NotDir => "no such file",
                            other => other.text(),
                        };
                        match self.dialect {
                            super::Dialect::Dash => format!(
                                "cannot {} {text}: {}",
                                if create { "create" } else { "open" },
                                if create { "Directory nonexistent" } else { "No such file" }
                            ),
                            _ => format!("can't {} {text}: {reason}", if create { "create" } else { "open" }),
                        }
                    };
                    self.complain(sys, &message);
                    return Err(Trouble::Failed);
                }
            }
        }
        Ok(())
    }
    fn save(&mut self, sys: &mut dyn Sys, fd: Fd, state: &mut Redirecting) {
        if state.saved.iter().any(|(f, _)| *f == fd) {
            return;
        }
        let old = sys.dup(fd, 10).ok();
        state.saved.push((fd, old));
    }
    /// A descriptor that reads a text: a here-document.
    fn text_fd(&self, sys: &mut dyn Sys, text: &str) -> Fd {
        sys.text(text.as_bytes())
    }

    /// A compound command with redirections.
    pub(crate) fn redirected(&mut self, sys: &mut dyn Sys, node: Rc<Command>, mut state: Box<Redirecting>, tested: bool, exec: bool) -> Flow {
        let Command::Redirected(inner, list) = &*node else { return Flow::Next };
        match self.redirect(sys, list, &mut state) {
            Ok(()) => {
                let inner = inner.clone();
                self.frames.push(Frame::Restore(std::mem::take(&mut state.saved)));
                self.frames.push(Frame::Run { node: inner, tested, exec });
                Flow::Next
            }
            Err(Trouble::Stop(stop)) => {
                self.frames.push(Frame::Redirected { node: node.clone(), state, tested, exec });
                self.stopped(sys, stop)
            }
            Err(Trouble::Fatal) => self.exit(sys, 2),
            Err(Trouble::Failed) => {
                restore(sys, std::mem::take(&mut state.saved));
                self.status = 1;
                self.check_exit(sys, tested)
            }
        }
    }
}
