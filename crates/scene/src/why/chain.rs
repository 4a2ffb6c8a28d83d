//! Chains of causes, from a record to what the user did.

use super::{Ask, LinkKind, Why, rules};
use crate::Target;
use crate::kube_event::KubeEvent;
use crate::memory::weight;
use crate::narration::phrase;
use crate::words::{Sentence, duration};
use podglass_cluster::action::Action;
use podglass_cluster::manifest::{Object, ObjectKey};
use podglass_cluster::runtime::Happening;
use podglass_cluster::{Fact, Record, RecordId, SimTime};

/// So many links stand between the answer and the end of its chain.
const LINKS: usize = 6;

/// Whether a record says something that the next one of a chain does not.
fn telling(record: &Record) -> bool {
    match &record.fact {
        Fact::Updated { after, .. } if !matches!(**after, Object::Pod(_) | Object::Event(_)) => false,
        _ => weight(record) >= 3 && KubeEvent::of(record).is_none_or(|e| !matches!(e.reason(), "Created" | "Pulled" | "Pulling" | "Killing")),
    }
}

impl Ask<'_> {
    /// Follows the causes of a record up to what the user did: the first links that tell something, and always the end.
    pub(super) fn down_to_action(self, mut why: Why, record: Option<RecordId>) -> Why {
        let Some(id) = record else { return why.rule(rules::NOTHING) };
        let (mut last, mut told, mut end) = (Sentence::default(), 0, None);
        for r in self.cluster.api().journal().chain(id) {
            end = Some(r);
            if told == LINKS || matches!(r.fact, Fact::ActionTaken(_)) || !telling(r) && (told > 0 || r.id != id) {
                continue;
            }
            let words = phrase(r);
            if words != last {
                told += 1;
                last = words.clone();
                why = why.link(LinkKind::Record, words.capital().and("."), duration(r.at.0)).at(Some((r.id, r.at)));
            }
        }
        match end.map(|r| (r, &r.fact)) {
            Some((r, Fact::ActionTaken(action))) => {
                why = why.link(LinkKind::Action, phrase(r).capital().and("."), duration(r.at.0)).at(Some((r.id, r.at)));
                if let Action::Apply(o) | Action::Create(o) | Action::Replace(o) = &**action {
                    let mut key = o.key();
                    if o.namespaced() && key.namespace.is_empty() {
                        "default".clone_into(&mut key.namespace);
                    }
                    why = why.field(Target::Object(key), "metadata.name");
                }
                why
            }
            // What belongs to the cluster's birth, and what its controllers do by the clock.
            _ => why.rule(rules::BIRTH),
        }
    }

    /// The newest event about a Pod, or about one of its containers, with one of these reasons.
    pub(super) fn latest_event(self, key: &ObjectKey, container: Option<&str>, reasons: &[&str]) -> Option<(String, (RecordId, SimTime))> {
        let records = self.cluster.api().journal().records().iter().rev().take(20_000);
        records
            .filter_map(|r| Some((KubeEvent::of(r)?, r)))
            .find(|(e, _)| reasons.contains(&e.reason()) && e.container() == container && e.about().as_ref() == Some(key))
            .map(|(e, r)| (e.message().to_owned(), (r.id, r.at)))
    }

    pub(super) fn record(self, id: RecordId) -> Why {
        let Some(record) = self.cluster.api().journal().get(id) else {
            return Why::say(Sentence::text("This has not happened yet.")).rule(rules::NOTHING);
        };
        let mut why = self.down_to_action(Why::say(phrase(record).capital().and(".")), record.cause.or(Some(id)));
        if let Fact::Inside(inside) = &record.fact
            && let Happening::Assumed { text } = &inside.what
        {
            why = why.link(LinkKind::Assumption, Sentence::text("This is an assumption."), text.to_string());
        }
        why
    }
}
