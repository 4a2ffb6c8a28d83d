//! The manifest's text: tabs, CodeMirror (a text area until it is there), problems.

mod problems;

pub use problems::Problems;

use crate::browser::editor::{Mounted, Squiggle, Units, mount};
use crate::bus::Bus;
use crate::page::Wish;
use crate::ui::Same;
use crate::words::tr;
use podglass_playground::view::{EditorView, TabView};
use podglass_playground::{Event, Severity};
use std::rc::Rc;
use web_sys::{Element, HtmlTextAreaElement};
use yew::prelude::*;

/// A text that is wrong everywhere shows this many of its problems.
const MOST: usize = 300;

/// Properties of [`EditorPane`].
#[derive(PartialEq, Properties)]
pub struct Props {
    /// Tabs, problems, what is lit.
    pub editor: Same<EditorView>,
    /// Where to go.
    pub wish: Wish,
}

/// What the editor tells.
pub enum Message {
    /// It is there, or only the text area will be.
    Mounted(Option<Mounted>),
    /// Its text changed.
    Changed(String),
    /// Its cursor moved to this line.
    Cursor(u32),
    /// The pointer rests on this unit of its text; below 0 it left.
    Hover(i32),
    /// Apply and run from 0.
    Run,
}

/// The editor.
pub struct EditorPane {
    host: NodeRef,
    mounted: Option<Mounted>,
    plain: bool,
    shown: Option<(usize, Rc<str>)>,
    wish: u32,
    lit: Vec<(usize, usize)>,
}

impl Component for EditorPane {
    type Message = Message;
    type Properties = Props;

    fn create(_ctx: &Context<Self>) -> Self {
        EditorPane { host: NodeRef::default(), mounted: None, plain: false, shown: None, wish: 0, lit: Vec::new() }
    }

    fn update(&mut self, ctx: &Context<Self>, message: Message) -> bool {
        let Some((bus, _)) = ctx.link().context::<Bus>(Callback::noop()) else { return false };
        let tab = ctx.props().editor.selected;
        match message {
            Message::Mounted(mounted) => {
                self.plain = mounted.is_none();
                self.mounted = mounted;
                self.shown = None;
                self.show(ctx.props());
                return true;
            }
            Message::Changed(text) => {
                // The view that comes back carries this very text: nothing to put into the editor.
                self.shown = Some((tab, Rc::from(text.as_str())));
                bus.event(Event::EditText { tab, text });
            }
            Message::Cursor(line) => bus.event(Event::MoveCursor { line }),
            Message::Hover(unit) => {
                let tab = ctx.props().editor.tabs.get(tab);
                let at = u32::try_from(unit).ok().zip(tab).map(|(unit, tab)| Units::of(&tab.text).byte(unit));
                bus.event(Event::HoverText(at));
            }
            Message::Run => bus.event(Event::RunFromStart),
        }
        false
    }

    fn changed(&mut self, ctx: &Context<Self>, _old: &Props) -> bool {
        self.show(ctx.props());
        true
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let editor = &ctx.props().editor;
        let Some((bus, _)) = ctx.link().context::<Bus>(Callback::noop()) else { return html! {} };
        let text = editor.tabs.get(editor.selected).map(|t| t.text.to_string()).unwrap_or_default();
        let oninput = ctx.link().batch_callback(|e: InputEvent| e.target_dyn_into::<HtmlTextAreaElement>().map(|a| Message::Changed(a.value())));
        html! {
            <>
            <div class="editor-bar">
                <div class="tabs" role="tablist" aria-label={tr("Manifests")}>
                    { for editor.tabs.iter().enumerate().map(|(i, tab)| tab_button(&bus, i, tab, i == editor.selected)) }
                </div>
                <button type="button" class="tab" title={tr("New tab")} aria-label={tr("New tab")} onclick={bus.on(Event::AddTab)}>{ "+" }</button>
                <button type="button" class="tab" title={tr("New Dockerfile: an image of your own")} aria-label={tr("New Dockerfile")} onclick={bus.on(Event::AddDockerfile)}>{ tr("+ image") }</button>
                <span class="state">
                    if editor.changed && !editor.stale {
                        <button type="button" class="link" title={tr("Apply what changed at the playhead's time, as kubectl apply would")} onclick={bus.on(Event::ApplyNow)}>{ tr("apply now") }</button>
                        <button type="button" class="link" title={tr("Apply all documents and run from 0 (Ctrl+Enter)")} onclick={bus.on(Event::RunFromStart)}>{ tr("run from 0") }</button>
                    }
                </span>
            </div>
            <div class="editor" data-mounted={self.mounted.is_some().then_some("")}>
                <div class="host" ref={self.host.clone()} hidden={self.plain}></div>
                if self.mounted.is_none() {
                    <textarea class={(!self.plain).then_some("early")} aria-label={tr("Manifest, YAML")} spellcheck="false" autocomplete="off" value={text} {oninput} />
                }
            </div>
            </>
        }
    }

