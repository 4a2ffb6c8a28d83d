//! Puts the parts of the stage together.

use super::context::{Context, Options};
use super::{Detail, Stage};
use super::{outside, pod, tiles};
use crate::Memory;
use crate::row::PodRow;
use crate::{Rect, Role};
use k8s_openapi::api::core::v1::Pod;
use podglass_cluster::Cluster;
use podglass_cluster::manifest::{Kind, Object, ObjectKey};

/// Pods up to this number are shown in full.
const FULL: usize = 4;
/// Pods up to this number are tiles, more are points.
const TILES: usize = 80;
const GAP: f32 = 16.0;
/// Namespaces of the cluster itself.
const SYSTEM: [&str; 3] = ["kube-system", "kube-public", "kube-node-lease"];

/// What stands on the stage now. `memory` must have observed the cluster's journal.
pub fn stage(cluster: &Cluster, memory: &Memory, options: &Options) -> Stage {
    let at = cluster.now();
    let cx = Context { cluster, memory, at, options };
    let shown = |namespace: &str| options.namespace.as_deref().map_or_else(|| !SYSTEM.contains(&namespace), |n| n == namespace);
    let pods: Vec<(ObjectKey, &Pod)> = cluster
        .api()
        .list(Kind::Pod)
        .filter(|o| shown(o.namespace()))
        .filter_map(|o| match &**o {
            Object::Pod(pod) => Some((o.key(), &**pod)),
            _ => None,
        })
        .collect();
    let mut stage = Stage { width: options.width.max(240.0), ..Stage::default() };
    outside::lay(cx, &mut stage, &pods, &shown);
    stage.detail = match pods.len() {
        0..=FULL => Detail::Full,
        n if n <= TILES => Detail::Tiles,
        _ => Detail::Grid,
    };
    let focus = options.focus.as_ref().and_then(|f| pods.iter().find(|(k, _)| k == f));
    if stage.detail == Detail::Full {
        full(cx, &mut stage, &pods);
    } else {
        if let Some((key, pod)) = focus {
            full(cx, &mut stage, &[(key.clone(), *pod)]);
        }
        tiles::lay(&mut stage, &pods);
    }
    if pods.is_empty() && stage.outside.is_empty() {
        stage.empty = Some("Nothing runs yet. Paste a manifest, or open an example.".to_owned());
    }
    outside::arrows(cx, &mut stage, &pods);
    let mut roles: Vec<Role> = stage.pods.iter().flat_map(|p| p.containers.iter().map(|c| c.role)).chain(stage.tiles.iter().map(|t| t.role)).collect();
    roles.sort_unstable();
    roles.dedup();
    stage.legend = roles;
    stage
}

/// Pods in full, in one column or two.
fn full(cx: Context<'_>, stage: &mut Stage, pods: &[(ObjectKey, &Pod)]) {
    if pods.is_empty() {
        return;
    }
    let columns = if pods.len() > 1 && stage.width >= 900.0 { 2 } else { 1 };
    let width = ((stage.width - (columns - 1) as f32 * GAP) / columns as f32).floor();
    let mut heights = vec![stage.height; columns];
    for (i, (key, pod)) in pods.iter().enumerate() {
        let column = i % columns;
        let (mut part, moving) = pod::pod_part(cx, key, pod, width);
        stage.moving |= moving;
        let Some(height) = heights.get_mut(column) else { continue };
        part.shift(column as f32 * (width + GAP), *height);
        *height = part.rect.bottom() + GAP;
        stage.pods.push(part);
    }
    stage.height = heights.into_iter().fold(0.0, f32::max);
}

impl super::PodPart {
    /// Moves the Pod with everything in it.
    fn shift(&mut self, dx: f32, dy: f32) {
        let rect = |r: &mut Rect| *r = r.moved(dx, dy);
        let point = |p: &mut crate::Point| {
            p.x += dx;
            p.y += dy;
        };
        rect(&mut self.rect);
        rect(&mut self.status_rect);
        point(&mut self.subtitle_at);
        self.captions.iter_mut().for_each(|(p, _)| point(p));
        self.rails.iter_mut().flat_map(|r| &mut r.bands).for_each(rect);
        for c in &mut self.containers {
            rect(&mut c.rect);
            c.probes.iter_mut().for_each(|p| point(&mut p.at));
        }
        if let Some(gate) = &mut self.gate {
            rect(&mut gate.rect);
            point(&mut gate.text_at);
        }
        for v in &mut self.volumes {
            rect(&mut v.rect);
            v.files.iter_mut().for_each(|f| point(&mut f.at));
        }
        self.chain.iter_mut().chain(&mut self.mounts).chain(&mut self.board.wires).flat_map(|w| &mut w.points).for_each(point);
        self.travels.iter_mut().flat_map(|t| &mut t.points).for_each(point);
        rect(&mut self.board.rect);
        point(&mut self.board.remark_at);
        self.board.interfaces.iter_mut().for_each(|(p, _)| point(p));
        self.board.ports.iter_mut().for_each(|p| rect(&mut p.rect));
        self.recent.iter_mut().for_each(|r| point(&mut r.point));
    }
}

/// The row of a Pod, for tiles and panels.
pub(super) fn row(pod: &Pod) -> PodRow {
    PodRow::of(pod)
}
