//! Many Pods: tiles, then points of a grid.

use super::build::row;
use super::{Detail, Stage, Tile};
use crate::geometry::fit_end;
use crate::{Rect, Target};
use k8s_openapi::api::core::v1::Pod;
use podglass_cluster::manifest::ObjectKey;

/// Lays tiles or points out below what is there.
pub(super) fn lay(stage: &mut Stage, pods: &[(ObjectKey, &Pod)]) {
    let grid = stage.detail == Detail::Grid;
    let (w, h, gap) = if grid { (16.0, 16.0, 5.0) } else { (168.0, 62.0, 10.0) };
    let per_row = (((stage.width + gap) / (w + gap)).floor() as usize).max(1);
    let top = stage.height;
    for (i, (key, pod)) in pods.iter().enumerate() {
        let rect = Rect::new((i % per_row) as f32 * (w + gap), top + (i / per_row) as f32 * (h + gap), w, h);
        let row = row(pod);
        let (role, ready) = (row.role(), row.ready_text());
        let title = format!("Pod {}: {}, {ready} ready, {} restarts", key.name, row.status, row.restarts);
        let text = |s: String| if grid { String::new() } else { s };
        stage.tiles.push(Tile {
            target: Target::Object(key.clone()),
            rect,
            name: text(fit_end(&key.name, w - 46.0, 12.0, false)),
            status: text(crate::geometry::fit(&row.status, w - 78.0, 11.0, false)),
            ready: text(ready),
            role,
            icon: role.icon(),
            title,
        });
    }
    stage.height = top + pods.len().div_ceil(per_row) as f32 * (h + gap);
}
