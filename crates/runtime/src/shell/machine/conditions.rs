//! `case`, and `[[ … ]]` of bash.

use super::{Flow, Frame, Progress};
use crate::{
    program::Sys,
    shell::{
        Shell,
        ast::{BranchEnd, Command, Test, Word},
        builtins, pattern,
    },
};
use std::rc::Rc;

impl Shell {
    pub(super) fn case(
        &mut self,
        sys: &mut dyn Sys,
        node: Rc<Command>,
        mut progress: Box<Progress>,
        value: Option<Rc<str>>,
        place: (usize, usize),
        tested: bool,
        exec: bool,
    ) -> Flow {
        let Command::Case { word, branches } = &*node else { return Flow::Next };
        let (mut branch, mut index) = place;
        progress.log.rewind();
        let value = match value {
            Some(value) => value,
            None => match self.text(sys, &mut progress.log, word, false) {
                Ok(text) => {
                    progress.step();
                    progress.log.rewind();
                    self.status = 0;
                    text
                }
                Err(stop) => {
                    self.frames.push(Frame::Case { node: node.clone(), progress, value: None, branch, pattern: index, tested, exec });
                    return self.stopped(sys, stop);
                }
            },
        };
        while let Some(b) = branches.get(branch) {
            let hit = match b.patterns.get(index) {
                // Reached by falling through.
                _ if index == usize::MAX => true,
                None => {
                    branch += 1;
                    index = 0;
                    continue;
                }
                Some(word) => match self.pattern(sys, &mut progress.log, word) {
                    Ok(pattern) => pattern::matches(&pattern, &value),
                    Err(stop) => {
                        self.frames.push(Frame::Case { node: node.clone(), progress, value: Some(value), branch, pattern: index, tested, exec });
                        return self.stopped(sys, stop);
                    }
                },
            };
            progress.step();
            progress.log.rewind();
            if !hit {
                index += 1;
                continue;
            }
            let body = b.body.clone();
            match b.end {
                BranchEnd::Leave => {}
                BranchEnd::FallThrough => {
                    self.frames.push(Frame::Case { node: node.clone(), progress, value: Some(value), branch: branch + 1, pattern: usize::MAX, tested, exec });
                }
                BranchEnd::GoOn => {
                    self.frames.push(Frame::Case { node: node.clone(), progress, value: Some(value), branch: branch + 1, pattern: 0, tested, exec });
                }
            }
            if let Some(body) = body {
                self.frames.push(Frame::Run { node: body, tested, exec: exec && b.end == BranchEnd::Leave });
            }
            return Flow::Next;
        }
        Flow::Next
    }
    pub(super) fn push_test(&mut self, node: Rc<Test>) {
        match &*node {
            Test::And(left, _) | Test::Or(left, _) | Test::Not(left) => {
                let left = left.clone();
                self.frames.push(Frame::TestRest { node });
                self.push_test(left);
            }
            Test::Unary(..) | Test::Binary(..) => self.frames.push(Frame::Test { node, progress: Box::default(), tested: true, place: 0, first: None }),
        }
    }
    pub(super) fn test_frame(
        &mut self,
        sys: &mut dyn Sys,
        node: Rc<Test>,
        mut progress: Box<Progress>,
        tested: bool,
        place: u8,
        first: Option<Rc<str>>,
    ) -> Flow {
        progress.log.rewind();
        let word: Option<(&Word, bool)> = match (&*node, place) {
            (Test::Unary(_, w) | Test::Binary(_, w, _), 0) => Some((w, false)),
            (Test::Binary(op, _, w), 1) => Some((w, matches!(&**op, "=" | "==" | "!="))),
            _ => None,
        };
        if let Some((word, is_pattern)) = word {
            let expanded = if is_pattern { self.pattern(sys, &mut progress.log, word).map(Rc::from) } else { self.text(sys, &mut progress.log, word, false) };
            match expanded {
                Err(stop) => {
                    self.frames.push(Frame::Test { node: node.clone(), progress, tested, place, first });
                    return self.stopped(sys, stop);
                }
                Ok(text) => {
                    progress.step();
                    if place == 0 && matches!(&*node, Test::Binary(..)) {
                        self.frames.push(Frame::Test { node: node.clone(), progress, tested, place: 1, first: Some(text) });
                        return Flow::Next;
                    }
                    let result = match &*node {
                        Test::Unary(op, _) if &**op == "-v" => Ok(self.variable(&text).is_some()),
                        Test::Unary(op, _) => builtins::test(sys, &[op.clone(), text], false),
                        Test::Binary(op, _, _) => {
                            let left = first.unwrap_or_else(|| "".into());
                            match &**op {
                                "=" | "==" => Ok(pattern::matches(&text, &left)),
                                "!=" => Ok(!pattern::matches(&text, &left)),
                                "-eq" | "-ne" | "-lt" | "-le" | "-gt" | "-ge" => {
                                    let (a, b) = (self.evaluate(sys, &left), self.evaluate(sys, &text));
                                    match (a, b) {
                                        (Ok(a), Ok(b)) => Ok(match &**op {
                                            "-eq" => a == b,
                                            "-ne" => a != b,
                                            "-lt" => a < b,
                                            "-le" => a <= b,
                                            "-gt" => a > b,
                                            _ => a >= b,
                                        }),
                                        (Err(e), _) | (_, Err(e)) => Err(e),
                                    }
                                }
                                _ => builtins::test(sys, &[left, op.clone(), text], true),
                            }
                        }
                        _ => Ok(false),
                    };
                    match result {
                        Ok(yes) => self.status = i32::from(!yes),
                        Err(message) => {
                            self.complain(sys, &message);
                            self.status = 2;
                        }
                    }
                }
            }
        }
        Flow::Next
    }
}
