//! `kubectl get`

use crate::arguments::{self, Found, Selection, Wants, Words};
use crate::flags::Flags;
use crate::json::Look;
use crate::jsonpath::Template;
use crate::moment::Moment;
use crate::output::{self, Format};
use crate::printers::{self, Options};
use crate::resource::Resource;
use crate::session::{Failure, Session};
use crate::{quantity, sort, tabs};
use serde_json::Value;
use std::cmp::Ordering;
use std::rc::Rc;

pub(super) const FLAGS: &str = "all-namespaces,A? allow-missing-template-keys? chunk-size:l field-selector: filename,f:, ignore-not-found? kustomize,k: label-columns,L:, no-headers? output,o: output-watch-events? raw: recursive,R? selector,l: server-print? show-kind? show-labels? show-managed-fields? sort-by: subresource: template: watch,w? watch-only?";

pub(super) fn run(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    if let Some(path) = flags.get("raw") {
        return raw(session, path);
    }
    let watch = flags.truth("watch") || flags.truth("watch-only");
    if flags.truth("output-watch-events") && !watch {
        return Err(Failure::error("--output-watch-events option can only be used with --watch or --watch-only"));
    }
    if flags.args.is_empty() && flags.list("filename").is_empty() {
        session.complain("You must specify the type of resource to get. Use \"kubectl api-resources\" for a complete list of supported resources.\n\n");
        return Err(Failure::plain(
            "error: Required resource not specified.\nUse \"kubectl explain <resource>\" for a detailed description of that resource (e.g. kubectl explain pods).\nSee 'kubectl get -h' for help and examples\n",
        ));
    }
    let format = Format::read(session, flags.get("output"), flags.get("template"), true)?;
    if flags.truth("show-labels") && format == Format::Name {
        return Err(Failure::error("--show-labels option cannot be used with name printer"));
    }
    if watch
        && let Words::Types(types) = arguments::words(session, &flags.args)?
        && types.len() > 1
    {
        return Err(Failure::error("you may only specify a single resource type"));
    }
    let wants = Wants { all_by_default: true, ignore_missing: flags.truth("ignore-not-found"), ..Wants::default() };
    let mut selection = arguments::select(session, flags, &flags.args, wants)?;
    if let Some(sub) = flags.get("subresource") {
        subresource(&mut selection, sub)?;
    }
    let sorted = match flags.get("sort-by") {
        Some(path) => sort_by(&mut selection.found, path),
        None => true,
    };
    if format.prints_objects() {
        if !flags.list("filename").is_empty() && !selection.missing.is_empty() && !wants.ignore_missing {
            return selection.complain(session);
        }
        return objects(session, flags, &format, &selection);
    }
    let all_namespaces = flags.truth("all-namespaces");
    if !sorted || selection.found.is_empty() {
        if selection.missing.is_empty() && !(selection.by_name && wants.ignore_missing) && !watch {
            let namespaced = selection.types.iter().any(|t| t.namespaced);
            let text = if namespaced && !all_namespaces {
                format!("No resources found in {} namespace.\n", session.namespace)
            } else {
                "No resources found\n".to_owned()
            };
            session.complain(text);
        }
        if !watch || !sorted {
            return selection.complain(session);
        }
    }
    let mut kinds: Vec<&str> = Vec::new();
    for f in &selection.found {
        if !kinds.contains(&f.resource.plural.as_str()) {
            kinds.push(&f.resource.plural);
        }
    }
    let show_kind = flags.truth("show-kind") || if selection.by_name { kinds.len() > 1 } else { selection.types.len() > 1 };
    let options = Options {
        wide: format == Format::Wide,
        namespace: all_namespaces,
        kind: show_kind,
        labels: flags.truth("show-labels"),
        label_columns: flags.list("label-columns").to_vec(),
        headers: !flags.truth("no-headers"),
    };
    if watch && !(selection.by_name && selection.found.len() > 1) {
        return follow(session, flags, selection, &options);
    }
    let mut text = String::new();
    let mut start = 0;
    while let Some(first) = selection.found.get(start) {
        let same = selection.found.iter().skip(start).take_while(|f| f.resource == first.resource).count();
        let group: Vec<Found> = selection.found.iter().skip(start).take(same).cloned().collect();
        if !text.is_empty() && options.headers {
            text.push('\n');
        }
        text.push_str(&table(session, &group, &options));
        start += same;
    }
    session.print(text);
    if watch && selection.found.len() > 1 && selection.by_name {
        return Err(Failure::error("you may only watch a single resource or type of resource at a time"));
    }
    selection.complain(session)
}

/// How long a watch goes on in virtual time: nobody presses Ctrl+C here.
const WATCH: i64 = 60_000_000_000;

