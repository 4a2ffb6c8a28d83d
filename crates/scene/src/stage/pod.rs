//! A Pod in full: its parts and their places.

use super::context::Context;
use super::state::{State, Subject, dots, probe_spec};
use super::{Board, ContainerPart, FileLine, Gate, Place, PodPart, PortPart, PortState, ProbePart, Rail, Recent, Travel, VolumePart, Wire, WireKind};
use crate::geometry::{fit, fit_end, text_width};
use crate::memory::PodMemory;
use crate::row::{PodRow, is_sidecar};
use crate::words::{self, Sentence};
use crate::{Point, Rect, Role, Target};
use k8s_openapi::api::core::v1::{Container, ContainerStatus, Pod, Volume};
use podglass_cluster::journal::ProbeKind;
use podglass_cluster::manifest::ObjectKey;
use std::rc::Rc;

const CARD_H: f32 = 92.0;
const ARROW: f32 = 46.0;
const GATE: f32 = 196.0;
const CHIP: (f32, f32) = (124.0, 46.0);
const RIGHT: f32 = 284.0;
const GUTTER: f32 = 34.0;

/// Lays a Pod out in a width, with its frame at (0, 0).
pub(super) fn pod_part(cx: Context<'_>, key: &ObjectKey, pod: &Pod, width: f32) -> (PodPart, bool) {
    let empty = PodMemory::default();
    let memory = cx.memory.pod(key).unwrap_or(&empty);
    let mut build = Build::new(cx, key, pod, memory, width);
    build.header();
    build.chain();
    let (apps_top, right) = (build.y, build.right);
    build.apps();
    build.board();
    let left_bottom = build.y;
    if right.is_some() {
        build.y = apps_top;
    }
    build.volumes();
    build.recent();
    build.y = build.y.max(left_bottom);
    build.mounts();
    build.travels();
    build.part.rect = Rect::new(0.0, 0.0, width, build.y + build.pad * 0.6);
    (build.part, build.moving)
}

/// Number, state, label, title, whether it flashes, owner.
type PortFacts<'a> = (u16, PortState, String, String, bool, Option<&'a str>);

struct Build<'a> {
    cx: Context<'a>,
    key: &'a ObjectKey,
    pod: &'a Pod,
    memory: &'a PodMemory,
    inits: &'a [Container],
    apps: &'a [Container],
    part: PodPart,
    width: f32,
    pad: f32,
    /// Left edge and width of the right column, where there is one.
    right: Option<(f32, f32)>,
    /// Width of the left column.
    left: f32,
    y: f32,
    moving: bool,
    /// Lower edge of the row each container stands in: mounts leave through the gap below it.
    rows: Vec<(Rc<str>, Rect)>,
}

