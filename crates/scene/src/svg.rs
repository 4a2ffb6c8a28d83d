//! The stage as a picture: an SVG that needs nothing else.
//!
//! Classes are roles (`card running`); the style inside carries a light and a dark palette, and a
//! page that includes the picture inline may override it.

use crate::stage::{Board, ContainerPart, Dot, OutsidePart, PodPart, PortState, Stage, Tile, VolumePart, Wire, WireKind};
use crate::{Icon, Point, Rect};
use std::fmt::Write;

/// Colours and fonts.
const STYLE: &str = ":root{--bg:#f6f7f9;--panel:#fff;--sunk:#f0f2f5;--ink:#1f2533;--soft:#4c5263;--mute:#6d7385;--line:#dfe2e9;--line2:#c3c8d4;--running:#0f9d58;--running-bg:#e9f9ee;--starting:#2f6fdb;--starting-bg:#eef3fe;--completed:#2a7c8a;--completed-bg:#e9f6f8;--failed:#d03438;--failed-bg:#ffeeec;--back:#b5750e;--back-bg:#fff4dd;--pulling:#3d98c9;--terminating:#8b57b5;--vol:#9a5f33;--vol-bg:#fdf4ec}\
@media(prefers-color-scheme:dark){:root{--bg:#15181f;--panel:#1d212a;--sunk:#191d25;--ink:#eceef3;--soft:#c0c4cf;--mute:#969cab;--line:#333946;--line2:#4a5160;--running:#4cc98a;--running-bg:#17301f;--starting:#7fa9ff;--starting-bg:#1b2742;--completed:#6fb6c2;--completed-bg:#152a2f;--failed:#ff7c75;--failed-bg:#3d1d1c;--back:#e0ad52;--back-bg:#382b12;--pulling:#79c1e8;--terminating:#c79be8;--vol:#d9a67c;--vol-bg:#33261b}}\
text{font-family:system-ui,'Segoe UI',Roboto,'Noto Sans',sans-serif;font-size:12px;fill:var(--soft)}.mono{font-family:ui-monospace,Menlo,Consolas,'Liberation Mono',monospace}.t1{font-size:14px;font-weight:640;fill:var(--ink)}.t3{font-size:11px;fill:var(--mute)}.cap{font-size:10.5px;font-weight:600;letter-spacing:.06em;fill:var(--mute)}.frame{fill:var(--panel);stroke:var(--line2)}.sunk{fill:var(--sunk);stroke:var(--line)}\
.card{fill:var(--panel);stroke:var(--line2)}.waiting{stroke-dasharray:4 3;fill:none}.running,.not-ready{stroke:var(--running);fill:var(--running-bg)}.starting,.pulling{stroke:var(--starting)}.completed{stroke:var(--completed);fill:var(--completed-bg)}.failed{stroke:var(--failed);fill:var(--failed-bg)}.back-off{stroke:var(--back);fill:var(--back-bg)}.terminating{stroke:var(--terminating)}\
.i-running,.i-not-ready{color:var(--running)}.i-starting{color:var(--starting)}.i-pulling{color:var(--pulling)}.i-completed{color:var(--completed)}.i-failed{color:var(--failed)}.i-back-off{color:var(--back)}.i-terminating{color:var(--terminating)}.i-waiting{color:var(--mute)}\
.wire{fill:none;stroke:var(--line2);stroke-width:1.4}.lit{stroke:var(--starting);stroke-width:1.8}.mount{stroke:var(--vol);opacity:.45}.declared{stroke-dasharray:3 4}.bound{stroke:var(--running)}.clash{stroke:var(--failed);stroke-dasharray:4 3}.owner,.route,.uses{opacity:.8}.vol{fill:var(--vol-bg);stroke:var(--vol)}.volt{fill:var(--vol);font-weight:600}.band{fill:var(--running);opacity:.08;stroke:none}.port-bound{fill:var(--running-bg);stroke:var(--running)}.port-clash{fill:var(--failed-bg);stroke:var(--failed);stroke-width:2}.port-declared{fill:none;stroke:var(--line2);stroke-dasharray:4 3}";

