//! `create configmap`, `secret`, `namespace`, `serviceaccount`, `quota`, `priorityclass`, `poddisruptionbudget`

use super::send::{name, send};
use crate::flags::Flags;
use crate::gotemplate::base64_encode;
use crate::json::set;
use crate::session::{Failure, Session};
use serde_json::{Map, Value, json};

/// Keys with their content, in order of reading.
fn sources(session: &Session<'_>, flags: &Flags, kind: &str, owner: &str) -> Result<Vec<(String, Vec<u8>)>, Failure> {
    let mut out: Vec<(String, Vec<u8>)> = Vec::new();
    let mut add = |key: String, content: Vec<u8>| {
        if key.is_empty() || !key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')) {
            return Err(Failure::error(format!(
                "{key:?} is not a valid key name for a {kind}: a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"
            )));
        }
        if out.iter().any(|(k, _)| *k == key) {
            return Err(Failure::error(if kind == "ConfigMap" {
                format!("cannot add key {key:?}, another key by that name already exists in Data for ConfigMap {owner:?}")
            } else {
                format!("cannot add key {key}, another key by that name already exists")
            }));
        }
        out.push((key, content));
        Ok(())
    };
    let read = |path: &str| session.files.read(path).map_err(|e| Failure::error(format!("error reading {path}: {e}")));
    for source in flags.list("from-file") {
        let (key, path) = source.split_once('=').map_or((None, source.as_str()), |(k, p)| (Some(k), p));
        if let Some(names) = session.files.directory(path) {
            for n in names {
                if let Ok(content) = session.files.read(&format!("{path}/{n}")) {
                    add(n, content)?;
                }
            }
            continue;
        }
        let key = key.map_or_else(|| path.rsplit('/').next().unwrap_or(path).to_owned(), str::to_owned);
        add(key, read(path)?)?;
    }
    for literal in flags.list("from-literal") {
        let (k, v) = literal
            .split_once('=')
            .filter(|(k, _)| !k.is_empty())
            .ok_or_else(|| Failure::error(format!("invalid literal source {literal}, expected key=value")))?;
        let v = v.strip_prefix(['"', '\'']).and_then(|x| x.strip_suffix(['"', '\''])).unwrap_or(v);
        add(k.to_owned(), v.as_bytes().to_vec())?;
    }
    for path in flags.list("from-env-file") {
        for line in String::from_utf8_lossy(&read(path)?).lines() {
            let line = line.trim_start();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (k, v) = line.split_once('=').unwrap_or((line, ""));
            add(k.to_owned(), v.as_bytes().to_vec())?;
        }
    }
    Ok(out)
}

pub(in crate::verbs) fn config_map(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let name = name(flags)?;
    let (mut data, mut binary) = (Map::new(), Map::new());
    for (k, v) in sources(session, flags, "ConfigMap", name)? {
        match String::from_utf8(v) {
            Ok(text) => data.insert(k, text.into()),
            Err(e) => binary.insert(k, base64_encode(e.as_bytes()).into()),
        };
    }
    let mut object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}});
    for (key, map) in [("data", data), ("binaryData", binary)] {
        if !map.is_empty() {
            set(&mut object, &[key], Value::Object(map));
        }
    }
    if flags.truth("append-hash") {
        let mut encoded = Map::new();
        encoded.insert("kind".into(), "ConfigMap".into());
        encoded.insert("name".into(), name.into());
        encoded.insert("data".into(), object.get("data").cloned().unwrap_or_else(|| "".into()));
        if let Some(b) = object.get("binaryData") {
            encoded.insert("binaryData".into(), b.clone());
        }
        set(&mut object, &["metadata", "name"], format!("{name}-{}", short_hash(&crate::output::compact(&Value::Object(encoded)))).into());
    }
    send(session, flags, "configmaps", object, "configmap", "created")
}

/// The first ten digits of a SHA-256, with letters that spell nothing (`hash.encodeHash`).
fn short_hash(text: &str) -> String {
    let hex: String = crate::sha256::digest(text.as_bytes()).iter().map(|b| format!("{b:02x}")).collect();
    hex.chars()
        .take(10)
        .map(|c| match c {
            '0' => 'g',
            '1' => 'h',
            '3' => 'k',
            'a' => 'm',
            'e' => 't',
            c => c,
        })
        .collect()
}

fn secret_object(name: &str, data: Vec<(String, Vec<u8>)>, kind: &str) -> Value {
    let mut object = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}});
    let map: Map<String, Value> = data.into_iter().map(|(k, v)| (k, base64_encode(&v).into())).collect();
    if !map.is_empty() {
        set(&mut object, &["data"], Value::Object(map));
    }
    if !kind.is_empty() {
        set(&mut object, &["type"], kind.into());
    }
    object
}

pub(in crate::verbs) fn secret_generic(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let name = name(flags)?;
    let data = sources(session, flags, "Secret", name)?;
    send(session, flags, "secrets", secret_object(name, data, flags.text("type")), "secret", "created")
}

