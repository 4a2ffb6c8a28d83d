//! Traps.

use super::{
    Shell,
    machine::{Frame, Source},
    reader::Reader,
};
use std::rc::Rc;

impl Shell {
    /// Whether a trap is set that must run when the shell ends or gets a signal.
    pub(crate) fn may_trap(&self) -> bool {
        self.traps.values().any(|t| !t.is_empty())
    }
    /// Puts the next trap's text on the stack.
    pub(crate) fn run_trap(&mut self) {
        let Some(signal) = self.pending.pop_front() else { return };
        let Some(text) = self.traps.get(&signal.number()).cloned().filter(|t| !t.is_empty()) else { return };
        self.frames.push(Frame::Trap { status: self.status });
        self.frames.push(Frame::Script { reader: Box::new(Reader::new(&text, 0, self.dialect)), source: Source::Trap, tested: false });
    }
    /// The number of a trap's condition; 0 is EXIT.
    pub(crate) fn condition(text: &str) -> Option<i32> {
        if text == "0" || text.eq_ignore_ascii_case("EXIT") {
            return Some(0);
        }
        crate::Signal::parse(text).map(crate::Signal::number)
    }
    pub(crate) fn set_trap(&mut self, number: i32, text: Option<Rc<str>>) {
        let traps = Rc::make_mut(&mut self.traps);
        match text {
            Some(text) => {
                traps.insert(number, text);
            }
            None => {
                traps.remove(&number);
            }
        }
    }
}
