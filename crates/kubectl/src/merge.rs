//! Merging: JSON merge patch, JSON patch, strategic merge patch, and the three-way merge of `apply`.

use podglass_manifest::schema::{Shape, TypeId, schema};
use serde_json::{Map, Value};

/// Applies a JSON merge patch (RFC 7386).
pub(crate) fn json_merge(target: &mut Value, patch: &Value) {
    let Value::Object(p) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(t) = target else { return };
    for (k, v) in p {
        if v.is_null() {
            t.remove(k);
        } else {
            json_merge(t.entry(k.clone()).or_insert(Value::Null), v);
        }
    }
}

/// Applies a JSON patch (RFC 6902). `replace` of a missing key adds it, as the API server's library does.
///
/// # Errors
/// When a path does not exist or a test fails.
pub(crate) fn json_patch(target: &mut Value, operations: &[Value]) -> Result<(), ()> {
    for op in operations {
        let path = op["path"].as_str().ok_or(())?;
        let value = || op.get("value").cloned().ok_or(());
        match op["op"].as_str().ok_or(())? {
            "add" | "replace" => put(target, path, value()?, op["op"] == "add")?,
            "remove" => {
                take(target, path)?;
            }
            "test" => {
                let have = target.pointer(path).cloned().unwrap_or(Value::Null);
                if have != value()? {
                    return Err(());
                }
            }
            "move" => {
                let v = take(target, op["from"].as_str().ok_or(())?)?;
                put(target, path, v, true)?;
            }
            "copy" => {
                let v = target.pointer(op["from"].as_str().ok_or(())?).cloned().ok_or(())?;
                put(target, path, v, true)?;
            }
            _ => return Err(()),
        }
    }
    Ok(())
}

fn key_of(path: &str) -> Result<(&str, String), ()> {
    let (parent, key) = path.rsplit_once('/').ok_or(())?;
    Ok((parent, key.replace("~1", "/").replace("~0", "~")))
}

fn put(target: &mut Value, path: &str, value: Value, insert: bool) -> Result<(), ()> {
    if path.is_empty() {
        *target = value;
        return Ok(());
    }
    let (parent, key) = key_of(path)?;
    match target.pointer_mut(parent).ok_or(())? {
        Value::Object(m) => {
            m.insert(key, value);
            Ok(())
        }
        Value::Array(l) if key == "-" => {
            l.push(value);
            Ok(())
        }
        Value::Array(l) => {
            let at: usize = key.parse().map_err(|_| ())?;
            if insert && at <= l.len() {
                l.insert(at, value);
            } else {
                *l.get_mut(at).ok_or(())? = value;
            }
            Ok(())
        }
        _ => Err(()),
    }
}

fn take(target: &mut Value, path: &str) -> Result<Value, ()> {
    let (parent, key) = key_of(path)?;
    match target.pointer_mut(parent).ok_or(())? {
        Value::Object(m) => m.remove(&key).ok_or(()),
        Value::Array(l) => {
            let at: usize = key.parse().map_err(|_| ())?;
            if at < l.len() { Ok(l.remove(at)) } else { Err(()) }
        }
        _ => Err(()),
    }
}

/// What the schema says of a field: its type, and by which key its list merges.
#[derive(Clone, Copy, Default)]
struct Kin {
    ty: Option<TypeId>,
    merge: Option<&'static str>,
}

fn child(ty: Option<TypeId>, key: &str) -> Kin {
    let Some(ty) = ty else { return Kin::default() };
    let s = schema();
    if let Some(found) = s.struct_of(ty).and_then(|st| st.field(key)) {
        return Kin { ty: Some(found.ty), merge: found.merge_key };
    }
    match s.get(s.deref(ty)).shape {
        Shape::Map(of) => Kin { ty: Some(of), merge: None },
        _ => Kin::default(),
    }
}

fn item(ty: Option<TypeId>) -> Option<TypeId> {
    let ty = ty?;
    let s = schema();
    match s.get(s.deref(ty)).shape {
        Shape::List(of) => Some(of),
        _ => None,
    }
}

/// Applies a strategic merge patch to an object of a type.
pub(crate) fn strategic(target: &mut Value, patch: &Value, ty: Option<TypeId>) {
    let Value::Object(p) = patch else {
        *target = patch.clone();
        return;
    };
    if p.get("$patch").and_then(Value::as_str) == Some("replace") {
        let mut new = p.clone();
        new.remove("$patch");
        *target = Value::Object(new);
        return;
    }
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(t) = target else { return };
    for (k, v) in p {
        if k.starts_with("$setElementOrder/") || k == "$patch" {
            continue;
        }
        if k == "$retainKeys" {
            let keep: Vec<&str> = v.as_array().map(|l| l.iter().filter_map(Value::as_str).collect()).unwrap_or_default();
            t.retain(|k, _| keep.contains(&k.as_str()));
            continue;
        }
        if let Some(name) = k.strip_prefix("$deleteFromPrimitiveList/") {
            if let (Some(Value::Array(have)), Value::Array(gone)) = (t.get_mut(name), v) {
                have.retain(|x| !gone.contains(x));
            }
            continue;
        }
        if v.is_null() {
            t.remove(k);
            continue;
        }
        if v.as_object().is_some_and(|o| o.get("$patch").and_then(Value::as_str) == Some("delete")) {
            t.remove(k);
            continue;
        }
        let kin = child(ty, k);
        match (t.get_mut(k), v, kin.merge) {
            (Some(Value::Array(have)), Value::Array(new), Some(key)) => strategic_list(have, new, key, item(kin.ty)),
            (None, Value::Array(new), Some(key)) => {
                let mut have = Vec::new();
                strategic_list(&mut have, new, key, item(kin.ty));
                t.insert(k.clone(), Value::Array(have));
            }
            (Some(have), Value::Object(_), _) => strategic(have, v, kin.ty),
            (None, Value::Object(_), _) => {
                let mut fresh = Value::Object(Map::new());
                strategic(&mut fresh, v, kin.ty);
                t.insert(k.clone(), fresh);
            }
            _ => {
                t.insert(k.clone(), v.clone());
            }
        }
    }
}

