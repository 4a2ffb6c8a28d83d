//! The style page (`#style`): every state of every part, drawn by the same components as the page.
//!
//! Its states are runs of the engine at an instant (`static/style/states.txt`), not drawings of states:
//! what the page cannot show, the style page cannot either. Tests photograph it.

use crate::browser;
use crate::bus::{Bus, Theme};
use crate::stage::{StagePane, icon::StateIcon, role_words, sign};
use crate::timeline::TimelinePane;
use crate::ui::{Button, Icon, Same};
use crate::words::{self, tr};
use podglass_playground::scene::{Role, Stage, Timeline};
use podglass_playground::tour::Tour;
use podglass_playground::view::{AskView, ChoiceView, TourView, WhyView};
use podglass_playground::{App, Event, SimTime};
use std::rc::Rc;
use wasm_bindgen::JsCast;
use yew::prelude::*;

/// Colours by their role.
const COLOURS: [&str; 21] = [
    "bg", "panel", "raised", "sunk", "hover", "ink", "soft", "mute", "line", "line2", "act", "run", "done", "fail", "back", "pull", "term", "vol", "act-bg",
    "run-bg", "fail-bg",
];
/// Sizes of type.
const SIZES: [&str; 6] = ["cap", "small", "body", "say", "name", "title"];

/// A state that was run to.
#[derive(Clone, PartialEq)]
struct Shown {
    title: String,
    width: f32,
    stage: Same<Stage>,
    timeline: Same<Timeline>,
    playhead: f32,
}

/// The page.
#[component]
pub fn StylePage() -> Html {
    let shown = use_state(Vec::<Shown>::new);
    {
        let shown = shown.clone();
        use_effect_with((), move |()| {
            browser::set_root_data("theme", browser::query("theme").map_or(Theme::Auto, |t| Theme::from_name(&t)).name());
            wasm_bindgen_futures::spawn_local(async move {
                let list = browser::fetch::text("style/states.txt").await.unwrap_or_default();
                let mut all = Vec::new();
                for line in list.lines().filter(|l| !l.starts_with('#')) {
                    let cells: Vec<&str> = line.split('|').map(str::trim).collect();
                    if let [en, de, what, at, width] = cells.as_slice() {
                        let title = if words::language() == "de" { de } else { en };
                        all.extend(run(title, what, at.parse().ok(), width.parse().unwrap_or(900.0)).await);
                    }
                }
                shown.set(all);
            });
        });
    }
    html! {
        <ContextProvider<Bus> context={Bus(Callback::noop())}>
            <main class="style-page" data-testid="style" data-ready={(!shown.is_empty()).then_some("")}>
                <h1>{ tr("Podglass: every sign and part") }</h1>
                { roles() }
                <section><h2>{ tr("Stage and timeline") }</h2>
                { for shown.iter().map(|s| html! {
                    <figure key={s.title.clone()} style={format!("width:{:.0}px", s.width + 36.0)}>
                        <figcaption>{ s.title.clone() }</figcaption>
                        <div class="stage-pane"><StagePane stage={s.stage.clone()} selected={None} hovered={None} stale={false} notice={None} /></div>
                        if s.width > 600.0 { <div class="dock" style={format!("--labels:{}px", crate::timeline::LABELS)}><TimelinePane timeline={s.timeline.clone()} under={None} playhead={s.playhead} selected={None} hovered={None} /></div> }
                    </figure>
                }) }</section>
                { furniture() }
                { tokens() }
            </main>
        </ContextProvider<Bus>>
    }
}

/// Runs a state.
async fn run(title: &str, what: &str, at: Option<f64>, width: f32) -> Option<Shown> {
    let mut app = App::new();
    app.update(Event::Speak(words::book()));
    app.update(Event::Resized { stage: width, timeline: width - crate::timeline::LABELS });
    if let Some((id, step)) = what.strip_prefix("tour:").and_then(|w| w.split_once(':')) {
        let text = browser::fetch::text(&format!("tours/{id}.tour")).await?;
        let tour = Tour::read(&text, words::language()).ok()?;
        app.update(Event::OpenTour { tour, step: step.parse::<usize>().ok()?.checked_sub(1)? });
        app.update(Event::SeekBy(900));
        app.update(Event::Select(None));
    } else {
        app.update(Event::OpenExample(what.to_owned()));
    }
    app.update(Event::Pause);
    app.settle();
    if let Some(at) = at {
        app.update(Event::Seek(SimTime::from_secs_f64(at)));
    }
    let view = app.view();
    Some(Shown { title: title.to_owned(), width, stage: Same(view.stage), timeline: Same(view.timeline), playhead: view.playhead_x })
}

