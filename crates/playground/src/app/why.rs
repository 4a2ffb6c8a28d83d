//! The panel that answers "why?".

use super::App;
use crate::documents;
use crate::view::{WhyLink, WhyView};

impl App {
    /// The answer for what is selected, with places in the texts.
    pub(super) fn why(&self) -> WhyView {
        let now = self.run.now();
        let why = podglass_scene::why::why(&now.cluster, &now.memory, self.selected.as_ref());
        let links = why
            .links
            .into_iter()
            .map(|link| {
                let place = link.field.as_ref().and_then(|(target, field)| {
                    documents::field(self.left(), &now.cluster, target, field).or_else(|| documents::place(self.left(), &now.cluster, target))
                });
                let line = place.and_then(|(tab, start, _)| Some((tab, documents::line_column(&self.tabs.get(tab)?.text, start).0)));
                WhyLink {
                    head: link.head,
                    body: link.body,
                    kind: link.kind,
                    line,
                    target: link.field.map(|(t, _)| t).or(link.record.map(|(id, _)| podglass_scene::Target::Record(id))),
                    at: link.record.map(|(_, at)| at),
                }
            })
            .collect();
        WhyView { answer: why.answer, links }
    }
}
