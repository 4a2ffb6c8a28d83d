//! The page itself: the application, what lies over it, and the one animation frame.

mod frame;
mod opening;

use crate::browser::{self, storage};
use crate::bus::{Bus, Overlay, Pane, Theme, Ui};
use crate::dialogs::{EmbedDialog, Gallery, HelpDialog, Palette, ShareDialog, TourEntry, tours};
use crate::editor::{EditorPane, Problems};
use crate::header::{Header, Switcher};
use crate::panels::Dock;
use crate::stage::{Narration, StagePane};
use crate::ui::{Same, Splitter};
use crate::what_if::WhatIfMenu;
use crate::words::{self, tr};
use frame::Clock;
use gloo::events::{EventListener, EventListenerOptions};
use gloo::timers::callback::Timeout;
use podglass_playground::tour::Tour;
use podglass_playground::{App, Effect, Event, View};
use std::rc::Rc;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{Element, HtmlInputElement, KeyboardEvent, ResizeObserver};
use yew::prelude::*;

/// From this width on two stages stand side by side, not one above the other.
const TWO_STAGES: f32 = 700.0;

/// What the page reacts to.
pub enum Message {
    /// For the application.
    App(Event),
    /// For the page alone.
    Ui(Ui),
    /// The browser is about to paint: the time in milliseconds.
    Frame(f64),
    /// A key was pressed and nobody else wanted it.
    Key(KeyboardEvent),
    /// Panes may have another size.
    Resized,
    /// A remark for a moment.
    Toast(Option<String>),
    /// A file was dropped and read.
    Dropped(String, String),
    /// The words of a language came.
    Spoken(&'static str, String),
    /// The list of tours came.
    Tours(String),
    /// A text of schema/ came: its name, the text, the command that waits for it.
    Reference(&'static str, String, String),
    /// A tour came: its id, the step to begin at, its text.
    TourRead(String, usize, Option<String>),
    /// Tab was pressed in the terminal: the line stands in this field.
    Complete(HtmlInputElement),
}

/// A place that the editor shall go to; the number tells two wishes for one place apart.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Wish {
    /// Number of the wish; 0 is none.
    pub number: u32,
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1.
    pub column: usize,
}

/// The page.
pub struct Page {
    app: App,
    view: View,
    bus: Bus,
    embed: bool,
    clock: Clock,
    overlay: Overlay,
    timeline_open: bool,
    pane: Pane,
    theme: Theme,
    editor_width: f64,
    dock_height: f64,
    link: Option<String>,
    announced: String,
    toast: Option<String>,
    toast_timer: Option<Timeout>,
    terminal: Vec<AttrValue>,
    wish: Wish,
    whole: NodeRef,
    stage: NodeRef,
    dock: NodeRef,
    keys: Option<EventListener>,
    observer: Option<(ResizeObserver, Closure<dyn FnMut()>)>,
    sizes: (f32, f32),
    language: &'static str,
    /// The dock has all the room.
    large: bool,
    tours: Rc<[TourEntry]>,
    tour: Option<String>,
    introduced: bool,
}

impl Component for Page {
    type Message = Message;
    type Properties = ();

    fn create(ctx: &Context<Self>) -> Self {
        let embed = browser::query("embed").is_some();
        let mut app = App::new();
        app.update(Event::Speak(words::book()));
        let (effects, tour) = opening::open(&mut app, embed);
        let (panel, large) = if embed { (None, false) } else { opening::session() };
        if let Some(panel) = panel {
            app.update(Event::OpenPanel(panel));
        }
        let view = app.view();
        let (editor_width, dock_height) = opening::pane_sizes();
        let mut page = Page {
            app,
            view,
            bus: Bus(ctx.link().callback(|m| m)),
            embed,
            clock: Clock::default(),
            overlay: Overlay::None,
            timeline_open: panel.is_none(),
            pane: Pane::Stage,
            theme: opening::theme(),
            editor_width,
            dock_height,
            link: None,
            announced: String::new(),
            toast: None,
            toast_timer: None,
            terminal: Vec::new(),
            wish: Wish::default(),
            whole: NodeRef::default(),
            stage: NodeRef::default(),
            dock: NodeRef::default(),
            keys: None,
            observer: None,
            sizes: (0.0, 0.0),
            language: words::language(),
            large,
            tours: Rc::from([]),
            tour: None,
            introduced: storage::kept(storage::INTRODUCED).is_some(),
        };
        page.perform(ctx, effects);
        page.clock.wake(ctx, page.view.moving);
        if let Some((id, step)) = tour {
            page.obey(ctx, Ui::Tour(id, step));
        }
        page
    }

