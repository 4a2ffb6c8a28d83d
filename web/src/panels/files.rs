//! Files of a container, and where they come from.

use crate::bus::use_bus;
use crate::words::tr;
use podglass_playground::Event;
use podglass_playground::view::{FileRow, FilesView};
use yew::prelude::*;

/// Properties of [`FilesPanel`].
#[derive(PartialEq, Properties)]
pub struct Props {
    /// The files.
    pub files: FilesView,
}

/// A tree on the left, the open file on the right.
#[component]
pub fn FilesPanel(props: &Props) -> Html {
    let bus = use_bus();
    let files = &props.files;
    if files.rows.is_empty() {
        return html! { <p class="empty">{ files.empty.clone() }</p> };
    }
    html! {
        <div class="files" data-open={files.open.is_some().then_some("")}>
            <div class="tree" data-testid="files">
                <div class="tree-head"><span>{ tr(format!("{} in {}", files.container, files.pod)) }</span>
                    <span role="group" aria-label={tr("Container")}>{ for files.containers.iter().map(|c| html! {
                        <button type="button" key={c.clone()} class="choice" aria-pressed={(*c == files.container).to_string()} onclick={bus.on(Event::ChooseContainer(c.clone()))}>{ c.clone() }</button>
                    }) }</span>
                </div>
                { for files.rows.iter().map(|row| html! { <Row key={row.path.clone()} row={row.clone()} open={files.open.as_ref().is_some_and(|(p, _)| *p == row.path)} /> }) }
            </div>
            if let Some((path, content)) = &files.open {
                <div class="file-view">
                    <header><b class="mono clip">{ path.clone() }</b><button type="button" class="link" onclick={bus.on(Event::ShowFile(None))}>{ tr("close") }</button></header>
                    <pre tabindex="0">{ content.clone() }</pre>
                </div>
            }
        </div>
    }
}

/// Properties of [`Row`].
#[derive(PartialEq, Properties)]
pub struct RowProps {
    /// File or directory.
    pub row: FileRow,
    /// Whether it is open.
    pub open: bool,
}

/// A file or a directory.
#[component]
pub fn Row(props: &RowProps) -> Html {
    let bus = use_bus();
    let row = &props.row;
    let name = match &row.link {
        Some(to) => format!("{} → {to}", row.name),
        None if row.directory => format!("{}/", row.name.trim_end_matches('/')),
        None => row.name.clone(),
    };
    let indent = format!("padding-inline-start:{}px", row.depth * 16);
    html! {
        <div class="file-row" data-path={row.path.clone()} data-volume={row.volume.clone()} data-open={props.open.then_some("")}>
            <span class="name mono" style={indent} title={row.path.clone()}>
                if row.directory { { name } } else { <button type="button" class="link" onclick={bus.on(Event::ShowFile(Some(row.path.clone())))}>{ name }</button> }
            </span>
            <span class="mono mute">{ row.mode.clone() }</span>
            <span class="num mute">{ if row.directory { String::new() } else { format!("{} B", row.size) } }</span>
            <span class="written" title={row.written.clone()}>if let Some(mount) = row.mount.clone() { <span class="chip" data-kind="mount">{ mount }</span> }{ row.written.clone() }</span>
        </div>
    }
}
