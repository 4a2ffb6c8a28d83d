//! Deeds as actions on a cluster.

use crate::event::Deed;
use crate::run::Act;
use podglass_cluster::Cluster;
use podglass_cluster::action::{Action, Arrangement, Propagation};
use podglass_cluster::manifest::{self, Object};
use podglass_cluster::runtime::Interference;
use podglass_scene::narration::{action_words, probe_word};
use podglass_scene::words::duration;
use std::rc::Rc;

/// Applies one object of the documents.
#[derive(Debug)]
pub(crate) struct ApplyObject(pub(crate) Rc<Object>);

impl Act for ApplyObject {
    fn perform(&self, cluster: &mut Cluster) -> Result<(), String> {
        cluster.act(Action::Apply((*self.0).clone())).map(drop).map_err(|r| r.message)
    }
}

/// Does a deed.
#[derive(Debug)]
pub(crate) struct DoDeed(pub(crate) Deed);

impl Act for DoDeed {
    fn perform(&self, cluster: &mut Cluster) -> Result<(), String> {
        match &self.0 {
            Deed::Apply { text, .. } => {
                let mut refused = None;
                for object in manifest::read(text).objects() {
                    if let Err(r) = cluster.act(Action::Apply(object.clone())) {
                        refused.get_or_insert(r.message);
                    }
                }
                refused.map_or(Ok(()), Err)
            }
            Deed::Docker { line, files } => {
                let words = crate::terminal::words(line).unwrap_or_default();
                cluster.docker(words.get(1..).unwrap_or_default(), &crate::dockerfiles::context(files));
                Ok(())
            }
            deed => match action(deed, cluster) {
                Some(action) => cluster.act(action).map(drop).map_err(|r| r.message),
                None => Ok(()),
            },
        }
    }
}

fn action(deed: &Deed, cluster: &Cluster) -> Option<Action> {
    let now = cluster.now();
    let interfere = |pod: &_, container: &String, how| Action::Interfere { pod: Clone::clone(pod), container: container.clone(), how };
    Some(match deed {
        Deed::Exit { pod, container, code } => interfere(pod, container, Interference::Exit(*code)),
        Deed::KillForMemory { pod, container } => interfere(pod, container, Interference::Oom),
        Deed::Hang { pod, container } => interfere(pod, container, Interference::Hang),
        Deed::IgnoreTerm { pod, container } => interfere(pod, container, Interference::IgnoreTerm),
        Deed::LoseSandbox { pod } => Action::LoseSandbox { pod: pod.clone() },
        Deed::RunEnds { pod, container, run, after, code } => {
            Action::Arrange(Arrangement::RunEnds { pod: pod.clone(), container: container.clone(), run: *run, after: *after, code: *code })
        }
        Deed::PullTakes { image, ms } => Action::Arrange(Arrangement::PullTakes { image: image.clone(), ms: *ms }),
        Deed::PullFails { image } => Action::Arrange(Arrangement::PullFails { image: image.clone(), message: None }),
        Deed::ExternalHost { host, reachable } => Action::Arrange(Arrangement::ExternalHost { host: host.clone(), reachable: *reachable }),
        Deed::ProbeFails { pod, container, probe, ms } => {
            Action::Arrange(Arrangement::ProbeFails { pod: pod.clone(), container: container.clone(), probe: *probe, from: now, until: now + *ms })
        }
        Deed::Delete { key, grace_period } => Action::Delete { key: key.clone(), grace_period: *grace_period, propagation: Propagation::Background },
        Deed::Act { verb, object, grace_period, .. } => crate::terminal::action(verb, object, *grace_period)?,
        Deed::Apply { .. } | Deed::Docker { .. } => return None,
    })
}

/// The deed, where it can be edited: a whole manifest or a command cannot.
pub(crate) fn editable(deed: &Deed) -> Option<Deed> {
    (!matches!(deed, Deed::Apply { .. } | Deed::Act { .. })).then(|| deed.clone())
}

/// A deed in words, for the list of changes.
pub(crate) fn words(deed: &Deed) -> String {
    let text = match deed {
        Deed::Apply { name, .. } => format!("applied {name}"),
        Deed::Act { line, .. } | Deed::Docker { line, .. } => return line.clone(),
        Deed::ProbeFails { container, probe, ms, .. } => format!("made the {} probe of {container} fail for {}", probe_word(*probe), duration(*ms)),
        Deed::Exit { container, code, .. } => format!("made {container} exit {code}"),
        Deed::KillForMemory { container, .. } => format!("had {container} killed for memory"),
        Deed::Hang { container, .. } => format!("made {container} hang"),
        Deed::IgnoreTerm { container, .. } => format!("made {container} ignore SIGTERM"),
        Deed::LoseSandbox { pod } => action_words(&Action::LoseSandbox { pod: pod.clone() }),
        Deed::Delete { key, grace_period } => {
            action_words(&Action::Delete { key: key.clone(), grace_period: *grace_period, propagation: Propagation::Background })
        }
        Deed::RunEnds { pod, container, run, after, code } => {
            action_words(&Action::Arrange(Arrangement::RunEnds { pod: pod.clone(), container: container.clone(), run: *run, after: *after, code: *code }))
        }
        Deed::PullTakes { image, ms } => action_words(&Action::Arrange(Arrangement::PullTakes { image: image.clone(), ms: *ms })),
        Deed::PullFails { image } => action_words(&Action::Arrange(Arrangement::PullFails { image: image.clone(), message: None })),
        Deed::ExternalHost { host, reachable } => action_words(&Action::Arrange(Arrangement::ExternalHost { host: host.clone(), reachable: *reachable })),
    };
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |c| c.to_uppercase().chain(chars).collect())
}