    fn update(&mut self, ctx: &Context<Self>, message: Message) -> bool {
        match message {
            Message::App(event) => {
                if matches!(event, Event::OpenRecording(_) | Event::Compare(true) | Event::DragEnd { .. }) {
                    self.timeline_open = true;
                }
                if matches!(event, Event::OpenPanel(_) | Event::AskWhy | Event::ShowLog { .. } | Event::ShowFile(_)) {
                    self.timeline_open = false;
                    let changed = self.tell(ctx, event);
                    self.keep_session();
                    return changed;
                }
                self.tell(ctx, event)
            }
            Message::Frame(now) => {
                let event = self.clock.frame(now);
                let changed = self.tell(ctx, event);
                self.clock.done();
                changed
            }
            Message::Ui(ui) => self.obey(ctx, ui),
            Message::Key(event) => {
                self.key(&event);
                false
            }
            Message::Resized => self.measure(ctx),
            Message::Toast(text) => {
                self.toast_timer = text.is_some().then(|| {
                    let link = ctx.link().clone();
                    Timeout::new(2600, move || link.send_message(Message::Toast(None)))
                });
                self.toast = text;
                true
            }
            Message::Dropped(name, text) => self.tell(ctx, Event::OpenFile { name, text }),
            Message::Spoken(language, text) => {
                self.language = language;
                let book = words::speak(language, &text);
                self.tours = Rc::from([]);
                self.tell(ctx, Event::Speak(book));
                true
            }
            Message::Reference(name, text, line) => self.tell(ctx, Event::ReferenceCame { name: name.to_owned(), text, line }),
            Message::Tours(text) => {
                self.tours = tours(&text, self.language).into();
                true
            }
            Message::TourRead(id, step, text) => {
                let tour = text.ok_or_else(String::new).and_then(|t| Tour::read(&t, self.language));
                match tour {
                    Ok(tour) => {
                        self.tour = Some(id);
                        self.pane = Pane::Stage;
                        self.tell(ctx, Event::OpenTour { tour, step })
                    }
                    Err(why) => {
                        self.toast = Some(format!("{} {why}", tr(format!("The tour {id} could not be read."))));
                        true
                    }
                }
            }
            Message::Complete(field) => {
                let (line, options) = self.app.complete(&field.value());
                field.set_value(&line);
                if options.len() > 1 {
                    self.terminal.push(format!("$ {line}\n{}\n", options.join("  ")).into());
                }
                options.len() > 1
            }
        }
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let view = &self.view;
        let (width, height) = (browser::width(), browser::height());
        let tour = view.tour.as_ref().map(|t| crate::tour::card(t, &self.bus)).unwrap_or_default();
        // Beside the stage where there is room, above what is said where there is not.
        let (aside, above) = if self.embed || width < 900.0 { (html! {}, tour) } else { (tour, html! {}) };
        let onclose = self.bus.on_ui::<()>(Ui::Overlay(Overlay::None));
        let ondragover = Callback::from(|e: DragEvent| e.prevent_default());
        let style = format!("--editor-width:{:.0}px;--dock-height:{:.0}px", self.editor_width, self.dock_height);
        html! {
            <ContextProvider<Bus> key={self.language} context={self.bus.clone()}>
                <div class="page" ref={self.whole.clone()} data-view={if self.embed { "embed" } else { "full" }} data-pane={self.pane.name()} data-playing={view.transport.playing.to_string()}
                    data-stale={view.editor.stale.then_some("")} data-large={self.large.then_some("")} data-point={view.tour.as_ref().and_then(|t| t.point.clone())} {style} {ondragover} ondrop={opening::drop_listener(ctx)}>
                    if !self.embed {
                        <Header theme={self.theme} language={self.language} introduced={self.introduced || view.tour.is_some()} comparing={view.right.is_some()} recording={view.recording} />
                    }
                    <div class="body">
                        if !self.embed {
                            <section class="side" aria-label={tr("Manifest")}>
                                <EditorPane editor={Same::from(&view.editor)} wish={self.wish} />
                                { aside }
                                <Problems editor={Same::from(&view.editor)} />
                            </section>
                            <section class="contents" aria-label={tr("Width of the editor")}>
                                <Splitter axis="x" label={tr("Width of the editor")} value={self.editor_width} min=220.0 max={(width - 420.0).max(220.0)}
                                onresize={let b = self.bus.clone(); Callback::from(move |w| b.ui(Ui::EditorWidth(w)))} />
                            </section>
                        }
                        <main class="main">
                            <div class="stage-pane" ref={self.stage.clone()} data-two={view.right.is_some().then_some("")}>
                                <StagePane stage={Same::from(&view.stage)} caption={view.right.is_some().then(|| tr("Left"))} selected={view.selected.clone()} hovered={view.hovered.clone()} stale={view.editor.stale} notice={view.notice.clone()} />
                                if let Some(right) = &view.right {
                                    <StagePane stage={Same::from(right)} caption={tr("Right")} selected={view.selected.clone()} hovered={view.hovered.clone()} stale={view.editor.stale} notice={None::<podglass_playground::view::Notice>} />
                                }
                            </div>
                            <div class="telling">
                            { above }
                            <Narration sentence={Same::from(&view.narration)} computing={view.transport.computing} />
                            </div>
                            if !self.embed {
                                <Splitter axis="y" after=true label={tr("Height of the timeline")} value={self.dock_height} min=120.0 max={(height - 260.0).max(120.0)}
                                    onresize={let b = self.bus.clone(); Callback::from(move |h| b.ui(Ui::DockHeight(h)))} />
                            }
                            <section class="dock" aria-label={tr("Time and details")} ref={self.dock.clone()}>
                                <Dock transport={view.transport.clone()} timeline={Same::from(&view.timeline)} under={view.under.as_ref().map(Same::from)} playhead={view.playhead_x} panel={Same::from(&view.panel)}
                                    changes={Same::from(&view.changes)} can_undo={view.can_undo} can_redo={view.can_redo} timeline_open={self.timeline_open} selected={view.selected.clone()} hovered={view.hovered.clone()}
                                    terminal={self.terminal.clone()} embed={self.embed} large={self.large} />
                            </section>
                        </main>
                    </div>
                    if !self.embed { <Switcher pane={self.pane} problems={view.editor.problems.len()} /> }
                    { self.over(onclose) }
                    if let Some(text) = self.toast.clone() { <div class="toast" role="status">{ text }</div> }
                    <div class="visually-hidden" role="status" aria-live="polite" data-testid="announcements">{ self.announced.clone() }</div>
                </div>
            </ContextProvider<Bus>>
        }
    }