impl<'a> Build<'a> {
    fn new(cx: Context<'a>, key: &'a ObjectKey, pod: &'a Pod, memory: &'a PodMemory, width: f32) -> Build<'a> {
        let pad = if width < 480.0 { 14.0 } else { 24.0 };
        let inner = width - 2.0 * pad;
        let right = (width >= 720.0).then_some((pad + inner - RIGHT, RIGHT));
        let left = if right.is_some() { inner - RIGHT - GUTTER } else { inner };
        let spec = pod.spec.as_ref();
        let row = PodRow::of(pod);
        let settings = cx.cluster.api().settings();
        let target = Target::Object(key.clone());
        let part = PodPart {
            target,
            rect: Rect::default(),
            name: key.name.clone(),
            subtitle: String::new(),
            subtitle_at: Point::default(),
            role: row.role(),
            status: row.status.clone(),
            status_rect: Rect::default(),
            ready: row.ready_text(),
            restarts: row.restarts.to_string(),
            header: 54.0,
            wide: width >= 560.0,
            captions: Vec::new(),
            rails: Vec::new(),
            containers: Vec::new(),
            chain: Vec::new(),
            gate: None,
            volumes: Vec::new(),
            mounts: Vec::new(),
            travels: Vec::new(),
            board: Board::default(),
            recent: Vec::new(),
            title: format!(
                "Pod {}: {}, {} of {} containers ready, {} restarts",
                key.name,
                row.status,
                row.ready,
                row.total,
                row.restarts_text(settings, cx.at)
            ),
        };
        Build {
            cx,
            key,
            pod,
            memory,
            inits: spec.and_then(|s| s.init_containers.as_deref()).unwrap_or_default(),
            apps: spec.map(|s| s.containers.as_slice()).unwrap_or_default(),
            part,
            width,
            pad,
            right,
            left,
            y: 0.0,
            moving: false,
            rows: Vec::new(),
        }
    }

    fn inner(&self) -> f32 {
        self.width - 2.0 * self.pad
    }

    fn header(&mut self) {
        let row = PodRow::of(self.pod);
        let p = &mut self.part;
        let pill = text_width(&row.status, 13.0, false) + 50.0;
        let namespace = if self.key.namespace == "default" { String::new() } else { format!("{} · ", self.key.namespace) };
        let ip = self.memory.ip.map(|ip| ip.to_string()).or_else(|| Some(row.ip.clone()).filter(|ip| !ip.is_empty()));
        let mut subtitle = format!("Pod · {namespace}{}", ip.as_deref().unwrap_or("no IP yet"));
        if !row.node.is_empty() {
            subtitle = format!("{subtitle} · {}", row.node);
        }
        // READY and RESTARTS stand in the second row of a narrow frame, with their words.
        let counts = 112.0 + text_width(&p.ready, 14.0, true) + text_width(&p.restarts, 14.0, true);
        let facts = if p.wide { 196.0 } else { 0.0 };
        let pill_x = self.width - self.pad - facts - pill;
        p.status_rect = Rect::new(pill_x.max(self.pad), 13.0, pill, 28.0);
        let room = pill_x - self.pad - 16.0;
        // The name is set in bold.
        let name_w = text_width(&self.key.name, 17.0, false) * 1.08 + 4.0;
        if p.wide && name_w + 12.0 + text_width(&subtitle, 11.0, true) <= room {
            p.name.clone_from(&self.key.name);
            p.subtitle_at = Point { x: self.pad + name_w + 12.0, y: 33.5 };
            p.header = 54.0;
        } else {
            p.name = fit_end(&self.key.name, room, 17.0, false);
            subtitle = if p.wide { fit(&subtitle, room, 11.0, true) } else { fit(&subtitle, self.width - 2.0 * self.pad - counts, 11.0, true) };
            p.subtitle_at = Point { x: self.pad, y: 60.0 };
            p.header = 72.0;
        }
        p.subtitle = subtitle;
        self.y = p.header;
    }

    fn caption(&mut self, x: f32, text: &str, width: f32) {
        self.y += 28.0;
        self.part.captions.push((Point { x, y: self.y }, fit(text, width, 11.5, false)));
        self.y += 12.0;
    }

    fn statuses(&self) -> impl Iterator<Item = &'a ContainerStatus> {
        let status = self.pod.status.as_ref();
        let all = |s: &'a k8s_openapi::api::core::v1::PodStatus| {
            let (a, b) = (s.init_container_statuses.as_deref(), s.container_statuses.as_deref());
            a.unwrap_or_default().iter().chain(b.unwrap_or_default()).chain(s.ephemeral_container_statuses.as_deref().unwrap_or_default())
        };
        status.into_iter().flat_map(all)
    }

    fn state(&self, container: &'a Container, place: Place) -> (State, Option<&'a ContainerStatus>) {
        let status = self.statuses().find(|s| s.name == container.name);
        (Subject { pod: self.pod, memory: self.memory, container, status, place, at: self.cx.at }.state(), status)
    }

    fn card(&mut self, container: &'a Container, place: Place, rect: Rect) {
        let (mut state, status) = self.state(container, place);
        let known = self.memory.containers.get(container.name.as_str());
        if state.line.starts_with("Waiting")
            && state.detail.is_empty()
            && let Some(gate) = self.blocker(place)
        {
            state.detail = format!("for {gate}");
        }
        self.moving |= state.moving;
        let image = container.image.clone().unwrap_or_default();
        let restarts = status.map_or(0, |s| s.restart_count).max(known.and_then(|k| k.run.as_ref()).map_or(0, |r| r.restart as i32));
        let mut probes = Vec::new();
        for (kind, label) in [(ProbeKind::Startup, "startup"), (ProbeKind::Readiness, "ready"), (ProbeKind::Liveness, "live")] {
            let memory = known.and_then(|k| k.probes.get(&kind));
            if probe_spec(container, kind).is_none() || (kind == ProbeKind::Startup && status.is_some_and(|s| s.started == Some(true))) {
                continue;
            }
            let dots = dots(memory);
            let title = match memory {
                Some(m) => format!("{label} probe: {} ({} of {}) {}", if m.success { "succeeded" } else { "failed" }, m.in_row, m.threshold, m.output.trim()),
                None => format!("{label} probe: no result yet"),
            };
            let w = dots.len() as f32 * 9.0 + 4.0 + text_width(label, 11.0, false);
            let at = Point { x: rect.right() - 14.0 - w + 3.0, y: rect.y + 61.0 + probes.len() as f32 * 16.0 };
            probes.push(ProbePart { probe: kind, at, dots, label, last: memory.map(|m| m.at), title });
        }
        probes.truncate(2);
        let taken = |i: usize| probes.get(i).map_or(14.0, |p: &ProbePart| rect.right() - p.at.x + 10.0);
        let assumed = known.is_some_and(|k| k.assumed.is_some());
        let chip = if assumed && probes.is_empty() { 68.0 } else { 0.0 };
        let mut title = format!("{} ({}): {}", container.name, image, state.line);
        if !state.detail.is_empty() {
            title = format!("{title}. {}", state.detail);
        }
        if let Some(a) = known.and_then(|k| k.assumed.as_deref()) {
            title = format!("{title}. Assumed: {a}");
        }
        let badge = if restarts > 0 || matches!(place, Place::Init(_) | Place::Sidecar(_)) { 34.0 } else { 8.0 };
        self.rows.push((container.name.as_str().into(), rect));
        self.part.containers.push(ContainerPart {
            target: Target::Container { pod: self.key.clone(), container: container.name.clone() },
            rect,
            place,
            role: state.role,
            icon: state.icon.unwrap_or_else(|| state.role.icon()),
            name: fit(&container.name, rect.w - 40.0 - badge, 14.0, false),
            image: fit_end(&image, rect.w - 54.0, 11.0, true),
            line: fit(&state.line, rect.w - 14.0 - taken(0) - chip, 12.0, false),
            detail: fit(&state.detail, rect.w - 14.0 - taken(1), 11.0, state.mono),
            detail_mono: state.mono,
            progress: state.progress,
            restarts,
            assumed,
            probes,
            title,
        });
    }

    /// The init container that keeps a place of the Pod waiting.
    fn blocker(&self, place: Place) -> Option<&'a str> {
        self.memory.scheduled?;
        let upto = match place {
            Place::Init(n) | Place::Sidecar(n) => (n as usize).saturating_sub(1),
            _ => self.inits.len(),
        };
        self.inits.iter().take(upto).find(|c| !self.passed(c)).map(|c| c.name.as_str())
    }

    /// Whether the chain may go on after this init container.
    fn passed(&self, container: &Container) -> bool {
        let status = self.statuses().find(|s| s.name == container.name);
        let known = self.memory.containers.get(container.name.as_str());
        if is_sidecar(container) {
            return status.is_some_and(|s| s.started == Some(true))
                || (container.startup_probe.is_none() && known.is_some_and(super::super::memory::ContainerMemory::running));
        }
        known.and_then(|k| k.end()).is_some_and(|e| e.code == 0)
            || status.is_some_and(|s| s.state.as_ref().and_then(|s| s.terminated.as_ref()).is_some_and(|t| t.exit_code == 0))
    }

    fn chain(&mut self) {
        if self.inits.is_empty() {
            return;
        }
        self.caption(self.pad, "INIT CONTAINERS · one after the other", self.inner());
        let n = self.inits.len();
        let inner = self.inner();
        let one_row = n as f32 * (184.0 + ARROW) + GATE - ARROW <= inner;
        let per_row = if one_row { n } else { (((inner + ARROW) / (200.0 + ARROW)).floor() as usize).clamp(1, n) };
        let w = if one_row { (inner - GATE - n as f32 * ARROW + ARROW) / n as f32 } else { (inner - (per_row - 1) as f32 * ARROW) / per_row as f32 };
        let w = w.clamp(120.0, 250.0).min(inner);
        let top = self.y;
        let place_of = |i: usize, c: &Container| if is_sidecar(c) { Place::Sidecar(i as u32 + 1) } else { Place::Init(i as u32 + 1) };
        let at = |i: usize| Rect::new(self.pad + (i % per_row) as f32 * (w + ARROW), top + (i / per_row) as f32 * (CARD_H + 26.0), w, CARD_H);
        let rects: Vec<Rect> = (0..n).map(at).collect();
        for (i, container) in self.inits.iter().enumerate() {
            let Some(rect) = rects.get(i).copied() else { continue };
            self.card(container, place_of(i, container), rect);
            let lit = self.passed(container);
            let title = if lit { format!("{} let the chain go on", container.name) } else { format!("waits for {}", container.name) };
            if let Some(next) = rects.get(i + 1) {
                let y = rect.y + CARD_H / 2.0;
                let points = if (next.y - rect.y).abs() < 1.0 {
                    vec![Point { x: rect.right() + 3.0, y }, Point { x: next.x - 6.0, y }]
                } else {
                    let mid = rect.bottom() + 13.0;
                    vec![
                        Point { x: rect.center().x, y: rect.bottom() + 2.0 },
                        Point { x: rect.center().x, y: mid },
                        Point { x: next.center().x, y: mid },
                        Point { x: next.center().x, y: next.y - 5.0 },
                    ]
                };
                self.part.chain.push(Wire { kind: WireKind::Chain, points, lit, title });
            }
        }
        let last = rects.last().copied().unwrap_or_default();
        self.y = last.bottom();
        let fits = last.right() + GATE - 6.0 <= self.pad + inner;
        let waiting = self.inits.iter().find(|c| !self.passed(c));
        let (line, strong) = match waiting {
            None => ("the gate is open:".to_owned(), "containers may start".to_owned()),
            Some(c) if is_sidecar(c) => ("closed until".to_owned(), format!("{} has started", c.name)),
            Some(c) => ("closed until".to_owned(), format!("{} exits 0", c.name)),
        };
        let (rect, text_at) = if fits {
            let x = last.right() + ARROW + 12.0;
            self.part.chain.push(Wire {
                kind: WireKind::Chain,
                points: vec![Point { x: last.right() + 3.0, y: last.center().y }, Point { x: x - 14.0, y: last.center().y }],
                lit: waiting.is_none(),
                title: "to the gate".into(),
            });
            (Rect::new(x, last.y - 4.0, 10.0, CARD_H + 8.0), Point { x: x + 34.0, y: last.center().y - 6.0 })
        } else {
            let rect = Rect::new(self.pad + 12.0, self.y + 18.0, 10.0, 44.0);
            self.y = rect.bottom();
            (rect, Point { x: rect.x + 34.0, y: rect.center().y - 4.0 })
        };
        let room = self.pad + inner - text_at.x;
        self.part.gate = Some(Gate { rect, open: waiting.is_none(), line: fit(&line, room, 12.0, false), strong: fit(&strong, room, 12.5, false), text_at });
    }

    fn apps(&mut self) {
        let text = if self.inits.is_empty() { "CONTAINERS · start in this order" } else { "CONTAINERS · start in this order when the gate opens" };
        let caption_top = self.y + 12.0;
        self.caption(self.pad, text, self.left);
        let n = self.apps.len().max(1);
        let per_row = (((self.left + 18.0) / (206.0 + 18.0)).floor() as usize).clamp(1, n);
        let w = ((self.left - (per_row - 1) as f32 * 18.0) / per_row as f32).min(310.0);
        let top = self.y;
        for (i, container) in self.apps.iter().enumerate() {
            let rect = Rect::new(self.pad + (i % per_row) as f32 * (w + 18.0), top + (i / per_row) as f32 * (CARD_H + 16.0), w, CARD_H);
            self.card(container, Place::App(i as u32 + 1), rect);
        }
        self.y = top + n.div_ceil(per_row) as f32 * (CARD_H + 16.0) - 16.0;
        self.rails(Rect::new(self.pad - 8.0, caption_top, self.left + 16.0, self.y - caption_top + 8.0));
    }

    fn rails(&mut self, apps: Rect) {
        let mut nested = 0.0;
        for (i, c) in self.inits.iter().enumerate().filter(|(_, c)| is_sidecar(c)) {
            let Some(part) = self.part.containers.get(i) else { continue };
            let known = self.memory.containers.get(c.name.as_str());
            let lit = known.is_some_and(super::super::memory::ContainerMemory::running);
            let inset = nested * 3.0;
            let edge = self.pad + self.inner() + 8.0 - inset;
            let mut bands = Vec::new();
            let mut y = f32::MIN;
            for (n, card) in self.part.containers.iter().take(self.inits.len()).enumerate().skip(i) {
                if card.rect.y > y {
                    y = card.rect.y;
                    let x = if n == i { card.rect.x - 8.0 + inset } else { self.pad - 8.0 + inset };
                    bands.push(Rect::new(x, y - 8.0 + inset, edge - x, CARD_H + 16.0 - 2.0 * inset));
                }
            }
            bands.push(Rect::new(apps.x + inset, apps.y + inset, apps.w - 2.0 * inset, apps.h - 2.0 * inset));
            self.part.rails.push(Rail { target: part.target.clone(), role: if lit { part.role } else { Role::Waiting }, bands });
            nested += 1.0;
        }
    }

    fn board(&mut self) {
        self.caption(self.pad, "ONE NETWORK NAMESPACE", self.left);
        let board_y = self.y;
        let ip = self.memory.ip.map_or_else(|| "no address yet".to_owned(), |ip| ip.to_string());
        let x0 = self.pad;
        let narrow = self.left < 430.0;
        let mut interfaces = Vec::new();
        if narrow {
            interfaces.push((Point { x: x0 + 14.0, y: board_y + 20.0 }, format!("eth0 {ip}")));
            interfaces.push((Point { x: x0 + 14.0, y: board_y + 37.0 }, "lo   127.0.0.1".to_owned()));
        } else {
            interfaces.push((Point { x: x0 + 16.0, y: board_y + 26.0 }, format!("eth0 {ip}")));
            interfaces.push((Point { x: x0 + 16.0, y: board_y + 45.0 }, "lo   127.0.0.1".to_owned()));
        }
        let (px, py) = if narrow { (x0 + 14.0, board_y + 62.0) } else { (x0 + 158.0, board_y + 32.0) };
        let room = x0 + self.left - px - 12.0;
        let mut ports: Vec<PortFacts<'_>> = Vec::new();
        let (mut clash_words, at) = (None, self.cx.at);
        let chain = self.inits.iter().chain(self.apps);
        let declared = chain.flat_map(|c| c.ports.iter().flatten().map(move |p| (c, p)));
        for (c, p) in declared {
            let port = p.container_port.clamp(0, 65535) as u16;
            if ports.iter().all(|q| q.0 != port) {
                let name = p.name.clone().unwrap_or_else(|| c.name.clone());
                ports.push((
                    port,
                    PortState::Declared,
                    format!("{name} · declared"),
                    format!("Port {port} is declared by {}, nobody listens on it", c.name),
                    false,
                    Some(c.name.as_str()),
                ));
            }
        }
        for (port, bound) in &self.memory.bound {
            let whom = if bound.address.is_loopback() { "localhost only" } else { "all addresses" };
            let entry = (
                *port,
                PortState::Bound,
                format!("{} · {whom}", bound.container),
                format!("{} listens on {}:{port} since {}", bound.container, bound.address, words::duration(bound.since.0)),
                false,
                Some(&*bound.container),
            );
            match ports.iter_mut().find(|q| q.0 == *port) {
                Some(q) => *q = entry,
                None => ports.push(entry),
            }
        }
        let order = |name: Option<&str>| self.inits.iter().chain(self.apps).position(|c| Some(c.name.as_str()) == name).unwrap_or(usize::MAX);
        ports.sort_by_key(|p| (order(p.5), p.0));
        for clash in &self.memory.clashes {
            let Some(port) = ports.iter_mut().find(|p| p.0 == clash.port) else { continue };
            if port.1 == PortState::Declared {
                continue;
            }
            port.1 = PortState::Clash;
            port.4 |= at.since(clash.at) <= self.cx.options.travel_ms;
            port.3 = format!("{}; {} could not listen on it too", port.3, clash.loser);
            clash_words = Some(clash);
        }
        let per_row = (((room + 14.0) / (CHIP.0 + 14.0)).floor() as usize).max(1);
        let mut parts = Vec::new();
        let mut wires = Vec::new();
        for (i, (port, state, label, title, flash, owner)) in ports.into_iter().enumerate() {
            let rect = Rect::new(px + (i % per_row) as f32 * (CHIP.0 + 14.0), py + (i / per_row) as f32 * (CHIP.1 + 14.0), CHIP.0, CHIP.1);
            self.moving |= flash;
            if i < per_row
                && !narrow
                && let Some(from) = owner.and_then(|o| self.wire_start(o))
            {
                let kind = if state == PortState::Declared { WireKind::Declared } else { WireKind::Bound };
                wires.push(wire(kind, from, rect, board_y, i, state != PortState::Declared, title.clone()));
            }
            if state == PortState::Clash
                && i < per_row
                && !narrow
                && let Some(clash) = clash_words.filter(|c| c.port == port)
                && let Some(from) = self.wire_start(&clash.loser)
            {
                wires.push(wire(
                    WireKind::Clash,
                    from,
                    rect.moved(CHIP.0 * 0.35, 0.0),
                    board_y,
                    i + 1,
                    true,
                    format!("{} could not listen on {port}", clash.loser),
                ));
            }
            parts.push(PortPart { target: Target::Port { pod: self.key.clone(), port }, rect, port, state, label: chip_label(&label), flash, title });
        }
        let rows = parts.len().div_ceil(per_row);
        let bottom = if rows == 0 { py } else { py + rows as f32 * (CHIP.1 + 14.0) - 14.0 };
        let target = |name: &str| Target::Container { pod: self.key.clone(), container: name.to_owned() };
        let remark = match clash_words {
            Some(c) => match &c.owner {
                Some(o) => Sentence::default()
                    .name(&*c.loser, target(&c.loser))
                    .and(format!(" cannot listen on {}: ", c.port))
                    .name(&**o, target(o))
                    .and(" has it, and containers of one Pod share one network."),
                None => Sentence::default().name(&*c.loser, target(&c.loser)).and(format!(" cannot listen on {}: the port is taken.", c.port)),
            },
            None if self.memory.bound.is_empty() && !parts.is_empty() => {
                Sentence::text("Nobody listens yet. A port becomes solid when a process really binds it.")
            }
            None if parts.is_empty() => Sentence::text("No port is declared, and nobody listens."),
            None => Sentence::default(),
        };
        let line = if remark.is_empty() { 0.0 } else { 28.0 };
        let remark_at = Point { x: if narrow { x0 + 14.0 } else { px }, y: bottom + 22.0 };
        let lines = (text_width(&remark.plain(), 11.0, false) / (room.max(80.0))).ceil().max(1.0) - 1.0;
        let height = (bottom - board_y + line + 14.0 + lines * 15.0).max(74.0);
        self.part.board = Board { rect: Rect::new(x0, board_y, self.left, height), interfaces, ports: parts, wires, remark, remark_at };
        self.y = board_y + height;
    }

    /// Where a wire to the board starts: only cards that stand right above it have one.
    fn wire_start(&self, container: &str) -> Option<Rect> {
        let last = self.rows.last()?.1.y;
        self.rows.iter().find(|(n, r)| **n == *container && (r.y - last).abs() < 1.0).map(|(_, r)| *r)
    }

    fn volumes(&mut self) {
        let spec = self.pod.spec.as_ref();
        let all = spec.and_then(|s| s.volumes.as_deref()).unwrap_or_default();
        if all.is_empty() {
            return;
        }
        let (x, w) = self.right.unwrap_or((self.pad, self.left));
        self.caption(x, "VOLUMES", w);
        let (own, given): (Vec<&Volume>, Vec<&Volume>) = all.iter().partition(|v| !v.name.starts_with("kube-api-access"));
        for volume in own.into_iter().chain(given) {
            let part = self.volume(volume, x, w);
            self.y = part.rect.bottom() + 14.0;
            self.part.volumes.push(part);
        }
        self.y -= 14.0;
    }

    fn volume(&mut self, volume: &Volume, x: f32, w: f32) -> VolumePart {
        let (source, given) = source(volume);
        let id = self.cx.volume_id(self.key, &volume.name);
        let recent = |path: &str, fresh_ms: u64| {
            let last = self.memory.traffic.iter().rev().find(|t| t.write && Some(t.volume) == id && *t.path == *path);
            last.filter(|t| self.cx.at.since(t.at) <= fresh_ms)
        };
        let mut lines = Vec::new();
        let mut y = self.y + 48.0;
        let files = id.map(|id| self.cx.volume_files(id)).unwrap_or_default();
        if given && !files.is_empty() {
            let names = files.iter().map(|f| f.path.trim_start_matches('/')).collect::<Vec<_>>().join("   ");
            lines.push(FileLine { name: fit(&names, w - 32.0, 11.0, true), note: String::new(), fresh: false, at: Point { x: x + 18.0, y } });
            y += 19.0;
        } else {
            for file in files.iter().rev().take(4).rev() {
                let write = recent(&file.path, self.cx.options.travel_ms * 3);
                let writer = file.written_by.and_then(|id| self.container_name(id));
                let note = match (write, writer) {
                    (Some(t), _) => format!("+{}", words::size(t.grown)),
                    (None, Some(who)) => format!("from {who}"),
                    (None, None) => words::size(file.size),
                };
                self.moving |= write.is_some();
                let note_w = text_width(&note, 11.0, false);
                lines.push(FileLine {
                    name: fit_end(file.path.trim_start_matches('/'), w - 48.0 - note_w, 11.0, true),
                    note,
                    fresh: write.is_some(),
                    at: Point { x: x + 18.0, y },
                });
                y += 18.0;
            }
            if files.len() > 4 {
                lines.push(FileLine { name: format!("and {} more", files.len() - 4), note: String::new(), fresh: false, at: Point { x: x + 18.0, y } });
                y += 18.0;
            }
        }
        let users = self.users(&volume.name);
        let total = self.inits.len() + self.apps.len();
        let mut mounted = match users.len() {
            0 => "mounted by nobody".to_owned(),
            1 if volume.name.starts_with("kube-api-access") => "mounted in the container".to_owned(),
            2 if volume.name.starts_with("kube-api-access") => "mounted in both containers".to_owned(),
            n if n == total && n > 2 => format!("mounted in all {n} containers"),
            _ => users.iter().map(|(name, path, ro)| format!("{name} {path}{}", if *ro { " ro" } else { "" })).collect::<Vec<_>>().join(" · "),
        };
        if users.is_empty() && lines.is_empty() {
            mounted.push_str(", empty");
        }
        let missing = given && files.is_empty() && self.memory.scheduled.is_some() && self.memory.mounted.is_none();
        let dies = if source == "emptyDir" { " It dies with the Pod." } else { "" };
        let label = format!("{} · {source}{}", volume.name, if given { ", ro" } else { "" });
        let title = format!("Volume {} ({source}), {mounted}.{dies}", volume.name);
        VolumePart {
            target: Target::Volume { pod: self.key.clone(), volume: volume.name.clone() },
            rect: Rect::new(x, self.y, w, y - self.y + 16.0),
            label: fit(&label, w - 40.0, 12.0, false),
            files: lines,
            mounted: fit(&mounted, w - 32.0, 11.0, false),
            missing,
            title,
        }
    }

    fn container_name(&self, id: podglass_cluster::runtime::ContainerId) -> Option<&'a str> {
        self.memory.containers.iter().find(|(_, c)| c.run.as_ref().is_some_and(|r| r.id == Some(id))).map(|(n, _)| &**n)
    }

    fn users(&self, volume: &str) -> Vec<(&'a str, &'a str, bool)> {
        let all = self.inits.iter().chain(self.apps);
        let mounts = all.flat_map(|c| c.volume_mounts.iter().flatten().map(move |m| (c, m)));
        mounts.filter(|(_, m)| m.name == volume).map(|(c, m)| (c.name.as_str(), m.mount_path.as_str(), m.read_only.unwrap_or(false))).collect()
    }

    fn recent(&mut self) {
        if self.memory.recent.is_empty() {
            return;
        }
        let (x, w) = self.right.unwrap_or((self.pad, self.left));
        let journal = self.cx.cluster.api().journal();
        let mut rows: Vec<(podglass_cluster::SimTime, String, bool, podglass_cluster::RecordId)> = Vec::new();
        for id in self.memory.recent.iter().rev() {
            let Some(record) = journal.get(*id) else { continue };
            let Some(text) = crate::narration::line(record) else { continue };
            if rows.iter().all(|r| r.1 != text) {
                rows.push((record.at, text, crate::narration::is_status(record), *id));
            }
            if rows.len() == 5 {
                break;
            }
        }
        if rows.is_empty() {
            return;
        }
        self.caption(x, "WHAT JUST HAPPENED", w);
        for (at, text, strong, record) in rows.into_iter().rev() {
            self.y += 14.0;
            self.part.recent.push(Recent {
                at,
                time: words::duration(at.0),
                text: fit(&text, w - 56.0, 12.0, false),
                strong,
                point: Point { x, y: self.y },
                record,
            });
            self.y += 8.0;
        }
    }

    fn mounts(&mut self) {
        let volumes: Vec<(String, Rect)> = self
            .part
            .volumes
            .iter()
            .filter_map(|v| match &v.target {
                Target::Volume { volume, .. } => Some((volume.clone(), v.rect)),
                _ => None,
            })
            .collect();
        let mut lane = 0;
        for (volume, rect) in volumes.into_iter().filter(|(v, _)| !v.starts_with("kube-api-access")) {
            for (container, path, ro) in self.users(&volume) {
                let Some((_, card)) = self.rows.iter().find(|(n, _)| **n == *container) else { continue };
                let points = self.mount_path(*card, rect, lane);
                lane = (lane + 1) % 4;
                let lit = self.memory.containers.get(container).is_some_and(super::super::memory::ContainerMemory::running);
                self.part.mounts.push(Wire {
                    kind: WireKind::Mount,
                    points,
                    lit,
                    title: format!("{container} mounts {volume} at {path}{}", if ro { ", read-only" } else { "" }),
                });
            }
        }
    }

    /// Through the gap under the card's row, along the gutter, to the volume: never across a card.
    fn mount_path(&self, card: Rect, volume: Rect, lane: usize) -> Vec<Point> {
        let offset = lane as f32 * 3.0;
        let gap = card.bottom() + 5.0 + offset.min(8.0) * 0.8;
        let y = volume.center().y + offset;
        let (start, gutter) = match self.right {
            Some((x, _)) => (card.right() - 18.0 - offset * 2.0, x - GUTTER / 2.0 + 4.0 - offset),
            None => (card.x + 16.0 + offset * 2.0, self.pad / 2.0 - 5.0 + offset),
        };
        vec![Point { x: start, y: card.bottom() }, Point { x: start, y: gap }, Point { x: gutter, y: gap }, Point { x: gutter, y }, Point { x: volume.x, y }]
    }

    fn travels(&mut self) {
        let window = self.cx.options.travel_ms.max(1);
        for t in self.memory.traffic.iter().rev().take(12) {
            let age = self.cx.at.since(t.at);
            if age > window {
                break;
            }
            let name = crate::inside::volume_name(self.cx.cluster, self.key, t.volume);
            let volume = self.part.volumes.iter().find(|v| matches!(&v.target, Target::Volume { volume, .. } if Some(volume) == name.as_ref()));
            let card = self.rows.iter().find(|(n, _)| *n == t.container);
            let (Some(volume), Some((_, card))) = (volume, card) else { continue };
            let mut points = self.mount_path(*card, volume.rect, 0);
            if !t.write {
                points.reverse();
            }
            self.part.travels.push(Travel {
                write: t.write,
                points,
                progress: age as f32 / window as f32,
                file: t.path.trim_start_matches('/').to_owned(),
                record: t.record,
            });
            self.moving = true;
        }
    }
}