/// `--watch`: the present table, then a row at every change, in columns that only grow.
fn follow(session: &mut Session<'_>, flags: &Flags, mut known: Selection, options: &Options) -> Result<(), Failure> {
    let events = flags.truth("output-watch-events");
    let (mut widths, mut headed) = (Vec::new(), !options.headers);
    let mut show = |session: &mut Session<'_>, found: &[(&'static str, Found)]| {
        let mut rows: Vec<Vec<String>> = Vec::new();
        if let Some((_, first)) = found.first().filter(|_| !headed) {
            headed = true;
            let mut head = printers::head(session, &first.resource, &first.object, options);
            if events {
                head.insert(0, "EVENT".to_owned());
            }
            rows.push(head);
        }
        for (event, found) in found {
            let mut row = printers::row(session, &found.resource, &found.object, options);
            if events {
                row.insert(0, (*event).to_owned());
            }
            rows.push(row);
        }
        let text = tabs::rows(&rows, &mut widths);
        session.print(text);
    };
    if !flags.truth("watch-only") {
        let all: Vec<(&'static str, Found)> = known.found.iter().map(|f| ("ADDED", f.clone())).collect();
        show(session, &all);
    }
    known.complain(session)?;
    let wants = Wants { all_by_default: true, ignore_missing: true, ..Wants::default() };
    let deadline = Moment(session.world.now().0 + WATCH);
    while session.world.pass(deadline) {
        let now = arguments::select(session, flags, &flags.args, wants)?;
        let same = |a: &Found, b: &Found| a.object.text("metadata.uid") == b.object.text("metadata.uid");
        let mut changed: Vec<(&'static str, Found)> = Vec::new();
        for gone in known.found.iter().filter(|k| !now.found.iter().any(|f| same(f, k))) {
            changed.push(("DELETED", gone.clone()));
        }
        for found in &now.found {
            match known.found.iter().find(|k| same(k, found)) {
                None => changed.push(("ADDED", found.clone())),
                Some(old) if old.object.text("metadata.resourceVersion") != found.object.text("metadata.resourceVersion") => {
                    changed.push(("MODIFIED", found.clone()));
                }
                Some(_) => {}
            }
        }
        if !changed.is_empty() {
            show(session, &changed);
        }
        known = now;
    }
    Ok(())
}

/// The table of objects of one resource.
pub(crate) fn table(session: &mut Session<'_>, group: &[Found], options: &Options) -> String {
    let Some(first) = group.first() else { return String::new() };
    let mut rows: Vec<Vec<String>> = Vec::new();
    if options.headers {
        rows.push(printers::head(session, &first.resource, &first.object, options));
    }
    for found in group {
        rows.push(printers::row(session, &found.resource, &found.object, options));
    }
    tabs::rows(&rows, &mut Vec::new())
}

fn objects(session: &mut Session<'_>, flags: &Flags, format: &Format, selection: &Selection) -> Result<(), Failure> {
    let managed = flags.truth("show-managed-fields");
    let shown: Vec<Value> = selection.found.iter().map(|f| if managed { (*f.object).clone() } else { output::visible(&f.object) }).collect();
    match format {
        Format::Name => {
            let text: String = selection.found.iter().map(|f| output::id(&f.resource, f.object.name()) + "\n").collect();
            session.print(text);
        }
        Format::Columns(columns) => {
            let objects: Vec<&Value> = shown.iter().collect();
            let headers = !flags.truth("no-headers");
            if !(selection.by_name && shown.is_empty()) {
                session.print(output::custom_columns(columns, &objects, headers));
            }
        }
        _ if selection.single => {
            if let Some(one) = shown.first() {
                let text = format.print(one)?;
                session.print(text);
            }
        }
        _ if selection.by_name && shown.is_empty() => {}
        _ => {
            let text = format.print(&output::list_of(shown))?;
            session.print(text);
        }
    }
    selection.complain(session)
}

/// Sorts rows by a field; says whether any row has it.
fn sort_by(found: &mut [Found], path: &str) -> bool {
    let Ok(template) = Template::parse_relaxed(path) else { return found.is_empty() };
    let field = |f: &Found| template.find(&f.object).ok().and_then(|l| l.into_iter().flatten().next()).filter(|v| !v.is_null());
    if !found.is_empty() && found.iter().all(|f| field(f).is_none()) {
        return false;
    }
    let mut keyed: Vec<(Option<Value>, Found)> = found.iter().map(|f| (field(f), f.clone())).collect();
    sort::go_sort(&mut keyed, &mut |a, b| match (&a.0, &b.0) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(a), Some(b)) => compare(a, b) == Ordering::Less,
    });
    for (slot, (_, f)) in found.iter_mut().zip(keyed) {
        *slot = f;
    }
    true
}

fn compare(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::Number(x), Value::Number(y)) => x.as_f64().partial_cmp(&y.as_f64()).unwrap_or(Ordering::Equal),
        (Value::String(x), Value::String(y)) => match (quantity::milli(x), quantity::milli(y)) {
            (Some(p), Some(q)) => p.cmp(&q),
            _ => natural(x, y),
        },
        (Value::Bool(x), Value::Bool(y)) => x.cmp(y),
        _ => Ordering::Equal,
    }
}

