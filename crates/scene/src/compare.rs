//! Two runs on one clock: what differs, and why one is ready later, in words made from what happened.

use crate::timeline::{History, LaneKind, Teller};
use crate::words::{duration, list};
use crate::{Role, Target};
use podglass_cluster::SimTime;
use podglass_cluster::manifest::ObjectKey;

mod lives;
mod recorded;

use lives::{Life, Part};
pub use recorded::compare_with_recording;

/// Two moments closer than this, in milliseconds, are the same in two simulated runs.
const SAME: u64 = 300;

/// What the two are called in a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Names {
    /// The upper one: `the left one`, `this run`.
    pub upper: &'static str,
    /// The one underneath: `the right one`, `the run before`.
    pub under: &'static str,
    /// The sentence is about the one underneath.
    pub about_under: bool,
}

/// Two manifests side by side.
pub const SIDES: Names = Names { upper: "the left one", under: "the right one", about_under: true };
/// A run and the one before a change.
pub const BEFORE: Names = Names { upper: "this run", under: "the run before", about_under: false };

/// What came of comparing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Comparison {
    /// One sentence: which is ready first, and why.
    pub headline: String,
    /// How many facts agree; 0 where facts are not counted.
    pub agree: usize,
    /// How many there are.
    pub total: usize,
    /// What differs, in order of time.
    pub differences: Vec<Difference>,
}

/// One difference.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// What it is about.
    pub target: Target,
    /// In words.
    pub words: String,
    /// When it is in the upper run and in the one underneath.
    pub at: (Option<SimTime>, Option<SimTime>),
}

impl Difference {
    /// The first of its moments.
    pub fn first(&self) -> SimTime {
        self.at.0.into_iter().chain(self.at.1).min().unwrap_or_default()
    }
}

/// Compares two simulated runs that were recorded up to `end`.
pub fn compare(upper: &History, under: &History, end: SimTime, names: Names) -> Comparison {
    let (pairs, only_under) = crate::timeline::pairs(upper, under);
    let mut out = Comparison::default();
    let mut best: Option<(u64, String)> = None;
    let several = upper.len() > 1 || under.len() > 1;
    for i in 0..upper.len() {
        let Some(a) = Life::of(upper, i) else { continue };
        let Some(b) = pairs.get(&i).and_then(|j| Life::of(under, *j)) else {
            out.differences.push(Difference {
                target: Target::Object(a.key.clone()),
                words: format!("Pod {} is only in {}", a.key.name, names.upper),
                at: (Some(a.born), None),
            });
            continue;
        };
        let (weight, headline) = headline(&a, &b, end, names, several);
        if best.as_ref().is_none_or(|(w, _)| weight > *w) {
            best = Some((weight, headline));
        }
        rows(&a, &b, names, &mut out.differences);
    }
    for life in only_under.into_iter().filter_map(|j| Life::of(under, j)) {
        out.differences.push(Difference {
            words: format!("Pod {} is only in {}", life.key.name, names.under),
            at: (None, Some(life.born)),
            target: Target::Object(life.key),
        });
    }
    out.headline = best.map_or_else(|| "The two have no Pod in common.".to_owned(), |b| b.1);
    out.differences.sort_by_key(Difference::first);
    out
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |c| c.to_uppercase().chain(chars).collect())
}

/// Which is ready first, and why; the number says how much it matters.
fn headline(a: &Life, b: &Life, end: SimTime, names: Names, several: bool) -> (u64, String) {
    let (about, about_name, other, other_name) = if names.about_under { (b, names.under, a, names.upper) } else { (a, names.upper, b, names.under) };
    let who = if several { format!("{} of {about_name}", about.key.name) } else { about_name.to_owned() };
    match (about.ready, other.ready) {
        (Some(x), Some(y)) if x.0.abs_diff(y.0) <= SAME => {
            let words = format!("Both are ready at the same time, after {}", duration(x.0));
            (1, format!("{words}{}.", restarts(a, b, names)))
        }
        (Some(x), Some(y)) => {
            let (later, later_name, earlier) = if x > y { (about, about_name, other) } else { (other, other_name, about) };
            let way = if x > y { "later" } else { "earlier" };
            let by = x.0.abs_diff(y.0);
            let reason = reasons(later, earlier, if x > y { "its" } else { "" }, later_name);
            (by, format!("{} is ready {} {way}{reason}.", capital(&who), duration(by)))
        }
        (None, Some(y)) => (
            u64::MAX,
            format!("{} is not ready within {}: {}. {} is ready after {}.", capital(&who), duration(end.0), about.stuck(), capital(other_name), duration(y.0)),
        ),
        (Some(x), None) => {
            (u64::MAX, format!("{} is ready after {}; {other_name} is not within {}: {}.", capital(&who), duration(x.0), duration(end.0), other.stuck()))
        }
        (None, None) => {
            (2, format!("Neither is ready within {}: {}; {other_name}: {}{}.", duration(end.0), about.stuck(), other.stuck(), restarts(a, b, names)))
        }
    }
}

