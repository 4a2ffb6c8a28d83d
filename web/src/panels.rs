//! The dock: transport, tabs, and the open panel.

pub mod changes;
pub mod compare;
pub mod environment;
pub mod events;
pub mod files;
pub mod logs;
pub mod network;
pub mod status;
pub mod table;
pub mod terminal;
pub mod why;

use crate::browser;
use crate::bus::{Ui, use_bus};
use crate::timeline::TimelinePane;
use crate::transport::{Scrubber, TransportBar};
use crate::ui::{Button, Icon, Same};
use crate::words::tr;
use podglass_playground::Event;
use podglass_playground::scene::{Target, Timeline};
use podglass_playground::view::{Change, Panel, PanelView, Transport, UnderView};
use yew::prelude::*;

/// Properties of [`Dock`].
#[derive(PartialEq, Properties)]
pub struct Props {
    /// Transport.
    pub transport: Transport,
    /// Timeline.
    pub timeline: Same<Timeline>,
    /// The run underneath.
    pub under: Option<Same<UnderView>>,
    /// The playhead's place.
    pub playhead: f32,
    /// The open panel.
    pub panel: Same<PanelView>,
    /// Changes to this run.
    pub changes: Same<[Change]>,
    /// Whether a change can be taken back.
    pub can_undo: bool,
    /// Whether a change can be done again.
    pub can_redo: bool,
    /// The timeline shows, not the panel.
    pub timeline_open: bool,
    /// What is selected.
    pub selected: Option<Target>,
    /// What the pointer is on.
    pub hovered: Option<Target>,
    /// What the terminal printed.
    pub terminal: Vec<AttrValue>,
    /// In somebody else's page.
    pub embed: bool,
    /// The dock has all the room.
    pub large: bool,
}

/// Transport and tabs in one row, the open one below.
#[component]
pub fn Dock(props: &Props) -> Html {
    let bus = use_bus();
    let open = if props.timeline_open { None } else { Some(kind(&props.panel)) };
    let tab = |label: AttrValue, selected: bool, onclick: Callback<MouseEvent>, count: usize| {
        html! {
            <button type="button" key={label.to_string()} class="tab" role="tab" aria-selected={selected.to_string()} tabindex={if selected { "0" } else { "-1" }} {onclick}>
                { label }if count > 0 { <span class="count">{ count }</span> }
            </button>
        }
    };
    let labels = crate::timeline::labels();
    html! {
        <>
        <Scrubber transport={props.transport.clone()} />
        <div class="dock-bar">
            <TransportBar transport={props.transport.clone()} />
            <span class="grow"></span>
            <div class="tabs" role="tablist" aria-label={tr("Details")} onkeydown={Callback::from(move_between_tabs)}>
                { tab(tr("Timeline"), props.timeline_open, bus.on_ui(Ui::ShowTimeline(true)), 0) }
                { for Panel::ALL.into_iter().filter(|p| shown(*p, props.embed) && (*p != Panel::Compare || props.under.is_some())).map(|p| {
                    tab(short(p), open == Some(p), bus.on(Event::OpenPanel(p)), if p == Panel::Changes { props.changes.len() } else { 0 })
                }) }
            </div>
            if !props.embed {
                <Button kind="icon" icon={if props.large { "smaller" } else { "larger" }} label={tr(if props.large { "Give the stage its room back (M)" } else { "All the room for this (M)" })} pressed={props.large} onclick={bus.on_ui(Ui::Maximise)} />
            }
            if props.embed {
                <a class="button" href={open_link()} target="_blank" rel="noopener" title={tr("Open this in Podglass")}><Icon name="share" /><span class="wide">{ tr("Open") }</span></a>
            }
        </div>
        <div class="panel-body" style={format!("--labels:{labels}px")} role="tabpanel" aria-label={tr(open.map_or("Timeline", Panel::title))} tabindex="0">
            if props.timeline_open {
                <TimelinePane timeline={props.timeline.clone()} under={props.under.clone()} playhead={props.playhead} selected={props.selected.clone()} hovered={props.hovered.clone()} />
            } else {
                <PanelBody panel={props.panel.clone()} under={props.under.clone()} changes={props.changes.clone()} can_undo={props.can_undo} can_redo={props.can_redo} terminal={props.terminal.clone()} />
            }
        </div>
        </>
    }
}