/// Draws the stage.
pub fn svg(stage: &Stage) -> String {
    let (w, h) = (stage.width, stage.height.max(40.0));
    let mut out = Svg(String::with_capacity(16 << 10));
    out.put(format_args!("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{w}\" height=\"{h}\" viewBox=\"0 0 {w} {h}\" role=\"img\"><style>{STYLE}</style>"));
    out.put(format_args!("<rect width=\"{w}\" height=\"{h}\" fill=\"var(--bg)\"/>"));
    for part in &stage.outside {
        out.outside(part);
    }
    for wire in &stage.arrows {
        out.wire(wire);
    }
    for pod in &stage.pods {
        out.pod(pod);
    }
    for tile in &stage.tiles {
        out.tile(tile);
    }
    if let Some(text) = &stage.empty {
        out.text(Point { x: 20.0, y: 26.0 }, "t1", text);
    }
    out.0.push_str("</svg>");
    out.0
}

struct Svg(String);

/// Text in XML.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            c if c.is_control() && c != '\n' => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

impl Svg {
    fn put(&mut self, args: std::fmt::Arguments<'_>) {
        // Writing to a string cannot fail.
        let _ = self.0.write_fmt(args);
    }
    fn text(&mut self, at: Point, class: &str, text: &str) {
        self.put(format_args!("<text x=\"{:.1}\" y=\"{:.1}\" class=\"{class}\" xml:space=\"preserve\">{}</text>", at.x, at.y, escape(text)));
    }
    fn centered(&mut self, x: f32, y: f32, class: &str, text: &str) {
        self.put(format_args!("<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"middle\" class=\"{class}\">{}</text>", escape(text)));
    }
    fn rect(&mut self, r: Rect, radius: f32, class: &str) {
        self.put(format_args!("<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" rx=\"{radius}\" class=\"{class}\"/>", r.x, r.y, r.w, r.h));
    }
    fn wire(&mut self, wire: &Wire) {
        let kind = wire.kind.name();
        let lit = if wire.lit && wire.kind == WireKind::Chain { " lit" } else { "" };
        let points: Vec<String> = wire.points.iter().map(|p| format!("{:.1},{:.1}", p.x, p.y)).collect();
        self.put(format_args!("<polyline class=\"wire {kind}{lit}\" points=\"{}\"><title>{}</title></polyline>", points.join(" "), escape(&wire.title)));
        if let ([.., from, to], WireKind::Chain | WireKind::Route | WireKind::Owner) = (wire.points.as_slice(), wire.kind) {
            let (dx, dy) = (to.x - from.x, to.y - from.y);
            let n = (dx * dx + dy * dy).sqrt().max(1.0);
            let (ux, uy) = (dx / n * 7.0, dy / n * 7.0);
            let color = if lit.is_empty() { "var(--line2)" } else { "var(--starting)" };
            self.put(format_args!(
                "<path d=\"M{:.1} {:.1}L{:.1} {:.1}L{:.1} {:.1}z\" fill=\"{color}\"/>",
                to.x,
                to.y,
                to.x - ux - uy * 0.55,
                to.y - uy + ux * 0.55,
                to.x - ux + uy * 0.55,
                to.y - uy - ux * 0.55
            ));
        }
    }

