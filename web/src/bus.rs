//! How every component speaks to the page: one stable handle in the context.

use crate::page::Message;
use podglass_playground::{Event, SimTime, scene::Target};
use yew::prelude::*;

/// What the page alone knows about: overlays, panes, theme. Nothing of it is part of a scenario.
#[derive(Clone, Debug, PartialEq)]
pub enum Ui {
    /// Opens a dialog, or closes whatever is open.
    Overlay(Overlay),
    /// The timeline in the dock, or the open panel.
    ShowTimeline(bool),
    /// Which pane a narrow screen shows.
    Pane(Pane),
    /// Chooses a theme.
    Theme(Theme),
    /// Width of the editor in pixels.
    EditorWidth(f64),
    /// Height of the dock in pixels.
    DockHeight(f64),
    /// Puts this into the clipboard and says so.
    Copy(String),
    /// Moves the editor's cursor to a line and a column, both from 1.
    GoTo {
        /// Tab.
        tab: usize,
        /// Line.
        line: usize,
        /// Column.
        column: usize,
    },
    /// Clears the terminal.
    ClearTerminal,
    /// Puts a line into the terminal as if the shell had printed it.
    Print(String),
    /// Chooses a language by its code.
    Language(&'static str),
    /// The dock takes all the room there is, or gives it back.
    Maximise,
    /// Takes a tour by its id, from a step (counted from 0) on.
    Tour(String, usize),
    /// Leaves the tour.
    LeaveTour,
    /// Fetches a recording of a real cluster and opens it.
    Recording(String),
    /// Fetches the list of recordings and shows it.
    Recordings,
}

/// What lies over the page.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Overlay {
    /// Nothing.
    #[default]
    None,
    /// The link to this moment.
    Share,
    /// The code that embeds this moment.
    Embed,
    /// Examples and tours.
    Gallery,
    /// Keys and how true the picture is.
    Help,
    /// The command palette.
    Palette,
    /// The recordings of a real cluster: name, what it shows, how many facts agree, how many there are.
    Recordings(std::rc::Rc<[(String, String, u64, u64)]>),
    /// What could be otherwise: the thing, and where the pointer was.
    WhatIf {
        /// The container or Pod.
        target: Target,
        /// From the left of the window.
        x: i32,
        /// From its top.
        y: i32,
    },
}

/// The panes of a narrow screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pane {
    /// The editor.
    Manifest,
    /// The stage.
    #[default]
    Stage,
    /// Timeline and panels.
    Details,
}

/// Themes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// As the system has it.
    #[default]
    Auto,
    /// Light.
    Light,
    /// Dark.
    Dark,
    /// High contrast.
    Contrast,
}

impl Theme {
    /// All of them.
    pub const ALL: [Theme; 4] = [Theme::Auto, Theme::Light, Theme::Dark, Theme::Contrast];

    /// As the style sheet and the storage know it.
    pub fn name(self) -> &'static str {
        match self {
            Theme::Auto => "auto",
            Theme::Light => "light",
            Theme::Dark => "dark",
            Theme::Contrast => "contrast",
        }
    }

    /// As people know it.
    pub fn title(self) -> &'static str {
        match self {
            Theme::Auto => "As the system",
            Theme::Light => "Light",
            Theme::Dark => "Dark",
            Theme::Contrast => "High contrast",
        }
    }

    /// The theme of a name; the system's where there is none of it.
    pub fn from_name(name: &str) -> Theme {
        Theme::ALL.into_iter().find(|t| t.name() == name).unwrap_or_default()
    }
}

/// The handle.
#[derive(Clone, PartialEq)]
pub struct Bus(pub Callback<Message>);

impl Bus {
    /// Tells the application.
    pub fn event(&self, event: Event) {
        self.0.emit(Message::App(event));
    }
    /// Tells the page.
    pub fn ui(&self, ui: Ui) {
        self.0.emit(Message::Ui(ui));
    }
    /// A listener that tells the application.
    pub fn on<E>(&self, event: Event) -> Callback<E> {
        let bus = self.clone();
        Callback::from(move |_| bus.event(event.clone()))
    }
    /// A listener that tells the page.
    pub fn on_ui<E>(&self, ui: Ui) -> Callback<E> {
        let bus = self.clone();
        Callback::from(move |_| bus.ui(ui.clone()))
    }
    /// Selects a thing.
    pub fn select(&self, target: &Target) -> Callback<MouseEvent> {
        let (bus, target) = (self.clone(), target.clone());
        Callback::from(move |e: MouseEvent| {
            e.stop_propagation();
            bus.event(Event::Select(Some(target.clone())));
        })
    }
    /// Selects a thing with Enter or Space.
    pub fn select_by_key(&self, target: &Target) -> Callback<KeyboardEvent> {
        let (bus, target) = (self.clone(), target.clone());
        Callback::from(move |e: KeyboardEvent| match e.key().as_str() {
            "Enter" | " " => {
                e.prevent_default();
                e.stop_propagation();
                bus.event(Event::Select(Some(target.clone())));
            }
            "ContextMenu" => {
                e.prevent_default();
                let at = e.target_dyn_into::<web_sys::Element>().map(|el| el.get_bounding_client_rect());
                let (x, y) = at.map_or((0, 0), |r| (r.left() as i32 + 24, r.top() as i32 + 24));
                bus.ui(Ui::Overlay(Overlay::WhatIf { target: target.clone(), x, y }));
            }
            _ => {}
        })
    }
    /// The pointer rests on a thing, or left it.
    pub fn hover(&self, target: Option<&Target>) -> Callback<PointerEvent> {
        let (bus, target) = (self.clone(), target.cloned());
        Callback::from(move |e: PointerEvent| {
            // A finger does not hover; its leave would fight with the selection.
            if e.pointer_type() != "touch" {
                bus.event(Event::Hover(target.clone()));
            }
        })
    }
    /// Opens the menu of what could be otherwise, where the pointer is.
    pub fn what_if(&self, target: &Target) -> Callback<MouseEvent> {
        let (bus, target) = (self.clone(), target.clone());
        Callback::from(move |e: MouseEvent| {
            e.prevent_default();
            e.stop_propagation();
            bus.event(Event::Select(Some(target.clone())));
            bus.ui(Ui::Overlay(Overlay::WhatIf { target: target.clone(), x: e.client_x(), y: e.client_y() }));
        })
    }
    /// The same for the right button.
    pub fn what_if_at(&self, target: &Target) -> Callback<MouseEvent> {
        self.what_if(target)
    }
    /// Goes to a time.
    pub fn seek(&self, at: SimTime) -> Callback<MouseEvent> {
        let bus = self.clone();
        Callback::from(move |e: MouseEvent| {
            e.stop_propagation();
            bus.event(Event::Seek(at));
        })
    }
}

/// The page's handle. Every component stands below the page, so it is always there.
#[hook]
pub fn use_bus() -> Bus {
    use_context::<Bus>().unwrap_or_else(|| Bus(Callback::noop()))
}