/// A role is shape, word and colour.
fn roles() -> Html {
    html! {
        <section><h2>{ tr("Signs") }</h2>
            <ul class="legend">{ for Role::ALL.into_iter().map(|role| html! {
                <li key={role.name()} data-role={role.name()}><svg width="20" height="20" viewBox="0 0 20 20" aria-hidden="true"><StateIcon icon={sign(role)} /></svg>{ tr(role_words(role)) }</li>
            }) }</ul>
        </section>
    }
}

/// Buttons, fields, tabs, chips, notices, a tour.
fn furniture() -> Html {
    let none = Callback::<MouseEvent>::noop();
    let choice = |text: &str, held, chosen| ChoiceView { text: text.to_owned(), held, chosen };
    let question = tr("What starts now?").to_string();
    let tour = |step: usize, choices: Vec<ChoiceView>, why: Option<WhyView>| TourView {
        title: format!("{} {step}", tr("A tour")),
        step,
        of: 5,
        text: question.clone(),
        point: None,
        ask: Some(AskView { question: question.clone(), choices, why }),
        moving: false,
    };
    let why = WhyView {
        answer: podglass_playground::scene::Sentence::text(tr("Init containers run one after the other, each to its end.").to_string()),
        links: Vec::new(),
    };
    let bus = Bus(Callback::noop());
    html! {
        <section><h2>{ tr("Parts") }</h2>
            <div class="row">
                <Button label={tr("Open")} onclick={none.clone()} />
                <Button kind="primary" icon="share" label={tr("Share this moment")} onclick={none.clone()} />
                <Button kind="quiet" label={tr("run on")} onclick={none.clone()} />
                <Button label={tr("follow")} pressed={true} onclick={none.clone()} />
                <Button label={tr("Undo")} disabled=true onclick={none.clone()} />
                <Button kind="icon" icon="help" label={tr("Help")} onclick={none.clone()} />
                <Button kind="play" icon="play" label={tr("Play (Space)")} onclick={none} />
                <button type="button" class="link">{ tr("run from 0") }</button>
                <span class="chip">{ tr("rule") }</span><span class="chip" data-kind="assumed">{ tr("assumed") }</span><kbd>{ "W" }</kbd>
            </div>
            <div class="row"><label class="field"><span>{ tr("Command") }</span><input class="input" placeholder="kubectl get pods" /></label>
                <label class="check"><input type="checkbox" checked=true />{ tr("plays by itself") }</label><progress class="computing" max="1" value="0.4" aria-label={tr("Computing the run")}></progress></div>
            <div class="notice"><div><b>{ tr("The link is damaged: some of it is missing or was changed.") }</b><p>{ tr("Copy it again in one piece. Chat and mail programs sometimes cut long links.") }</p></div></div>
            <p class="stale">{ tr("The manifest has errors. This is the last run without them.") }</p>
            { crate::tour::card(&tour(1, vec![choice("kubia", None, false), choice("network-check", None, false)], None), &bus) }
            { crate::tour::card(&tour(2, vec![choice("kubia", Some(false), true), choice("network-check", Some(true), false)], Some(why.clone())), &bus) }
            { crate::tour::card(&tour(3, vec![choice("kubia", Some(false), false), choice("network-check", Some(true), true)], Some(why)), &bus) }
        </section>
    }
}

/// Colours, type, icons.
fn tokens() -> Html {
    html! {
        <section><h2>{ tr("Colours, type, icons") }</h2>
            <ul class="swatches">{ for COLOURS.into_iter().map(|c| html! { <li key={c}><i style={format!("background:var(--{c})")}></i><code>{ c }</code></li> }) }</ul>
            <div>{ for SIZES.into_iter().map(|s| html! { <p key={s} style={format!("font-size:var(--t-{s})")}>{ format!("{s} · kubia-init 10.244.0.5 Init:1/2") }</p> }) }</div>
            <ul class="swatches">{ for icons().into_iter().map(|name| html! { <li key={name.clone()}><Icon name={name.clone()} /><code>{ name }</code></li> }) }</ul>
        </section>
    }
}

/// The sprite's icons.
fn icons() -> Vec<Rc<str>> {
    let Ok(all) = browser::document().query_selector_all("symbol[id^='i-']") else { return Vec::new() };
    let id = |i| all.item(i)?.dyn_into::<web_sys::Element>().ok().map(|e| e.id());
    (0..all.length()).filter_map(id).map(|id| id.trim_start_matches("i-").into()).collect()
}
