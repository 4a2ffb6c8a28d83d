//! Every sentence of a view, put into the book's language. Kubernetes' own words have no line in the book.

use super::Book;
use crate::view::{Change, Notice, PanelView};
use podglass_scene::geometry::fit;
use podglass_scene::stage::{PodPart, Wire};
use podglass_scene::{Stage, Timeline};

impl Book {
    fn put(&self, text: &mut String) {
        if let Some(found) = self.find(text) {
            *text = found;
        }
    }

    /// The same in a place with so much room.
    fn put_into(&self, text: &mut String, width: f32, size: f32) {
        if let Some(found) = self.find(text) {
            *text = fit(&found, width, size, false);
        }
    }

    fn wires(&self, wires: &mut [Wire]) {
        for wire in wires {
            self.put(&mut wire.title);
        }
    }

    /// The stage.
    pub fn stage(&self, stage: &mut Stage) {
        if let Some(empty) = &mut stage.empty {
            self.put(empty);
        }
        self.wires(&mut stage.arrows);
        for tile in &mut stage.tiles {
            self.put(&mut tile.title);
        }
        for part in &mut stage.outside {
            self.put_into(&mut part.line, part.rect.w - 28.0, 11.0);
            self.put(&mut part.title);
            if let Some(band) = &mut part.band {
                self.put(&mut band.label);
            }
        }
        for pod in &mut stage.pods {
            self.pod(pod);
        }
    }

    fn pod(&self, pod: &mut PodPart) {
        self.put(&mut pod.subtitle);
        self.put(&mut pod.title);
        for (_, caption) in &mut pod.captions {
            self.put(caption);
        }
        for c in &mut pod.containers {
            self.put_into(&mut c.line, c.rect.w - 28.0, 12.0);
            if !c.detail_mono {
                let probes: f32 = c.probes.iter().map(|p| p.dots.len() as f32 * 9.0 + 44.0).sum();
                self.put_into(&mut c.detail, c.rect.w - 28.0 - probes, 11.0);
            }
            self.put(&mut c.title);
            for probe in &mut c.probes {
                self.put(&mut probe.title);
            }
        }
        if let Some(gate) = &mut pod.gate {
            self.put(&mut gate.line);
            self.put(&mut gate.strong);
        }
        for volume in &mut pod.volumes {
            self.put_into(&mut volume.mounted, volume.rect.w - 32.0, 11.0);
            self.put(&mut volume.title);
            for file in &mut volume.files {
                self.put(&mut file.name);
                self.put(&mut file.note);
            }
        }
        for port in &mut pod.board.ports {
            self.put_into(&mut port.label, port.rect.w - 4.0, 11.0);
            self.put(&mut port.title);
        }
        for (_, text) in &mut pod.board.interfaces {
            self.put(text);
        }
        pod.board.remark = self.sentence(&pod.board.remark);
        self.wires(&mut pod.board.wires);
        self.wires(&mut pod.chain);
        self.wires(&mut pod.mounts);
        for line in &mut pod.recent {
            let room = pod.rect.x + pod.rect.w - line.point.x - 62.0;
            self.put_into(&mut line.text, room, 12.0);
        }
    }

    /// The timeline.
    pub fn timeline(&self, timeline: &mut Timeline) {
        for lane in &mut timeline.lanes {
            self.put(&mut lane.label);
            for segment in &mut lane.segments {
                self.put_into(&mut segment.label, segment.w - 8.0, 11.0);
                self.put(&mut segment.title);
            }
            for marker in &mut lane.markers {
                self.put(&mut marker.title);
            }
        }
        for b in &mut timeline.breaks {
            self.put(&mut b.label);
        }
    }

    /// The open panel.
    pub fn panel(&self, panel: &mut PanelView) {
        match panel {
            PanelView::Why(why) => {
                why.answer = self.sentence(&why.answer);
                for link in &mut why.links {
                    link.head = self.sentence(&link.head);
                    self.put(&mut link.body);
                }
            }
            PanelView::Logs(log) => self.put(&mut log.empty),
            PanelView::Files(files) => {
                self.put(&mut files.empty);
                for row in &mut files.rows {
                    self.put(&mut row.written);
                }
            }
            _ => {}
        }
    }

    /// A change to the run.
    pub fn change(&self, change: &mut Change) {
        self.put(&mut change.text);
    }

    /// A notice.
    pub fn notice(&self, notice: &Notice) -> Notice {
        let mut out = notice.clone();
        self.put(&mut out.text);
        self.put(&mut out.help);
        out
    }

    /// A sentence without names: as it was where the book has no line for it.
    pub fn say(&self, text: &str) -> String {
        self.find(text).unwrap_or_else(|| text.to_owned())
    }
}