fn restarts(a: &Life, b: &Life, names: Names) -> String {
    match (a.restarts(), b.restarts()) {
        (x, y) if x == y => String::new(),
        (x, y) => format!("; containers ended badly {x} times in {} and {y} times in {}", names.upper, names.under),
    }
}

/// Why one life is ready later than another: the largest parts of the difference, from what each
/// container really did.
fn reasons(later: &Life, earlier: &Life, its: &str, name: &str) -> String {
    let mut found: Vec<(u64, String)> = Vec::new();
    let mut chain: Vec<(&Part, u64)> = Vec::new();
    for part in &later.parts {
        let other = earlier.part(&part.name);
        let span = part.span();
        match (part.kind, other.map(|o| (o, o.kind))) {
            (LaneKind::Init, Some((o, LaneKind::Init))) => {
                let more = span.saturating_sub(o.span());
                if more <= SAME {
                    continue;
                }
                let (fails, other_fails) = (part.failures(), o.failures());
                let words = if fails > other_fails {
                    format!("init container {} fails {fails} times before it exits 0 ({} in all, not {})", part.name, duration(span), duration(o.span()))
                } else if part.pulled().saturating_sub(o.pulled()) > more / 2 {
                    format!("pulling the image of {} takes {}, not {}", part.name, duration(part.pulled()), duration(o.pulled()))
                } else {
                    format!("init container {} runs {}, not {}", part.name, duration(part.ran()), duration(o.ran()))
                };
                found.push((more, words));
            }
            (LaneKind::Init, _) => chain.push((part, span)),
            (LaneKind::Sidecar, Some((o, _))) if part.up().saturating_sub(o.up()) > SAME => {
                found.push((part.up() - o.up(), format!("sidecar {} takes {} to be up, not {}", part.name, duration(part.up()), duration(o.up()))));
            }
            (LaneKind::Sidecar, None) if part.up() > SAME => {
                found.push((part.up(), format!("sidecar {} has to be up before what follows may start ({})", part.name, duration(part.up()))));
            }
            (LaneKind::App, Some((o, LaneKind::App))) if part.pulled().saturating_sub(o.pulled()) > SAME => {
                let words = format!("pulling the image of {} takes {}, not {}", part.name, duration(part.pulled()), duration(o.pulled()));
                found.push((part.pulled() - o.pulled(), words));
            }
            (LaneKind::App, Some((o, LaneKind::App))) if part.failures() > o.failures() => {
                found.push((part.span().saturating_sub(o.span()), format!("{} ended badly {} times, not {}", part.name, part.failures(), o.failures())));
            }
            _ => {}
        }
    }
    let total: u64 = chain.iter().map(|c| c.1).sum();
    let lengths =
        |parts: &[(&Part, u64)]| list(parts.iter().map(|(p, s)| format!("{} {}", p.name, duration(*s))).collect::<Vec<_>>().iter().map(String::as_str));
    let moved: Vec<&str> = chain.iter().filter(|c| earlier.part(&c.0.name).is_some()).map(|c| c.0.name.as_str()).collect();
    match chain.as_slice() {
        [] => {}
        [(part, span)] => {
            let there = earlier.part(&part.name).map(|o| o.kind);
            let words = match there {
                Some(LaneKind::Sidecar) => {
                    format!("{} is an init container there and runs {} before what follows; as a sidecar it only has to be up", part.name, duration(*span))
                }
                Some(_) => format!("{} runs as an init container there, {} before the others may start", part.name, duration(*span)),
                None => format!("init container {} runs {} before anything after it may start", part.name, duration(*span)),
            };
            found.push((total, words));
        }
        several => {
            let rest = if moved.is_empty() {
                String::new()
            } else {
                format!("; in the other, {} {} not wait for each other", list(moved.iter().copied()), if moved.len() == 1 { "does" } else { "do" })
            };
            let whose = if its.is_empty() { "the" } else { its };
            found.push((total, format!("{whose} init containers run one after the other ({}){rest}", lengths(several))));
        }
    }
    let tail = later.after_start().saturating_sub(earlier.after_start());
    if tail > SAME {
        let words = format!("after its last container started it takes {} to be ready, not {}", duration(later.after_start()), duration(earlier.after_start()));
        found.push((tail, words));
    }
    found.sort_by_key(|f| std::cmp::Reverse(f.0));
    found.truncate(2);
    let words: Vec<String> = found.into_iter().map(|f| f.1).collect();
    let because = if its.is_empty() { format!(": in {name} ") } else { " because ".to_owned() };
    match words.as_slice() {
        [] => String::new(),
        [one] => format!("{because}{one}"),
        [one, two, ..] => format!("{because}{one}, and {two}"),
    }
}

