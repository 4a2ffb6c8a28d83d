//! Everything that is to be said about the text, each with its place.

use crate::bus::{Ui, use_bus};
use crate::ui::{Icon, Same};
use crate::words::tr;
use podglass_playground::view::{EditorView, Problem};
use podglass_playground::{Event, Severity};
use yew::prelude::*;

/// Properties of [`Problems`].
#[derive(PartialEq, Properties)]
pub struct Props {
    /// Tabs and their problems.
    pub editor: Same<EditorView>,
}

/// The list, errors first.
#[component]
pub fn Problems(props: &Props) -> Html {
    let editor = &props.editor;
    let count = |severity: Severity| editor.problems.iter().filter(|p| p.severity() == severity).count();
    let (errors, warnings, advice) = (count(Severity::Error), count(Severity::Warning), count(Severity::Advice));
    html! {
        <section class="problems" aria-label={tr("Problems")} data-testid="problems" data-errors={errors.to_string()}>
            <header><b>{ head(errors, warnings) }</b>if advice > 0 { <span class="mute">{ plural(advice, "piece of advice", "pieces of advice") }</span> }</header>
            { for editor.problems.iter().take(super::MOST).enumerate().map(|(i, p)| html! { <Row key={i} problem={p.clone()} editor={editor.clone()} /> }) }
            if editor.problems.len() > super::MOST { <p class="empty">{ tr(format!("and {} more", editor.problems.len() - super::MOST)) }</p> }
        </section>
    }
}

/// Properties of [`Row`].
#[derive(PartialEq, Properties)]
pub(crate) struct RowProps {
    /// The problem.
    pub problem: Problem,
    /// The texts, for a fix.
    pub editor: Same<EditorView>,
}

/// One problem: a click goes there.
#[component]
pub(crate) fn Row(props: &RowProps) -> Html {
    let bus = use_bus();
    let p = &props.problem;
    let (severity, icon) = match p.severity() {
        Severity::Error => ("error", "error"),
        Severity::Warning => ("warning", "warning"),
        Severity::Advice => ("advice", "advice"),
    };
    let fix = p.diagnostic.fix.as_ref().and_then(|fix| {
        let text = props.editor.tabs.get(p.tab)?.text.to_string();
        let fixed = apply(text, fix.edits.iter().map(|(span, new)| (span.start, span.end, new.as_str())))?;
        Some(html! { <button type="button" class="link help" onclick={bus.on(Event::EditText { tab: p.tab, text: fixed })}>{ fix.title.clone() }</button> })
    });
    html! {
        <>
        <button type="button" class="problem" data-severity={severity} onclick={bus.on_ui(Ui::GoTo { tab: p.tab, line: p.line, column: p.column })}>
            <Icon name={icon} />
            <span class="text"><span class="visually-hidden">{ tr(format!("{severity}: ")) }</span>{ p.diagnostic.message.clone() }</span>
            <span class="at">{ format!("{}:{}", p.line, p.column) }</span>
            if let Some(help) = p.diagnostic.help.clone() { <span class="help">{ help }</span> }
        </button>
        if let Some(fix) = fix { <div class="problem-fix">{ fix }</div> }
        </>
    }
}

/// Replaces ranges, which are ascending and disjoint; nothing where one of them is not in the text.
fn apply<'a>(mut text: String, edits: impl DoubleEndedIterator<Item = (usize, usize, &'a str)>) -> Option<String> {
    for (start, end, new) in edits.rev() {
        text.get(start..end)?;
        text.replace_range(start..end, new);
    }
    Some(text)
}

fn head(errors: usize, warnings: usize) -> String {
    match (errors, warnings) {
        (0, 0) => tr("No problems.").to_string(),
        (0, w) => plural(w, "warning", "warnings"),
        (e, 0) => plural(e, "error", "errors"),
        (e, w) => format!("{}, {}", plural(e, "error", "errors"), plural(w, "warning", "warnings")),
    }
}

fn plural(count: usize, one: &str, many: &str) -> String {
    tr(format!("{count} {}", if count == 1 { one } else { many })).to_string()
}

#[cfg(test)]
mod tests {
    use super::apply;

    #[test]
    fn a_fix_replaces_its_ranges_and_nothing_else() {
        let text = "kind: pod\nname: a # keep\n".to_owned();
        assert_eq!(apply(text.clone(), [(6, 9, "Pod"), (16, 17, "b")].into_iter()).as_deref(), Some("kind: Pod\nname: b # keep\n"));
        assert_eq!(apply(text, [(900, 901, "x")].into_iter()), None);
    }
}
