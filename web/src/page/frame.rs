//! The animation frame: asked for only while something moves, and never twice at once.

use super::{Message, Page};
use gloo::render::{AnimationFrame, request_animation_frame};
use podglass_playground::Event;
use yew::Context;

/// A tab that was in the background, or a debugger, must not make the run jump.
const LONGEST: f64 = 100.0;
/// What one frame may spend on the simulation, in milliseconds.
const SPEND: f64 = 8.0;

/// When the last frame was, and how much this machine simulates in one.
#[derive(Debug)]
pub(super) struct Clock {
    handle: Option<AnimationFrame>,
    last: Option<f64>,
    began: f64,
    budget: u32,
}

impl Default for Clock {
    fn default() -> Self {
        Clock { handle: None, last: None, began: 0.0, budget: 2_000 }
    }
}

impl Clock {
    /// Asks for a frame where one is wanted and none is under way.
    pub(super) fn wake(&mut self, ctx: &Context<Page>, moving: bool) {
        if !moving {
            self.handle = None;
            self.last = None;
        } else if self.handle.is_none() {
            let link = ctx.link().clone();
            self.handle = Some(request_animation_frame(move |now| link.send_message(Message::Frame(now))));
        }
    }

    /// A frame came.
    pub(super) fn frame(&mut self, now: f64) -> Event {
        self.handle = None;
        let elapsed_ms = self.last.map_or(0.0, |last| (now - last).clamp(0.0, LONGEST));
        self.last = Some(now);
        self.began = js_sys::Date::now();
        Event::Frame { elapsed_ms, budget: self.budget }
    }

    /// The frame's work is done: the next one's budget follows from how long it took.
    pub(super) fn done(&mut self) {
        let took = js_sys::Date::now() - self.began;
        if took > SPEND {
            self.budget = (self.budget / 2).max(100);
        } else if took < SPEND / 2.0 {
            self.budget = (self.budget + self.budget / 8).min(8_000);
        }
    }
}
