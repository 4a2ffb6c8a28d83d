//! Stage and timeline as tables.

use super::App;
use crate::view::{TableRow, TableView};
use podglass_scene::timeline::{self, Wishes};
use podglass_scene::words::duration;

impl App {
    /// What there is now, and every stretch of every lane.
    pub(super) fn table(&self) -> TableView {
        let mut out = TableView::default();
        if let Some(stage) = self.cache.stage() {
            for part in &stage.outside {
                out.now.push([format!("{} {}", part.kind, part.name), part.role.name().to_owned(), part.line.clone(), String::new()]);
            }
            for pod in &stage.pods {
                out.now.push([format!("Pod {}", pod.name), pod.status.clone(), format!("ready {}", pod.ready), format!("restarts {}", pod.restarts)]);
                for c in &pod.containers {
                    out.now.push([c.name.clone(), c.role.name().to_owned(), c.line.clone(), c.detail.clone()]);
                }
                for v in &pod.volumes {
                    out.now.push([v.label.clone(), "volume".to_owned(), v.title.clone(), String::new()]);
                }
                for p in &pod.board.ports {
                    out.now.push([format!("port {}", p.port), "port".to_owned(), p.title.clone(), String::new()]);
                }
            }
            for tile in &stage.tiles {
                out.now.push([tile.name.clone(), tile.status.clone(), tile.title.clone(), String::new()]);
            }
        }
        let at = self.run.at();
        let wishes = Wishes { width: 4000.0, squeeze: true, ..Wishes::default() };
        let journal = self.run.ahead().cluster.api().journal();
        let (timeline, _) = timeline::project(self.run.history(), journal, self.run.horizon(), self.run.quiet(), &wishes, None);
        for lane in &timeline.lanes {
            for s in &lane.segments {
                let state = if s.label.is_empty() { s.title.split(" · ").next().unwrap_or_default().to_owned() } else { s.label.clone() };
                let to = if s.open { "goes on".to_owned() } else { duration(s.to.0) };
                let now = s.from <= at && at < s.to;
                out.run.push(TableRow { at: s.from, cells: [lane.label.clone(), state, duration(s.from.0), to], now });
            }
        }
        out.run.sort_by_key(|r| r.at);
        out
    }
}