/// An embedded view is for looking: no terminal.
fn shown(panel: Panel, embed: bool) -> bool {
    !(embed && matches!(panel, Panel::Terminal | Panel::Environment))
}

/// The tab's words, where the title is too long for a row of ten.
fn short(panel: Panel) -> AttrValue {
    tr(if panel == Panel::Environment { "Env" } else { panel.title() })
}

/// Which panel a content belongs to.
pub fn kind(view: &PanelView) -> Panel {
    match view {
        PanelView::Events(_) => Panel::Events,
        PanelView::Why(_) => Panel::Why,
        PanelView::Logs(_) => Panel::Logs,
        PanelView::Files(_) => Panel::Files,
        PanelView::Network(_) => Panel::Network,
        PanelView::Status(_) => Panel::Status,
        PanelView::Environment(..) => Panel::Environment,
        PanelView::Terminal => Panel::Terminal,
        PanelView::Changes(_) => Panel::Changes,
        PanelView::Table(_) => Panel::Table,
        PanelView::Compare => Panel::Compare,
    }
}

/// Properties of [`PanelBody`].
#[derive(PartialEq, Properties)]
pub struct BodyProps {
    /// The open panel.
    pub panel: Same<PanelView>,
    /// The run underneath.
    pub under: Option<Same<UnderView>>,
    /// Changes to this run.
    pub changes: Same<[Change]>,
    /// Whether a change can be taken back.
    pub can_undo: bool,
    /// Whether a change can be done again.
    pub can_redo: bool,
    /// What the terminal printed.
    pub terminal: Vec<AttrValue>,
}

/// The open panel; drawn again only when its content is another one.
#[component]
pub fn PanelBody(props: &BodyProps) -> Html {
    let bus = use_bus();
    match &*props.panel {
        PanelView::Events(rows) => html! { <events::EventsPanel rows={rows.clone()} /> },
        PanelView::Why(why) => html! { <why::WhyPanel why={why.clone()} /> },
        PanelView::Logs(log) => html! { <logs::LogsPanel log={log.clone()} /> },
        PanelView::Files(files) => html! { <files::FilesPanel files={files.clone()} /> },
        PanelView::Network(network) => html! { <network::NetworkPanel network={network.clone()} /> },
        PanelView::Status(status) => html! { <status::StatusPanel status={status.clone()} /> },
        PanelView::Environment(container, rows) => html! { <environment::EnvironmentPanel container={container.clone()} rows={rows.clone()} /> },
        PanelView::Terminal => html! { <terminal::TerminalPanel lines={props.terminal.clone()} /> },
        PanelView::Table(table) => table::table(table),
        PanelView::Compare => compare::compare(props.under.as_deref(), &bus),
        PanelView::Changes(assumed) => {
            html! { <changes::ChangesPanel assumed={assumed.clone()} changes={props.changes.clone()} can_undo={props.can_undo} can_redo={props.can_redo} /> }
        }
    }
}

/// The whole page with the same content.
fn open_link() -> String {
    format!("{}#{}", browser::base(), browser::fragment())
}

/// Arrow keys move between tabs, as the pattern for tabs asks.
fn move_between_tabs(e: KeyboardEvent) {
    use wasm_bindgen::JsCast;
    let by = match e.key().as_str() {
        "ArrowRight" => 1,
        "ArrowLeft" => -1,
        _ => return,
    };
    let Some(tab) = e.target_dyn_into::<web_sys::Element>() else { return };
    let next = if by > 0 { tab.next_element_sibling() } else { tab.previous_element_sibling() };
    if let Some(next) = next.and_then(|n| n.dyn_into::<web_sys::HtmlElement>().ok()) {
        e.prevent_default();
        // A tab can always have the focus.
        let _ = next.focus();
        next.click();
    }
}