/// The label of a chip: whose port it is matters more than for whom it is open.
fn chip_label(label: &str) -> String {
    let room = CHIP.0 - 8.0;
    if text_width(label, 11.0, false) <= room {
        return label.to_owned();
    }
    fit(label.strip_suffix(" · all addresses").unwrap_or(label), room, 11.0, false)
}

fn wire(kind: WireKind, from: Rect, to: Rect, board: f32, lane: usize, lit: bool, title: String) -> Wire {
    let x = (to.center().x).clamp(from.x + 16.0, from.right() - 16.0);
    let bend = board + 8.0 + (lane % 4) as f32 * 5.0;
    let points = if (x - to.center().x).abs() < 1.0 {
        vec![Point { x, y: from.bottom() }, Point { x, y: to.y }]
    } else {
        vec![Point { x, y: from.bottom() }, Point { x, y: bend }, Point { x: to.center().x, y: bend }, Point { x: to.center().x, y: to.y }]
    };
    Wire { kind, points, lit, title }
}

/// What a volume is in a word, and whether the cluster gives its files.
pub fn source(volume: &Volume) -> (&'static str, bool) {
    match () {
        () if volume.empty_dir.as_ref().is_some_and(|e| e.medium.as_deref() == Some("Memory")) => ("emptyDir in memory", false),
        () if volume.config_map.is_some() => ("configMap", true),
        () if volume.secret.is_some() => ("secret", true),
        () if volume.projected.is_some() => ("projected", true),
        () if volume.downward_api.is_some() => ("downwardAPI", true),
        () if volume.host_path.is_some() => ("hostPath", false),
        () if volume.persistent_volume_claim.is_some() => ("claim", false),
        () if volume.empty_dir.is_some() => ("emptyDir", false),
        () => ("volume", false),
    }
}