    fn icon(&mut self, cx: f32, cy: f32, icon: Icon, role: &str) {
        self.put(format_args!(
            "<g class=\"i-{role}\" transform=\"translate({cx:.1} {cy:.1})\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"2\" stroke-linecap=\"round\">"
        ));
        let arc = |share: f32| {
            let a = std::f32::consts::TAU * share.clamp(0.01, 0.99) - std::f32::consts::FRAC_PI_2;
            let large = u8::from(share > 0.5);
            format!(
                "<circle r=\"10\" stroke=\"var(--line2)\" stroke-width=\"3\"/><path stroke-width=\"3\" d=\"M0 -10A10 10 0 {large} 1 {:.2} {:.2}\"/>",
                10.0 * a.cos(),
                10.0 * a.sin()
            )
        };
        let shape = match icon {
            Icon::Dashed => "<circle r=\"9\" stroke-dasharray=\"3 3\"/>".to_owned(),
            Icon::Filling(share) | Icon::Fading(share) => arc(share),
            Icon::Spinner => arc(0.35),
            Icon::Clock => "<circle r=\"10\"/><path d=\"M0 -6V0L4 2\"/>".to_owned(),
            Icon::Solid => "<circle r=\"10\"/><circle r=\"5\" fill=\"currentColor\" stroke=\"none\"/>".to_owned(),
            Icon::Hollow => "<circle r=\"10\"/><circle r=\"4.5\"/>".to_owned(),
            Icon::Check => "<circle r=\"10\" fill=\"currentColor\" stroke=\"none\"/><path d=\"M-5 0l3.6 3.8 6.4-7.2\" stroke=\"var(--panel)\"/>".to_owned(),
            Icon::Cross => "<circle r=\"10\" fill=\"currentColor\" stroke=\"none\"/><path d=\"M-4 -4l8 8M4 -4l-8 8\" stroke=\"var(--panel)\"/>".to_owned(),
            Icon::Exclamation => "<circle r=\"10\" fill=\"currentColor\" stroke=\"none\"/><path d=\"M0 -5v6M0 4.8v.2\" stroke=\"var(--panel)\"/>".to_owned(),
            Icon::Hourglass => "<path d=\"M-6 -9h12M-6 9h12M-5 -9c0 7 10 8 10 18M5 -9c0 7 -10 8 -10 18\"/>".to_owned(),
        };
        self.0.push_str(&shape);
        self.0.push_str("</g>");
    }

    fn pod(&mut self, pod: &PodPart) {
        let r = pod.rect;
        self.put(format_args!("<g><title>{}</title>", escape(&pod.title)));
        self.rect(r, 16.0, "frame");
        self.put(format_args!(
            "<text x=\"{:.1}\" y=\"{:.1}\" class=\"t1\" style=\"font-size:17px\">{}</text>",
            r.x + if r.w < 480.0 { 14.0 } else { 24.0 },
            r.y + 34.0,
            escape(&pod.name)
        ));
        self.text(pod.subtitle_at, "t3 mono", &pod.subtitle);
        self.rect(pod.status_rect, 14.0, &format!("card {}", pod.role.name()));
        let s = pod.status_rect;
        self.centered(s.center().x, s.y + 18.5, "t1", &pod.status);
        let facts = format!("READY {}   RESTARTS {}", pod.ready, pod.restarts);
        let at = if pod.wide { Point { x: s.right() + 18.0, y: r.y + 32.0 } } else { Point { x: r.right() - 150.0, y: r.y + 60.0 } };
        self.text(at, "t3", &facts);
        self.put(format_args!("<path class=\"wire\" d=\"M{:.1} {:.1}H{:.1}\"/>", r.x, r.y + pod.header, r.right()));
        for rail in &pod.rails {
            for band in &rail.bands {
                self.rect(*band, 12.0, "band");
            }
        }
        for (at, text) in &pod.captions {
            self.text(*at, "cap", text);
        }
        for wire in pod.mounts.iter().chain(&pod.chain) {
            self.wire(wire);
        }
        self.board(&pod.board);
        for c in &pod.containers {
            self.container(c);
        }
        for v in &pod.volumes {
            self.volume(v);
        }
        if let Some(gate) = &pod.gate {
            self.rect(gate.rect, 5.0, if gate.open { "card running" } else { "sunk" });
            self.text(gate.text_at, "t2", &gate.line);
            self.put(format_args!("<text x=\"{:.1}\" y=\"{:.1}\" font-weight=\"600\">{}</text>", gate.text_at.x, gate.text_at.y + 17.0, escape(&gate.strong)));
        }
        for t in &pod.travels {
            if let Some(p) = along(&t.points, t.progress) {
                self.put(format_args!(
                    "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"5\" fill=\"{}\" stroke=\"var(--vol)\" stroke-width=\"2\"/>",
                    p.x,
                    p.y,
                    if t.write { "var(--vol)" } else { "var(--panel)" }
                ));
            }
        }
        for recent in &pod.recent {
            self.text(recent.point, "t3 mono", &recent.time);
            let class = if recent.strong { "i-starting" } else { "t2" };
            self.put(format_args!("<text x=\"{:.1}\" y=\"{:.1}\" class=\"{class}\">{}</text>", recent.point.x + 52.0, recent.point.y, escape(&recent.text)));
        }
        self.0.push_str("</g>");
    }