pub(in crate::verbs) fn secret_tls(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    super::send::required(flags, &["cert", "key"])?;
    let name = name(flags)?;
    let read = |path: &str| session.files.read(path).map_err(|e| Failure::error(format!("Cannot read file {path}, open {path}: {e}")));
    let (cert, key) = (read(flags.text("cert"))?, read(flags.text("key"))?);
    for (what, content) in [("certificate", &cert), ("key", &key)] {
        if !String::from_utf8_lossy(content).contains("-----BEGIN ") {
            return Err(Failure::error(format!("tls: failed to find any PEM data in {what} input")));
        }
    }
    let data = vec![("tls.crt".to_owned(), cert), ("tls.key".to_owned(), key)];
    send(session, flags, "secrets", secret_object(name, data, "kubernetes.io/tls"), "secret", "created")
}

pub(in crate::verbs) fn secret_registry(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let name = name(flags)?;
    let (user, password) = (flags.text("docker-username"), flags.text("docker-password"));
    if flags.list("from-file").is_empty() && (user.is_empty() || password.is_empty()) {
        return Err(Failure::error("either --from-file or the combination of --docker-username, --docker-password and --docker-server is required"));
    }
    let content = if flags.list("from-file").is_empty() {
        let server = flags.get("docker-server").unwrap_or("https://index.docker.io/v1/");
        let email =
            if flags.text("docker-email").is_empty() { String::new() } else { format!(",\"email\":{}", crate::output::text(flags.text("docker-email"))) };
        let t = crate::output::text;
        format!(
            "{{\"auths\":{{{}:{{\"username\":{},\"password\":{}{email},\"auth\":{}}}}}}}",
            t(server),
            t(user),
            t(password),
            t(&base64_encode(format!("{user}:{password}").as_bytes()))
        )
        .into_bytes()
    } else {
        sources(session, flags, "Secret", name)?.into_iter().next().map(|s| s.1).unwrap_or_default()
    };
    let object = secret_object(name, vec![(".dockerconfigjson".to_owned(), content)], "kubernetes.io/dockerconfigjson");
    send(session, flags, "secrets", object, "secret", "created")
}

pub(in crate::verbs) fn namespace(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let object = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name(flags)?}, "spec": {}, "status": {}});
    send(session, flags, "namespaces", object, "", "created")
}

pub(in crate::verbs) fn service_account(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let object = json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name(flags)?}});
    send(session, flags, "serviceaccounts", object, "serviceaccount", "created")
}

pub(in crate::verbs) fn token(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let name = name(flags)?;
    let accounts = session.builtin("serviceaccounts");
    let namespace = session.namespace.clone();
    if session.world.find(&accounts, &namespace, name).is_none() {
        return Err(Failure::error(format!("failed to create token: serviceaccounts {name:?} not found")));
    }
    Err(Failure::error("tokens are not simulated"))
}

pub(in crate::verbs) fn quota(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let name = name(flags)?;
    let mut hard = Map::new();
    for pair in flags.text("hard").split(',').filter(|p| !p.is_empty()) {
        let (k, v) = pair.split_once('=').ok_or_else(|| Failure::error(format!("Invalid argument syntax {pair}, expected <resource>=<value>")))?;
        hard.insert(k.to_owned(), crate::quantity::canonical(v).unwrap_or_else(|| v.to_owned()).into());
    }
    let mut object = json!({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": name}, "spec": {}, "status": {}});
    if !hard.is_empty() {
        set(&mut object, &["spec", "hard"], Value::Object(hard));
    }
    let scopes: Vec<&str> = flags.text("scopes").split(',').filter(|s| !s.is_empty()).collect();
    if !scopes.is_empty() {
        set(&mut object, &["spec", "scopes"], json!(scopes));
    }
    send(session, flags, "resourcequotas", object, "quota", "created")
}

pub(in crate::verbs) fn priority_class(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let mut object = json!({"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": name(flags)?}, "value": flags.int("value").unwrap_or(0), "preemptionPolicy": flags.get("preemption-policy").unwrap_or("PreemptLowerPriority")});
    if flags.truth("global-default") {
        set(&mut object, &["globalDefault"], true.into());
    }
    if !flags.text("description").is_empty() {
        set(&mut object, &["description"], flags.text("description").into());
    }
    send(session, flags, "priorityclasses", object, "priorityclass", "created")
}

pub(in crate::verbs) fn budget(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let name = name(flags)?;
    if flags.text("selector").is_empty() {
        return Err(Failure::error("a selector must be specified"));
    }
    let labels: Map<String, Value> = flags.text("selector").split(',').filter_map(|p| p.split_once('=')).map(|(k, v)| (k.to_owned(), v.into())).collect();
    let number = |t: &str| t.parse::<i64>().map_or_else(|_| Value::from(t), Value::from);
    let mut object = json!({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": name}, "spec": {"selector": {"matchLabels": labels}},
        "status": {"currentHealthy": 0, "desiredHealthy": 0, "disruptionsAllowed": 0, "expectedPods": 0}});
    match (flags.get("min-available"), flags.get("max-unavailable")) {
        (None, None) => return Err(Failure::error("one of min-available or max-unavailable must be specified")),
        (Some(_), Some(_)) => return Err(Failure::error("min-available and max-unavailable cannot be both specified")),
        (Some(m), None) => set(&mut object, &["spec", "minAvailable"], number(m)),
        (None, Some(m)) => set(&mut object, &["spec", "maxUnavailable"], number(m)),
    }
    send(session, flags, "poddisruptionbudgets", object, "poddisruptionbudgets", "created")
}