    fn rendered(&mut self, ctx: &Context<Self>, first: bool) {
        if !first {
            return;
        }
        let Some(host) = self.host.cast::<Element>() else { return };
        let editor = &ctx.props().editor;
        let text = editor.tabs.get(editor.selected).map(|t| t.text.to_string()).unwrap_or_default();
        let link = ctx.link().clone();
        let (changed, cursor, hover, run) =
            (link.callback(Message::Changed), link.callback(Message::Cursor), link.callback(Message::Hover), link.callback(|()| Message::Run));
        link.send_future(async move {
            Message::Mounted(mount(host, text, move |t| changed.emit(t), move |l| cursor.emit(l), move |u| hover.emit(u), move || run.emit(())).await.ok())
        });
    }
}

impl EditorPane {
    /// Brings the editor's text, squiggles and light up to the view.
    fn show(&mut self, props: &Props) {
        let Some(editor) = self.mounted.as_ref().map(Mounted::editor) else { return };
        let view = &props.editor;
        let Some(tab) = view.tabs.get(view.selected) else { return };
        let text = &tab.text;
        let same = self.shown.as_ref().is_some_and(|(t, shown)| *t == view.selected && (Rc::ptr_eq(shown, text) || **shown == **text));
        if !same {
            editor.set_text(text);
        }
        self.shown = Some((view.selected, text.clone()));
        let units = Units::of(text);
        let squiggles: Vec<Squiggle> = view
            .problems
            .iter()
            .filter(|p| p.tab == view.selected)
            .take(MOST)
            .map(|p| Squiggle {
                from: units.unit(p.diagnostic.span.start),
                to: units.unit(p.diagnostic.span.end),
                severity: match p.severity() {
                    Severity::Error => "error",
                    Severity::Warning => "warning",
                    Severity::Advice => "info",
                },
                message: match &p.diagnostic.help {
                    Some(help) => format!("{}\n{help}", p.diagnostic.message),
                    None => p.diagnostic.message.clone(),
                },
            })
            .collect();
        editor.set_problems(&squiggles);
        if self.lit != view.highlights || !same {
            let ranges: Vec<(u32, u32)> = view.highlights.iter().map(|(from, to)| (units.unit(*from), units.unit(*to))).collect();
            editor.light(&ranges, false);
            self.lit.clone_from(&view.highlights);
        }
        if props.wish.number != self.wish {
            self.wish = props.wish.number;
            if props.wish.column == 0 {
                editor.reveal(props.wish.line as u32);
            } else {
                editor.go_to(props.wish.line as u32, props.wish.column as u32);
            }
        }
    }
}

fn tab_button(bus: &Bus, index: usize, tab: &TabView, selected: bool) -> Html {
    html! {
        <button type="button" key={index} class="tab" role="tab" aria-selected={selected.to_string()} onclick={bus.on(Event::SelectTab(index))}>
            if tab.right { <span class="side-chip">{ tr("right") }</span> }
            { tab.name.clone() }
            if tab.errors > 0 { <span class="count" data-kind="errors">{ tab.errors }</span> }
        </button>
    }
}