/// What differs between two lives.
fn rows(a: &Life, b: &Life, names: Names, out: &mut Vec<Difference>) {
    let pod = |at, words| Difference { target: Target::Object(a.key.clone()), words, at };
    if let (Some(x), Some(y)) = (a.ready, b.ready)
        && x.0.abs_diff(y.0) > SAME
    {
        out.push(pod((Some(x), Some(y)), format!("ready after {} in {}, after {} in {}", duration(x.0), names.upper, duration(y.0), names.under)));
    }
    if a.status != b.status {
        out.push(pod((Some(a.status_at), Some(b.status_at)), format!("STATUS at the end: {} in {}, {} in {}", a.status, names.upper, b.status, names.under)));
    }
    for part in &a.parts {
        let target = target(&a.key, &part.name);
        let Some(other) = b.part(&part.name) else {
            out.push(Difference { target, words: format!("{} {} is only in {}", word(part.kind), part.name, names.upper), at: (part.first(), None) });
            continue;
        };
        let mut row = |at, words: String| out.push(Difference { target: target.clone(), words, at });
        if part.kind != other.kind {
            row(
                (part.first(), other.first()),
                format!("{} is {} in {} and {} in {}", part.name, article(part.kind), names.upper, article(other.kind), names.under),
            );
        }
        match (part.first(), other.first()) {
            (Some(x), Some(y)) if x.0.abs_diff(y.0) > SAME => {
                row((Some(x), Some(y)), format!("{} starts after {} in {}, after {} in {}", part.name, duration(x.0), names.upper, duration(y.0), names.under));
            }
            (Some(x), None) => row((Some(x), None), format!("{} starts only in {}", part.name, names.upper)),
            (None, Some(y)) => row((None, Some(y)), format!("{} starts only in {}", part.name, names.under)),
            _ => {}
        }
        for (i, (x, y)) in part.ends().zip(other.ends()).enumerate().take(3) {
            let nth = if i == 0 { String::new() } else { format!(" (run {})", i + 1) };
            if x.code != y.code {
                row((Some(x.to), Some(y.to)), format!("{}{nth} exits {} in {}, {} in {}", part.name, x.code, names.upper, y.code, names.under));
            } else if x.length().abs_diff(y.length()) > SAME {
                row(
                    (Some(x.to), Some(y.to)),
                    format!("{}{nth} runs {} in {}, {} in {}", part.name, duration(x.length()), names.upper, duration(y.length()), names.under),
                );
            }
        }
        let (m, n) = (part.ends().count(), other.ends().count());
        if m != n {
            let times = |n: usize| if n == 1 { "once".to_owned() } else { format!("{n} times") };
            let longer = if m > n { part.ends().nth(n).map(|r| (Some(r.to), None)) } else { other.ends().nth(m).map(|r| (None, Some(r.to))) };
            row(longer.unwrap_or_default(), format!("{} ends {} in {}, {} in {}", part.name, times(m), names.upper, times(n), names.under));
        }
    }
    for part in b.parts.iter().filter(|p| a.part(&p.name).is_none()) {
        out.push(Difference {
            target: target(&a.key, &part.name),
            words: format!("{} {} is only in {}", word(part.kind), part.name, names.under),
            at: (None, part.first()),
        });
    }
}

fn target(pod: &ObjectKey, container: &str) -> Target {
    Target::Container { pod: pod.clone(), container: container.to_owned() }
}

fn word(kind: LaneKind) -> &'static str {
    match kind {
        LaneKind::Init => "init container",
        LaneKind::Sidecar => "sidecar",
        _ => "container",
    }
}

fn article(kind: LaneKind) -> &'static str {
    match kind {
        LaneKind::Init => "an init container",
        LaneKind::Sidecar => "a sidecar",
        _ => "a container beside the others",
    }
}
