//! scratch
use podglass_cluster::{Action, Cluster, Fact, Propagation, Settings, SimTime};
use podglass_manifest::{Kind, Object, ObjectKey};
use serde_json::{Value, json};
fn kind(s: &str) -> Kind {
    let s = s.to_lowercase();
    *Kind::ALL.iter().find(|k| k.name().to_lowercase() == s || k.plural() == s || k.short_names().contains(&s.as_str())).unwrap()
}
fn key(k: &str, n: &str) -> ObjectKey { ObjectKey { kind: kind(k), namespace: if kind(k).namespaced() { "default".into() } else { String::new() }, name: n.into() } }
fn merge(a: &mut Value, b: &Value) {
    if let (Value::Object(x), Value::Object(y)) = (&mut *a, b) {
        for (k, v) in y { if v.is_null() { x.remove(k); } else { merge(x.entry(k.clone()).or_insert(Value::Null), v); } }
    } else { *a = b.clone(); }
}
fn edit(c: &mut Cluster, k: &ObjectKey, f: impl FnOnce(&mut Value)) -> Result<String, String> {
    let o = c.api().find(k).ok_or("not found")?.clone();
    let mut j = o.to_json().unwrap();
    f(&mut j);
    let o = Object::from_json(k.kind, j).map_err(|e| e.to_string())?;
    c.act(Action::Replace(o)).map_err(|e| e.message)?;
    Ok(String::new())
}
fn run(c: &mut Cluster, dir: &str, a: &[String]) -> Result<String, String> {
    let pos: Vec<&str> = a.iter().filter(|x| !x.starts_with("--")).map(String::as_str).collect();
    let split = |s: &str| { let (k, n) = s.split_once('/').unwrap(); key(k, n) };
    match pos[0] {
        "apply" => {
            let mut out = String::new();
            for f in a.windows(2).filter(|w| w[0] == "-f").map(|w| &w[1]) {
                let text = std::fs::read_to_string(format!("{dir}/{f}")).unwrap();
                for o in podglass_manifest::read(&text).objects() {
                    let t = c.now() + 30; c.advance_to(t, u64::MAX);
                    match c.act(Action::Apply(o.clone())) { Ok(_) => out += &format!("{} ok\n", o.key()), Err(e) => out += &format!("refused {}\n", e.message) }
                }
            }
            Ok(out)
        }
        "scale" => { let n: i64 = a.iter().find_map(|x| x.strip_prefix("--replicas=")).unwrap().parse().unwrap(); edit(c, &split(pos[1]), |j| j["spec"]["replicas"] = json!(n)) }
        "set" => edit(c, &split(pos[2]), |j| {
            for p in &pos[3..] {
                let (n, v) = p.split_once('=').unwrap();
                for ct in j["spec"]["template"]["spec"]["containers"].as_array_mut().unwrap() {
                    if pos[1] == "image" { if ct["name"] == n { ct["image"] = json!(v); } }
                    else { if ct.get("env").is_none() { ct["env"] = json!([]); } ct["env"].as_array_mut().unwrap().push(json!({"name": n, "value": v})); }
                }
            }
        }),
        "rollout" => { let k = split(pos[2]); match pos[1] {
            "pause" => edit(c, &k, |j| j["spec"]["paused"] = json!(true)),
            "resume" => edit(c, &k, |j| { j["spec"].as_object_mut().unwrap().remove("paused"); }),
            "restart" => { let t = c.now().0; edit(c, &k, |j| { j["spec"]["template"]["metadata"]["annotations"]["kubectl.kubernetes.io/restartedAt"] = json!(t.to_string()); }) }
            _ => {
                let mut sets: Vec<_> = c.api().list(Kind::ReplicaSet).filter(|o| o.metadata().owner_references.iter().flatten().any(|r| r.name == k.name)).cloned().collect();
                let rev = |o: &Object| o.metadata().annotations.as_ref().unwrap()["deployment.kubernetes.io/revision"].parse::<i64>().unwrap();
                sets.sort_by_key(|o| rev(o));
                let Some(i) = sets.len().checked_sub(2) else { return Err("no history".into()) };
                let mut t = sets[i].to_json().unwrap()["spec"]["template"].clone();
                t["metadata"]["labels"].as_object_mut().unwrap().remove("pod-template-hash");
                edit(c, &k, |j| j["spec"]["template"] = t)
            } } }
        "delete" => {
            let keys: Vec<ObjectKey> = if let Some(i) = a.iter().position(|x| x == "-l") {
                let (l, v) = a[i + 1].split_once('=').unwrap();
                c.api().list_in(kind(&a[1]), "default").filter(|o| o.metadata().labels.as_ref().is_some_and(|m| m.get(l).is_some_and(|x| x == v))).map(|o| o.key()).collect()
            } else { pos[2..].iter().filter(|x| !x.starts_with('-')).map(|n| key(pos[1], n)).collect() };
            let grace = a.iter().find_map(|x| x.strip_prefix("--grace-period=")).map(|g| g.parse().unwrap());
            for k in keys { c.act(Action::Delete { key: k, grace_period: grace, propagation: Propagation::Background }).map_err(|e| e.message)?; }
            Ok(String::new())
        }
        "patch" => { let i = a.iter().position(|x| x == "-p").unwrap(); let p: Value = serde_json::from_str(&a[i + 1]).unwrap();
            edit(c, &key(pos[1], pos[2]), |j| if let Some(ops) = p.as_array() { for op in ops { let path = op["path"].as_str().unwrap(); let (par, last) = path.rsplit_once('/').unwrap();
                match j.pointer_mut(par).unwrap() { Value::Object(m) => { if op["op"] == "remove" { m.remove(last); } else { m.insert(last.into(), op["value"].clone()); } } Value::Array(v) => { v.remove(last.parse().unwrap()); } _ => {} } } } else { merge(j, &p) }) }
        "label" => edit(c, &key(pos[1], pos[2]), |j| { let (l, v) = pos[3].split_once('=').unwrap(); j["metadata"]["labels"][l] = json!(v); }),
        "exec" => { let i = a.iter().position(|x| x == "--").unwrap(); let k = key("pod", &a[1]); let o = c.api().find(&k).unwrap().to_json().unwrap(); let ct = o["spec"]["containers"][0]["name"].as_str().unwrap().to_owned();
            c.exec(&k, &ct, a[i + 1..].to_vec(), String::new()).map(|_| String::new()) }
        x => Err(format!("unknown {x}")),
    }
}
fn main() {
    let (dir, out) = (std::env::args().nth(1).unwrap(), std::env::args().nth(2).unwrap());
    let steps: Value = serde_json::from_str(&std::fs::read_to_string(format!("{dir}/steps.json")).unwrap()).unwrap();
    let term: Value = serde_json::from_str(&std::fs::read_to_string(format!("{dir}/terminal.json")).unwrap()).unwrap();
    let start: k8s_openapi::jiff::Timestamp = term["start"].as_str().unwrap().parse().unwrap();
    let mut catalogue = None; let _ = &mut catalogue as &mut Option<()>;
    let mut c = Cluster::with_catalogue(Settings { images_present: true, only_known_images: true, epoch: start.as_millisecond() - 100_000, ..Settings::default() }, std::rc::Rc::new(podglass_runtime::catalogue::Catalogue::builtin()));
    let base = 100_000u64;
    c.advance_to(SimTime(base), u64::MAX);
    let mark = c.api().journal().records().len();
    let mut commands = vec![];
    for (i, s) in steps["steps"].as_array().unwrap().iter().enumerate() {
        let at = base + (s["at"].as_f64().unwrap() * 1000.0) as u64 + 60;
        c.advance_to(SimTime(at.max(c.now().0)), u64::MAX);
        let a: Vec<String> = s["kubectl"].as_array().unwrap().iter().map(|x| x.as_str().unwrap().to_owned()).collect();
        let r = run(&mut c, &dir, &a);
        if let Err(e) = &r { eprintln!("{a:?}: {e}"); }
        if let Ok(t) = &r && t.contains("refused") { eprintln!("{t}"); }
        commands.push(term["commands"][i].clone());
    }
    c.advance_to(SimTime(base + (term["t"].as_f64().unwrap() * 1000.0) as u64), u64::MAX);
    let mut w = String::new();
    for r in &c.api().journal().records()[mark..] {
        let t = (r.at.0 as f64 - base as f64) / 1000.0;
        let (ty, o, before) = match &r.fact { Fact::Created(o) => ("ADDED", o, None), Fact::Updated { before, after } => ("MODIFIED", after, Some(before)), Fact::Deleted(o) => ("DELETED", o, None), _ => continue };
        if o.namespace() == "kube-system" { continue; }
        let j = o.to_json().unwrap();
        let mut line = json!({"t": t, "type": ty, "kind": o.kind().name(), "name": o.name()});
        if let (Some(b), false) = (before, o.kind() == Kind::Event) {
            let b = b.to_json().unwrap(); let mut ch = json!({});
            for k in ["spec", "status", "metadata", "endpoints", "ports", "subsets"] { if b[k] != j[k] { ch[k] = j[k].clone(); } }
            line["changed"] = ch;
        } else { line["object"] = j; }
        w += &line.to_string(); w.push('\n');
    }
    std::fs::create_dir_all(&out).unwrap();
    std::fs::write(format!("{out}/watch.jsonl"), w).unwrap();
    std::fs::write(format!("{out}/terminal.json"), json!({"start": term["start"], "t": term["t"], "commands": commands, "getPodsWatch": [], "texts": {}}).to_string()).unwrap();
    std::fs::write(format!("{out}/objects.json"), "{}").unwrap();
}
