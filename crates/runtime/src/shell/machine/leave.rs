//! Leaving: loops, functions, the shell.

use super::{Flow, Frame, Source};
use crate::{
    program::Sys,
    shell::{ON_ERROR, Shell, reader::Reader, redirect, variables::Variable},
};
use std::rc::Rc;

impl Shell {
    /// `set -e`.
    pub(crate) fn check_exit(&mut self, sys: &mut dyn Sys, tested: bool) -> Flow {
        if self.status == 0 || tested {
            return Flow::Next;
        }
        let inside = self.frames.iter().any(|f| matches!(f, Frame::Call { .. } | Frame::Trap { .. }));
        let trap = self.traps.get(&ON_ERROR).filter(|t| !t.is_empty() && !inside && self.exiting.is_none()).cloned();
        if let Some(text) = trap {
            if self.options.exit_on_error {
                self.frames.push(Frame::Leave(self.status));
            }
            self.frames.push(Frame::Trap { status: self.status });
            self.frames.push(Frame::Script { reader: Box::new(Reader::new(&text, 0, self.dialect)), source: Source::Trap, tested: true });
            return Flow::Next;
        }
        if self.options.exit_on_error { self.exit(sys, self.status) } else { Flow::Next }
    }
    /// A mistake that ends a shell which nobody types into.
    pub(crate) fn fail(&mut self, sys: &mut dyn Sys, message: &str) -> Flow {
        self.complain(sys, message);
        self.exit(sys, if self.is_bash() { 1 } else { 2 })
    }
    /// Puts right what a frame has changed.
    pub(crate) fn clean(&mut self, sys: &mut dyn Sys, frame: Frame) {
        match frame {
            Frame::Restore(saved) => redirect::restore(sys, saved),
            Frame::Call { positional, locals, .. } => {
                self.positional = positional;
                self.put_back(locals);
            }
            Frame::Temporary(saved) => self.put_back(saved),
            Frame::Substitution { fd: Some(fd), .. } => {
                let _ = sys.close(fd);
            }
            Frame::Trap { status } => self.status = status,
            Frame::Called(name) => self.command_name = name,
            Frame::Script { source: Source::Dot(name), .. } => self.command_name = name,
            _ => {}
        }
    }
    pub(crate) fn put_back(&mut self, saved: Vec<(Rc<str>, Option<Variable>)>) {
        self.env_cache = None;
        for (name, old) in saved.into_iter().rev() {
            let variables = Rc::make_mut(&mut self.variables);
            if let Some(old) = old {
                if variables.insert(name.clone(), old).is_none() {
                    self.order.push(name);
                }
            } else {
                variables.remove(&name);
                self.order.retain(|n| *n != name);
            }
        }
    }
    /// Ends the shell: the EXIT trap runs first.
    pub(crate) fn exit(&mut self, sys: &mut dyn Sys, status: i32) -> Flow {
        while let Some(frame) = self.frames.pop() {
            if !matches!(frame, Frame::Trap { .. }) {
                self.clean(sys, frame);
            }
        }
        self.status = status;
        self.exiting = Some(status);
        self.pending.clear();
        if let Some(text) = self.traps.get(&0).cloned() {
            Rc::make_mut(&mut self.traps).remove(&0);
            self.frames.push(Frame::Script { reader: Box::new(Reader::new(&text, 0, self.dialect)), source: Source::Trap, tested: false });
            return Flow::Next;
        }
        Flow::Done(status)
    }
    /// `break` and `continue`.
    pub(crate) fn leave_loops(&mut self, sys: &mut dyn Sys, levels: usize, again: bool) {
        let is_loop = |f: &Frame| matches!(f, Frame::Loop { .. } | Frame::For { .. } | Frame::ForArithmetic { .. });
        let nest = self.frames.iter().rev().take_while(|f| !matches!(f, Frame::Call { .. })).filter(|f| is_loop(f)).count();
        let mut left = levels.min(nest);
        self.status = 0;
        while left > 0 {
            let Some(frame) = self.frames.pop() else { return };
            if is_loop(&frame) {
                left -= 1;
                if left == 0 && again {
                    // The body counts as done.
                    let frame = match frame {
                        Frame::Loop { node, tested, last, .. } => Frame::Loop { node, in_test: false, tested, last },
                        other => other,
                    };
                    self.frames.push(frame);
                }
                continue;
            }
            self.clean(sys, frame);
        }
    }
    /// `return`; `false` where there is nothing to return from.
    pub(crate) fn leave_function(&mut self, sys: &mut dyn Sys) -> bool {
        let is_target = |f: &Frame| matches!(f, Frame::Call { .. } | Frame::Script { source: Source::Dot(_), .. });
        if !self.frames.iter().any(is_target) {
            return false;
        }
        while let Some(frame) = self.frames.pop() {
            let found = is_target(&frame);
            self.clean(sys, frame);
            if found {
                break;
            }
        }
        true
    }
    pub(crate) fn function_name(&self) -> Rc<str> {
        self.frames.iter().rev().find_map(|f| if let Frame::Call { name, .. } = f { Some(name.clone()) } else { None }).unwrap_or_else(|| "".into())
    }
}