    fn container(&mut self, c: &ContainerPart) {
        let r = c.rect;
        let at = |dx: f32, dy: f32| Point { x: r.x + dx, y: r.y + dy };
        self.put(format_args!("<g><title>{}</title>", escape(&c.title)));
        self.rect(r, 11.0, &format!("card {}", c.role.name()));
        self.icon(r.x + 22.0, r.y + 24.0, c.icon, c.role.name());
        self.text(at(40.0, 21.0), "t1", &c.name);
        self.text(at(40.0, 38.0), "t3 mono", &c.image);
        self.text(at(14.0, 64.0), "t2", &c.line);
        self.text(at(14.0, 81.0), if c.detail_mono { "t3 mono" } else { "t3" }, &c.detail);
        if c.restarts > 0 {
            self.put(format_args!("<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\" class=\"t3 mono\">↻{}</text>", r.right() - 10.0, r.y + 20.0, c.restarts));
        }
        if c.assumed && c.probes.is_empty() {
            self.put(format_args!("<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\" class=\"t3\">assumed</text>", r.right() - 14.0, r.y + 64.0));
        }
        for p in &c.probes {
            for (i, dot) in p.dots.iter().enumerate() {
                let fill = match dot {
                    Dot::Pending => "none",
                    Dot::Success => "var(--running)",
                    Dot::Failure => "var(--failed)",
                };
                let stroke = if *dot == Dot::Failure { "var(--failed)" } else { "var(--running)" };
                self.put(format_args!("<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"3.2\" fill=\"{fill}\" stroke=\"{stroke}\"/>", p.at.x + i as f32 * 9.0, p.at.y));
            }
            self.text(Point { x: p.at.x + p.dots.len() as f32 * 9.0 + 1.0, y: p.at.y + 4.0 }, "t3", p.label);
        }
        if let Some(share) = c.progress {
            self.put(format_args!(
                "<path d=\"M{:.1} {:.1}h{:.1}\" stroke=\"var(--pulling)\" stroke-width=\"3\"/>",
                r.x + 14.0,
                r.bottom() - 4.0,
                (r.w - 28.0) * share
            ));
        }
        self.0.push_str("</g>");
    }

    fn volume(&mut self, v: &VolumePart) {
        let r = v.rect;
        let (rx, lid) = (r.w / 2.0, 14.0);
        self.put(format_args!("<g><title>{}</title>", escape(&v.title)));
        self.put(format_args!(
            "<path class=\"vol\" d=\"M{:.1} {:.1}V{:.1}a{rx:.1} {lid} 0 0 0 {:.1} 0V{:.1}\"/><ellipse class=\"vol\" cx=\"{:.1}\" cy=\"{:.1}\" rx=\"{rx:.1}\" ry=\"{lid}\"/>",
            r.x, r.y + lid, r.bottom() - lid, r.w, r.y + lid, r.center().x, r.y + lid
        ));
        self.centered(r.center().x, r.y + lid + 4.5, "volt", &v.label);
        for f in &v.files {
            self.text(f.at, "t3 mono", &f.name);
            self.put(format_args!(
                "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\" class=\"{}\">{}</text>",
                r.right() - 18.0,
                f.at.y,
                if f.fresh { "volt" } else { "t3" },
                escape(&f.note)
            ));
        }
        self.text(Point { x: r.x + 18.0, y: r.bottom() - 16.0 }, "t3", &v.mounted);
        self.0.push_str("</g>");
    }