    fn rendered(&mut self, ctx: &Context<Self>, first: bool) {
        if first {
            let link = ctx.link().clone();
            let options = EventListenerOptions::enable_prevent_default();
            self.keys = Some(EventListener::new_with_options(&browser::window(), "keydown", options, move |e| {
                if let Some(e) = e.dyn_ref::<KeyboardEvent>() {
                    link.send_message(Message::Key(e.clone()));
                }
            }));
            let link = ctx.link().clone();
            let resized: Closure<dyn FnMut()> = Closure::new(move || link.send_message(Message::Resized));
            if browser::query("panic").is_some() {
                // `?panic` shows what a panic leaves: this event causes one.
                EventListener::once(&browser::window(), "podglass:panic", |_| panic!("asked for by ?panic")).forget();
            }
            if let Ok(observer) = ResizeObserver::new(resized.as_ref().unchecked_ref()) {
                for node in [&self.stage, &self.dock, &self.whole] {
                    if let Some(element) = node.cast::<Element>() {
                        observer.observe(&element);
                    }
                }
                self.observer = Some((observer, resized));
            }
        }
    }

    fn destroy(&mut self, _ctx: &Context<Self>) {
        if let Some((observer, _)) = &self.observer {
            observer.disconnect();
        }
    }
}

impl Page {
    /// Tells the application, does what it asks for, and says whether there is something new to draw.
    fn tell(&mut self, ctx: &Context<Self>, event: Event) -> bool {
        let effects = self.app.update(event);
        let asked = !effects.is_empty();
        self.perform(ctx, effects);
        let view = self.app.view();
        self.clock.wake(ctx, view.moving);
        if same(&view, &self.view) {
            return asked;
        }
        let sides = view.right.is_some() != self.view.right.is_some();
        self.view = view;
        if sides {
            self.measure(ctx);
        }
        true
    }

