//! Getting the image of a container (follows pkg/kubelet/images/image_manager.go).

use super::backoff::{self, go_millis};
use super::containers::{Containers, Slot};
use super::images::{unparsable, usual_duration};
use super::pod::{Cx, PodState, pod_of};
use super::start::Stage;
use super::timing::PULL_AGAIN;
use crate::SimTime;
use crate::journal::Step;

impl PodState {
    pub(super) fn ensure_image(&mut self, cx: &mut Cx<'_>, containers: Containers<'_>, slot: Slot) {
        let image = containers.image(slot);
        if let Some(why) = unparsable(image) {
            let text = format!("Failed to apply default image tag {image:?}: couldn't parse image name {image:?}: {why}");
            cx.event(self, Some(slot), true, "InspectFailed", &text);
            self.fail(cx, slot, "InvalidImageName", text, Some("InvalidImageName"));
            return;
        }
        let facts = cx.runtime.image(image);
        let settings = cx.api.settings();
        let listed = settings.registry.is_empty() || settings.registry.contains(&facts.canonical);
        let known = facts.exists && !(settings.only_known_images && (facts.assumed || !listed));
        let store = cx.shared.images.entry(self.node).or_default();
        let present = store.has(&facts.canonical) || (settings.images_present && known);
        let policy = containers
            .get(slot)
            .and_then(|c| c.image_pull_policy.as_deref())
            .or_else(|| containers.ephemeral_at(slot).and_then(|c| c.image_pull_policy.as_deref()));
        let policy = policy.unwrap_or("IfNotPresent");
        if present && policy != "Always" {
            let text = format!("Container image {image:?} already present on machine and can be accessed by the pod");
            cx.event(self, Some(slot), false, "Pulled", &text);
            self.create(cx, slot);
            return;
        }
        if policy == "Never" {
            let text = format!("Container image {image:?} is not present with pull policy of Never");
            cx.event(self, Some(slot), true, "ErrImageNeverPull", &text);
            self.fail(cx, slot, "ErrImageNeverPull", text, Some("ErrImageNeverPull"));
            return;
        }
        let now = cx.now();
        if let Some((entry, error)) = self.image_backoffs.get(image)
            && now.since(entry.updated) < entry.length
        {
            let text = format!("Back-off pulling image {image:?}");
            let message = format!("{text}: ErrImagePull: {error}");
            cx.event(self, Some(slot), false, "BackOff", &text);
            self.fail(cx, slot, "ImagePullBackOff", message, Some("ImagePullBackOff"));
            return;
        }
        cx.event(self, Some(slot), false, "Pulling", &format!("Pulling image {image:?}"));
        let missing = !known;
        let not_found = || {
            let c = &facts.canonical;
            format!("rpc error: code = NotFound desc = failed to pull and unpack image {c:?}: failed to resolve reference {c:?}: {c}: not found")
        };
        let error = match cx.shared.arranged.fails.get(image) {
            Some(words) => Some(words.clone().unwrap_or_else(not_found)),
            None => missing.then(not_found),
        };
        let present = present || (error.is_none() && cx.shared.images.entry(self.node).or_default().expect(&facts.canonical));
        let takes =
            cx.shared.arranged.takes.get(image).copied().unwrap_or_else(|| if present || error.is_some() { PULL_AGAIN } else { usual_duration(facts.size) });
        let (began, until) = cx.shared.images.entry(self.node).or_default().enqueue(now, takes);
        cx.step(self, Some(slot), Step::PullStarted { image: image.into(), until, size: facts.size });
        self.stage(Stage::Pulling { slot, asked: now, began, size: facts.size, error });
        self.later(cx, until.since(now));
    }

    pub(super) fn pulled(&mut self, cx: &mut Cx<'_>, slot: Slot, (asked, began, size): (SimTime, SimTime, u64), error: Option<String>) {
        let object = self.object.clone();
        let Some((_, containers)) = pod_of(&object) else { return };
        let image = containers.image(slot);
        let now = cx.now();
        cx.step(self, Some(slot), Step::PullEnded { image: image.into(), ok: error.is_none() });
        if let Some(error) = error {
            cx.event(self, Some(slot), true, "Failed", &format!("Failed to pull image {image:?}: {error}"));
            let next = backoff::next(self.image_backoffs.get(image).map(|(b, _)| b), 0, now, now);
            self.image_backoffs.insert(image.to_owned(), (next, error.clone()));
            self.fail(cx, slot, "ErrImagePull", error, Some("ErrImagePull"));
            return;
        }
        self.image_backoffs.remove(image);
        let facts = cx.runtime.image(image);
        cx.shared.images.entry(self.node).or_default().add(facts.canonical);
        let text = format!(
            "Successfully pulled image {image:?} in {} ({} including waiting). Image size: {size} bytes.",
            go_millis(now.since(began)),
            go_millis(now.since(asked))
        );
        cx.event(self, Some(slot), false, "Pulled", &text);
        self.create(cx, slot);
    }
}