fn strategic_list(have: &mut Vec<Value>, new: &[Value], key: &str, of: Option<TypeId>) {
    if new.iter().any(|n| n.get("$patch").and_then(Value::as_str) == Some("replace")) {
        *have = new.iter().filter(|n| n.get("$patch").is_none()).cloned().collect();
        return;
    }
    if key.is_empty() {
        for n in new {
            if !have.contains(n) {
                have.push(n.clone());
            }
        }
        return;
    }
    let mut added = Vec::new();
    for n in new {
        let same = |h: &Value| h.get(key).is_some() && h.get(key) == n.get(key);
        if n.get("$patch").and_then(Value::as_str) == Some("delete") {
            have.retain(|h| !same(h));
        } else if let Some(h) = have.iter_mut().find(|h| same(h)) {
            strategic(h, n, of);
        } else {
            let mut fresh = Value::Object(Map::new());
            strategic(&mut fresh, n, of);
            added.push(fresh);
        }
    }
    // New items stand first: a patch's order wins over the server's where nothing else is said.
    added.append(have);
    *have = added;
}

/// The three-way merge of `apply`: what the file says goes over what is there, and what the last
/// file said and this one does not goes away.
pub(crate) fn apply(original: &Value, current: &Value, modified: &Value, ty: Option<TypeId>) -> Value {
    let (Value::Object(c), Value::Object(m)) = (current, modified) else { return modified.clone() };
    let empty = Map::new();
    let o = original.as_object().unwrap_or(&empty);
    let mut out = c.clone();
    for k in o.keys() {
        if !m.contains_key(k) {
            out.remove(k);
        }
    }
    for (k, v) in m {
        if v.is_null() {
            out.remove(k);
            continue;
        }
        let kin = child(ty, k);
        let before = o.get(k).unwrap_or(&Value::Null);
        let merged = match (c.get(k), v, kin.merge) {
            (Some(have @ Value::Object(_)), Value::Object(new), _) => {
                let mut merged = apply(before, have, v, kin.ty);
                if k == "strategy"
                    && let Value::Object(x) = &mut merged
                {
                    // patchStrategy=retainKeys
                    x.retain(|k, _| new.contains_key(k) || new.get("type").is_none() || x_keeps(new, k));
                }
                merged
            }
            (Some(Value::Array(have)), Value::Array(new), Some(key)) => {
                Value::Array(apply_list(before.as_array().map_or(&[], Vec::as_slice), have, new, key, item(kin.ty), k == "volumes"))
            }
            _ => without_nulls(v),
        };
        out.insert(k.clone(), merged);
    }
    Value::Object(out)
}

/// `rollingUpdate` survives beside `type: RollingUpdate`.
fn x_keeps(new: &Map<String, Value>, key: &str) -> bool {
    key == "rollingUpdate" && new.get("type").and_then(Value::as_str) == Some("RollingUpdate")
}

fn apply_list(original: &[Value], current: &[Value], modified: &[Value], key: &str, of: Option<TypeId>, retain: bool) -> Vec<Value> {
    if key.is_empty() {
        let mut out: Vec<Value> = current.iter().filter(|c| modified.contains(c) || !original.contains(c)).cloned().collect();
        out.extend(modified.iter().filter(|m| !current.contains(m)).cloned());
        return out;
    }
    let find = |list: &[Value], id: Option<&Value>| list.iter().find(|x| id.is_some() && x.get(key) == id).cloned();
    let mut out: Vec<Value> = modified
        .iter()
        .map(|m| match find(current, m.get(key)) {
            Some(c) => {
                let mut merged = apply(&find(original, m.get(key)).unwrap_or(Value::Null), &c, m, of);
                if retain && let (Value::Object(x), Some(new)) = (&mut merged, m.as_object()) {
                    x.retain(|k, _| new.contains_key(k));
                }
                merged
            }
            None => without_nulls(m),
        })
        .collect();
    // What only the server has keeps its place after the items it stood behind.
    for (i, c) in current.iter().enumerate() {
        let id = c.get(key);
        if find(modified, id).is_some() || find(original, id).is_some() {
            continue;
        }
        let after = current.iter().take(i).rev().find_map(|p| out.iter().position(|o| o.get(key) == p.get(key)));
        let at = after.map_or_else(|| if i == 0 && current.len() > 1 { 0 } else { out.len() }, |p| p + 1);
        out.insert(at.min(out.len()), c.clone());
    }
    out
}

fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(m) => Value::Object(m.iter().filter(|(_, v)| !v.is_null()).map(|(k, v)| (k.clone(), without_nulls(v))).collect()),
        other => other.clone(),
    }
}