    fn perform(&mut self, ctx: &Context<Self>, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::SaveDraft(draft) if !self.embed => storage::keep(storage::DRAFT, &draft),
                // The editor compares its text with the view; an embedded view keeps nothing.
                Effect::SaveDraft(_) | Effect::ReplaceText { .. } => {}
                Effect::ShareLink(fragment) => self.link = Some(browser::set_fragment(&fragment)),
                Effect::Announce(text) => self.announced = text,
                Effect::Reveal { tab, start, .. } => {
                    let view = self.app.view();
                    if let Some(t) = view.editor.tabs.get(tab) {
                        let before = t.text.get(..start.min(t.text.len())).unwrap_or_default();
                        let line = before.bytes().filter(|b| *b == b'\n').count() + 1;
                        self.wish = Wish { number: self.wish.number + 1, line, column: 0 };
                    }
                }
                Effect::Print(text) => self.terminal.push(text.into()),
                Effect::Fetch { name, line } => ctx
                    .link()
                    .send_future(async move { Message::Reference(name, browser::fetch::text(&format!("schema/{name}.txt")).await.unwrap_or_default(), line) }),
                Effect::ShowTimeline(open) => self.timeline_open = open,
            }
        }
        let _ = ctx;
    }

    fn obey(&mut self, ctx: &Context<Self>, ui: Ui) -> bool {
        match ui {
            Ui::Overlay(overlay) => {
                if matches!(overlay, Overlay::Share | Overlay::Embed) {
                    self.tell(ctx, Event::Share);
                }
                if matches!(overlay, Overlay::Gallery | Overlay::Palette) && self.tours.is_empty() {
                    ctx.link().send_future(async { Message::Tours(browser::fetch::text("tours/index.txt").await.unwrap_or_default()) });
                }
                self.overlay = overlay;
            }
            Ui::ShowTimeline(open) => {
                self.timeline_open = open;
                self.keep_session();
            }
            Ui::Pane(pane) => self.pane = pane,
            Ui::Theme(theme) => {
                self.theme = theme;
                browser::set_root_data("theme", theme.name());
                storage::keep(storage::THEME, theme.name());
            }
            Ui::EditorWidth(w) => {
                self.editor_width = w;
                opening::keep_pane_sizes(self.editor_width, self.dock_height);
            }
            Ui::DockHeight(h) => {
                self.dock_height = h;
                opening::keep_pane_sizes(self.editor_width, self.dock_height);
            }
            Ui::Copy(text) => {
                ctx.link().send_future(async move {
                    let done = browser::clipboard::copy(&text).await.is_truthy();
                    Message::Toast(Some(tr(if done { "Copied" } else { "The browser did not allow copying: select the text and copy it." }).to_string()))
                });
                return false;
            }
            Ui::GoTo { tab, line, column } => {
                self.wish = Wish { number: self.wish.number + 1, line, column };
                self.pane = Pane::Manifest;
                self.tell(ctx, Event::SelectTab(tab));
            }
            Ui::ClearTerminal => self.terminal.clear(),
            Ui::Print(text) => self.terminal.push(text.into()),
            Ui::Language(language) => {
                storage::keep(storage::LANGUAGE, language);
                ctx.link().send_future(async move { Message::Spoken(language, words::fetch(language).await) });
                return false;
            }
            Ui::Maximise => {
                self.large = !self.large;
                self.keep_session();
            }
            Ui::Tour(id, step) => {
                self.overlay = Overlay::None;
                ctx.link().send_future(async move {
                    let text = browser::fetch::text(&format!("tours/{id}.tour")).await;
                    Message::TourRead(id, step, text)
                });
            }
            Ui::LeaveTour => {
                if self.tour.take().is_some_and(|t| t == "intro") {
                    self.introduced = true;
                    storage::keep(storage::INTRODUCED, "yes");
                }
                self.tell(ctx, Event::CloseTour);
            }
            Ui::Recording(name) => {
                ctx.link().send_future(async move {
                    match browser::fetch::text(&format!("recordings/{name}.json")).await {
                        Some(text) => Message::App(Event::OpenRecording(text)),
                        None => Message::Toast(Some(tr("The recording could not be fetched.").to_string())),
                    }
                });
                return false;
            }
            Ui::Recordings => {
                ctx.link().send_future(async {
                    let index = browser::fetch::text("recordings/index.json").await.unwrap_or_default();
                    Message::Ui(Ui::Overlay(Overlay::Recordings(podglass_playground::recording::index(&index))))
                });
                return false;
            }
        }
        true
    }

    fn keep_session(&self) {
        if !self.embed {
            opening::keep_session((!self.timeline_open).then(|| crate::panels::kind(&self.view.panel)), self.large);
        }
    }

    fn key(&self, event: &KeyboardEvent) {
        if let Some(message) = crate::keys::message(event, self.overlay == Overlay::None, &self.view) {
            event.prevent_default();
            self.bus.0.emit(message);
        }
    }

    /// Tells the application how wide stage and timeline are. A hidden pane keeps its last width.
    fn measure(&mut self, ctx: &Context<Self>) -> bool {
        if self.embed
            && let Some(page) = self.whole.cast::<Element>()
        {
            browser::post_height(page.get_bounding_client_rect().height());
        }
        let width = |node: &NodeRef| node.cast::<Element>().map_or(0, |e| e.client_width()) as f32;
        let (stage, dock) = (width(&self.stage), width(&self.dock));
        let labels = if dock < 640.0 { crate::timeline::NARROW_LABELS } else { crate::timeline::LABELS };
        // An embedded dock has no box of its own; two stages stand side by side where there is room.
        let dock = if dock > 0.0 || !self.embed { dock } else { stage };
        let two = self.view.right.is_some() && stage >= TWO_STAGES;
        let stage = if two { (stage / 2.0).floor() } else { stage };
        let sizes = (if stage > 0.0 { stage - 36.0 } else { self.sizes.0 }, if dock > 0.0 { dock - labels - 24.0 } else { self.sizes.1 });
        if sizes == self.sizes || sizes.0 <= 0.0 || sizes.1 <= 0.0 {
            return false;
        }
        self.sizes = sizes;
        self.tell(ctx, Event::Resized { stage: sizes.0, timeline: sizes.1 })
    }

    fn over(&self, onclose: Callback<()>) -> Html {
        match &self.overlay {
            Overlay::None => html! {},
            Overlay::Share => {
                html! { <ShareDialog link={self.link.clone()} time={self.view.transport.time.clone()} changes={self.view.changes.len()} {onclose} /> }
            }
            Overlay::Embed => {
                html! { <EmbedDialog link={self.link.clone()} editor={Same::from(&self.view.editor)} at={self.view.transport.at} changes={self.view.changes.len()} tour={self.tour.clone().filter(|_| self.view.tour.is_some())} {onclose} /> }
            }
            Overlay::Help => html! { <HelpDialog {onclose} /> },
            Overlay::Recordings(list) => crate::dialogs::recordings(list, onclose, &self.bus),
            Overlay::Gallery => html! { <Gallery examples={Same::from(&self.view.examples)} tours={Same::from(&self.tours)} {onclose} /> },
            Overlay::Palette => html! { <Palette examples={Same::from(&self.view.examples)} tours={Same::from(&self.tours)} {onclose} /> },
            Overlay::WhatIf { target, x, y } => html! { <WhatIfMenu target={target.clone()} x={*x} y={*y} stage={Same::from(&self.view.stage)} {onclose} /> },
        }
    }
}