/// Natural order of texts (`sortorder.NaturalLess`): runs of digits by value.
fn natural(a: &str, b: &str) -> Ordering {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let (mut i, mut j) = (0, 0);
    while let (Some(x), Some(y)) = (a.get(i), b.get(j)) {
        if x.is_ascii_digit() && y.is_ascii_digit() {
            let run = |s: &[u8], from: usize| s.iter().skip(from).take_while(|c| c.is_ascii_digit()).count();
            let (m, n) = (run(a, i), run(b, j));
            let digits = |s: &[u8], from: usize, n: usize| s.iter().skip(from).take(n).copied().skip_while(|c| *c == b'0').collect::<Vec<u8>>();
            let (p, q) = (digits(a, i, m), digits(b, j, n));
            let order = p.len().cmp(&q.len()).then(p.cmp(&q)).then(m.cmp(&n));
            if order != Ordering::Equal {
                return order;
            }
            i += m;
            j += n;
        } else if x == y {
            i += 1;
            j += 1;
        } else {
            return x.cmp(y);
        }
    }
    (a.len() - i).cmp(&(b.len() - j))
}

/// `--subresource`: `scale` gives a Scale, `status` the object.
fn subresource(selection: &mut Selection, name: &str) -> Result<(), Failure> {
    let unknown = || Failure::plain("Error from server (NotFound): the server could not find the requested resource\n");
    for found in &mut selection.found {
        match name {
            "status" => {}
            "scale" if found.resource.scalable() => {
                found.object = Rc::new(scale_of(&found.object));
                found.resource = Rc::new(Resource {
                    plural: "scales".to_owned(),
                    singular: "scale".to_owned(),
                    kind: "Scale".to_owned(),
                    group: "autoscaling".to_owned(),
                    version: "v1".to_owned(),
                    ..(*found.resource).clone()
                });
            }
            _ => return Err(unknown()),
        }
    }
    Ok(())
}

/// The Scale of a workload.
pub(crate) fn scale_of(object: &Value) -> Value {
    let meta = object.at("metadata");
    let mut kept = serde_json::Map::new();
    for key in ["creationTimestamp", "name", "namespace", "resourceVersion", "uid"] {
        if let Some(v) = meta.get(key) {
            kept.insert(key.to_owned(), v.clone());
        }
    }
    let selector = if object.text("kind") == "ReplicationController" {
        crate::json::pairs(object.at("spec.selector"))
    } else {
        crate::selector::format(object.at("spec.selector"))
    };
    let mut spec = serde_json::Map::new();
    if object.int("spec.replicas") != 0 {
        spec.insert("replicas".to_owned(), object.int("spec.replicas").into());
    }
    serde_json::json!({"apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": kept, "spec": spec, "status": {"replicas": object.int("status.replicas"), "selector": selector}})
}

fn raw(session: &mut Session<'_>, path: &str) -> Result<(), Failure> {
    let unknown = || Failure::plain("Error from server (NotFound): the server could not find the requested resource\n");
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    let (api_version, rest) = match parts.as_slice() {
        ["version"] => {
            session.print(super::VERSION_BODY);
            return Ok(());
        }
        ["healthz" | "livez" | "readyz"] => {
            session.print("ok");
            return Ok(());
        }
        ["api", version, rest @ ..] => ((*version).to_owned(), rest),
        ["apis", group, version, rest @ ..] => (format!("{group}/{version}"), rest),
        _ => return Err(unknown()),
    };
    let (namespace, plural, name) = match rest {
        ["namespaces", ns, plural] => (Some(*ns), *plural, None),
        ["namespaces", ns, plural, name] => (Some(*ns), *plural, Some(*name)),
        [plural] => (None, *plural, None),
        [plural, name] => (None, *plural, Some(*name)),
        _ => return Err(unknown()),
    };
    let resource = session.resources().iter().find(|r| r.plural == plural && r.api_version() == api_version).cloned().ok_or_else(unknown)?;
    if let Some(name) = name {
        let object =
            session.world.find(&resource, namespace.unwrap_or_default(), name).ok_or_else(|| Failure::from(crate::world::not_found(&resource, name)))?;
        session.print(output::typed_json(&object, 0) + "\n");
    } else {
        let items: Vec<Value> = session.world.list(&resource).iter().filter(|o| namespace.is_none_or(|n| o.namespace() == n)).map(|o| (**o).clone()).collect();
        session.print(output::typed_json(&serde_json::json!({"kind": format!("{}List", resource.kind), "apiVersion": resource.api_version(), "metadata": {"resourceVersion": ""}, "items": items}), 0) + "\n");
    }
    Ok(())
}