    fn board(&mut self, board: &Board) {
        self.rect(board.rect, 11.0, "sunk");
        for (at, text) in &board.interfaces {
            self.text(*at, "t3 mono", text);
        }
        for wire in &board.wires {
            self.wire(wire);
        }
        for p in &board.ports {
            let state = match p.state {
                PortState::Declared => "port-declared",
                PortState::Bound => "port-bound",
                PortState::Clash => "port-clash",
            };
            self.put(format_args!("<g><title>{}</title>", escape(&p.title)));
            self.rect(p.rect, 9.0, state);
            self.centered(p.rect.center().x, p.rect.y + 21.0, "t1 mono", &p.port.to_string());
            self.centered(p.rect.center().x, p.rect.y + 37.0, "t3", &p.label);
            self.0.push_str("</g>");
        }
        if !board.remark.is_empty() {
            let room = board.rect.right() - board.remark_at.x - 10.0;
            for (i, line) in wrap(&board.remark.plain(), room).iter().enumerate() {
                self.text(Point { x: board.remark_at.x, y: board.remark_at.y + i as f32 * 15.0 }, "t3", line);
            }
        }
    }

    fn tile(&mut self, tile: &Tile) {
        let r = tile.rect;
        self.put(format_args!("<g><title>{}</title>", escape(&tile.title)));
        self.rect(r, if r.w < 40.0 { 4.0 } else { 9.0 }, &format!("card {}", tile.role.name()));
        if !tile.name.is_empty() {
            self.icon(r.x + 20.0, r.y + 31.0, tile.icon, tile.role.name());
            self.text(Point { x: r.x + 38.0, y: r.y + 26.0 }, "t2", &tile.name);
            self.text(Point { x: r.x + 38.0, y: r.y + 44.0 }, "t3", &format!("{} {}", tile.ready, tile.status));
        }
        self.0.push_str("</g>");
    }

    fn outside(&mut self, part: &OutsidePart) {
        let r = part.rect;
        self.put(format_args!("<g><title>{}</title>", escape(&part.title)));
        self.rect(r, 9.0, "frame");
        self.text(Point { x: r.x + 14.0, y: r.y + 18.0 }, "cap", part.kind);
        self.text(Point { x: r.x + 14.0, y: r.y + 36.0 }, "t1", &part.name);
        self.text(Point { x: r.x + 14.0, y: r.y + 54.0 }, "t3", &part.line);
        if let Some(band) = &part.band {
            self.rect(band.rect, 4.0, "sunk");
            let mut x = band.rect.x;
            for (count, color) in [(band.available, "--running"), (band.starting, "--starting"), (band.stopping, "--terminating")] {
                let w = count as f32 * band.unit;
                self.put(format_args!(
                    "<rect x=\"{x:.1}\" y=\"{:.1}\" width=\"{w:.1}\" height=\"{:.1}\" rx=\"3\" fill=\"var({color})\"/>",
                    band.rect.y, band.rect.h
                ));
                x += w;
            }
            self.text(Point { x: r.x + 14.0, y: band.rect.bottom() + 14.0 }, "t3", &band.label);
        }
        self.0.push_str("</g>");
    }
}

/// Lines of a text that fit into a width.
fn wrap(text: &str, width: f32) -> Vec<String> {
    let mut lines: Vec<String> = vec![String::new()];
    for word in text.split(' ') {
        let Some(last) = lines.last_mut() else { break };
        let longer = if last.is_empty() { word.to_owned() } else { format!("{last} {word}") };
        if crate::geometry::text_width(&longer, 11.0, false) <= width || last.is_empty() {
            *last = longer;
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

/// The point at a share of a path.
pub fn along(points: &[Point], share: f32) -> Option<Point> {
    let length = |a: &Point, b: &Point| ((b.x - a.x).powi(2) + (b.y - a.y).powi(2)).sqrt();
    let total: f32 = points.windows(2).map(|w| if let [a, b] = w { length(a, b) } else { 0.0 }).sum();
    let mut left = total * share.clamp(0.0, 1.0);
    for w in points.windows(2) {
        let [a, b] = w else { continue };
        let l = length(a, b);
        if left <= l && l > 0.0 {
            return Some(Point { x: a.x + (b.x - a.x) * left / l, y: a.y + (b.y - a.y) * left / l });
        }
        left -= l;
    }
    points.last().copied()
}