/// Whether there is nothing new to draw. Parts behind `Rc` keep their allocation while they stay the same.
fn same(a: &View, b: &View) -> bool {
    Rc::ptr_eq(&a.editor, &b.editor)
        && Rc::ptr_eq(&a.stage, &b.stage)
        && Rc::ptr_eq(&a.timeline, &b.timeline)
        && Rc::ptr_eq(&a.narration, &b.narration)
        && Rc::ptr_eq(&a.panel, &b.panel)
        && Rc::ptr_eq(&a.changes, &b.changes)
        && Rc::ptr_eq(&a.examples, &b.examples)
        && pair(a.under.as_ref(), b.under.as_ref())
        && pair(a.right.as_ref(), b.right.as_ref())
        && a.recording == b.recording
        && (a.playhead_x - b.playhead_x).abs() < 0.01
        && a.transport == b.transport
        && a.selected == b.selected
        && a.hovered == b.hovered
        && (a.can_undo, a.can_redo, a.moving) == (b.can_undo, b.can_redo, b.moving)
        && a.notice == b.notice
        && match (&a.tour, &b.tour) {
            (Some(a), Some(b)) => Rc::ptr_eq(a, b),
            (a, b) => a.is_none() && b.is_none(),
        }
}

fn pair<T>(a: Option<&Rc<T>>, b: Option<&Rc<T>>) -> bool {
    a.map(Rc::as_ptr) == b.map(Rc::as_ptr)
}

impl Pane {
    /// As the style sheet knows it.
    pub fn name(self) -> &'static str {
        match self {
            Pane::Manifest => "manifest",
            Pane::Stage => "stage",
            Pane::Details => "details",
        }
    }
}
