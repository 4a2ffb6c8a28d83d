//! Containers and volumes in words.

use super::{Text, pod, time, yes};
use crate::json::{Look, or, plain};
use crate::quantity;
use serde_json::Value;

/// `Containers:` with everything about each. Without `statuses` nothing of their state is told; the
/// Pod resolves `fieldRef`s.
pub(super) fn containers(t: &mut Text, title: &str, all: &[Value], statuses: Option<&[Value]>, owner: Option<&Value>, space: &str) {
    if all.is_empty() {
        t.line(0, format_args!("{space}{title}: <none>"));
    } else {
        t.line(0, format_args!("{space}{title}:"));
    }
    for c in all {
        let name = c.text("name");
        let status = statuses.and_then(|s| s.iter().find(|s| s.text("name") == name));
        t.line(1, format_args!("{}{name}:", if space.is_empty() { "" } else { " " }));
        if let Some(s) = status {
            t.line(2, format_args!("Container ID:\t{}", s.text("containerID")));
        }
        t.line(2, format_args!("Image:\t{}", c.text("image")));
        if let Some(s) = status {
            t.line(2, format_args!("Image ID:\t{}", s.text("imageID")));
        }
        let ports = |key: &str| {
            c.list("ports")
                .iter()
                .map(|p| {
                    let named = if p.text("name").is_empty() { String::new() } else { format!(" ({})", p.text("name")) };
                    format!("{}/{}{named}", p.int(key), p.text("protocol"))
                })
                .collect::<Vec<_>>()
                .join(", ")
        };
        for (title, key) in [("Port", "containerPort"), ("Host Port", "hostPort")] {
            let shown = ports(key);
            t.line(2, format_args!("{title}{}:\t{}", if shown.contains(',') { "s" } else { "" }, or(&shown, "<none>")));
        }
        for (title, key) in [("Command", "command"), ("Args", "args")] {
            if !c.list(key).is_empty() {
                t.line(2, format_args!("{title}:"));
                for line in c.list(key).iter().filter_map(Value::as_str).flat_map(|a| a.split('\n')) {
                    t.line(3, line);
                }
            }
        }
        if let Some(s) = status {
            state(t, "State", s.at("state"));
            if s.has("lastState.terminated") {
                state(t, "Last State", s.at("lastState"));
            }
            t.line(2, format_args!("Ready:\t{}", yes(s.truth("ready"))));
            t.line(2, format_args!("Restart Count:\t{}", s.int("restartCount")));
        }
        resources(t, 2, c.at("resources"));
        for (title, key) in [("Liveness", "livenessProbe"), ("Readiness", "readinessProbe"), ("Startup", "startupProbe")] {
            if c.has(key) {
                t.line(2, format_args!("{title}:\t{}", probe(c.at(key))));
            }
        }
        environment(t, c, owner);
        mounts(t, c);
    }
}

fn state(t: &mut Text, title: &str, state: &Value) {
    if state.has("running") {
        t.line(2, format_args!("{title}:\tRunning"));
        t.line(3, format_args!("Started:\t{}", time(state.at("running.startedAt"))));
    } else if state.has("terminated") {
        let x = state.at("terminated");
        t.line(2, format_args!("{title}:\tTerminated"));
        for (title, key) in [("Reason", "reason"), ("Message", "message")] {
            if !x.text(key).is_empty() {
                t.line(3, format_args!("{title}:\t{}", x.text(key)));
            }
        }
        t.line(3, format_args!("Exit Code:\t{}", x.int("exitCode")));
        if x.int("signal") > 0 {
            t.line(3, format_args!("Signal:\t{}", x.int("signal")));
        }
        t.line(3, format_args!("Started:\t{}", time(x.at("startedAt"))));
        t.line(3, format_args!("Finished:\t{}", time(x.at("finishedAt"))));
    } else {
        t.line(2, format_args!("{title}:\tWaiting"));
        if !state.text("waiting.reason").is_empty() {
            t.line(3, format_args!("Reason:\t{}", state.text("waiting.reason")));
        }
    }
}

/// `Limits:` and `Requests:`
pub(super) fn resources(t: &mut Text, level: usize, resources: &Value) {
    for (title, key) in [("Limits", "limits"), ("Requests", "requests")] {
        let all = resources.entries(key);
        if !all.is_empty() {
            t.line(level, format_args!("{title}:"));
            for (k, v) in all {
                t.line(level + 1, format_args!("{k}:\t{}", plain(v)));
            }
        }
    }
}

fn probe(p: &Value) -> String {
    let numbers = format!(
        "delay={}s timeout={}s period={}s successThreshold={} failureThreshold={}",
        p.int("initialDelaySeconds"),
        p.int("timeoutSeconds"),
        p.int("periodSeconds"),
        p.int("successThreshold"),
        p.int("failureThreshold")
    );
    if p.has("exec") {
        format!("exec {} {numbers}", super::bracketed(p.list("exec.command")))
    } else if p.has("httpGet") {
        let h = p.at("httpGet");
        let path: String = h
            .text("path")
            .bytes()
            .map(|b| if b.is_ascii_alphanumeric() || b"-_.~$&+,/:;=@!*'()".contains(&b) { char::from(b).to_string() } else { format!("%{b:02X}") })
            .collect();
        let slash = if path.is_empty() || path.starts_with('/') { "" } else { "/" };
        format!("http-get {}://{}:{}{slash}{path} {numbers}", or(h.text("scheme"), "http").to_lowercase(), h.text("host"), plain(h.at("port")))
    } else if p.has("tcpSocket") {
        format!("tcp-socket {}:{} {numbers}", p.text("tcpSocket.host"), plain(p.at("tcpSocket.port")))
    } else if p.has("grpc") {
        format!("grpc <pod>:{} {} {numbers}", p.int("grpc.port"), p.text("grpc.service"))
    } else {
        format!("unknown {numbers}")
    }
}

fn environment(t: &mut Text, c: &Value, owner: Option<&Value>) {
    if !c.list("envFrom").is_empty() {
        t.line(2, "Environment Variables from:");
        for e in c.list("envFrom") {
            let (kind, source) = if e.has("configMapRef") { ("ConfigMap", e.at("configMapRef")) } else { ("Secret", e.at("secretRef")) };
            let prefix = if e.text("prefix").is_empty() { String::new() } else { format!(" with prefix '{}'", e.text("prefix")) };
            t.line(3, format_args!("{}\t{kind}{prefix}\tOptional: {}", source.text("name"), source.truth("optional")));
        }
    }
    let all = c.list("env");
    t.line(2, format_args!("Environment:{}", if all.is_empty() { "\t<none>" } else { "" }));
    for e in all {
        let name = e.text("name");
        let from = e.at("valueFrom");
        if from.has("fieldRef") {
            let path = from.text("fieldRef.fieldPath");
            let value = owner.map(|o| field(o, path)).unwrap_or_default();
            t.line(3, format_args!("{name}:\t{value} ({}:{path})", or(from.text("fieldRef.apiVersion"), "v1")));
        } else if from.has("resourceFieldRef") {
            let resource = from.text("resourceFieldRef.resource");
            let mut value = amount(c, resource, &plain(from.at("resourceFieldRef.divisor")));
            if value == "0" && matches!(resource, "limits.cpu" | "limits.memory") {
                "node allocatable".clone_into(&mut value);
            }
            t.line(3, format_args!("{name}:\t{value} ({resource})"));
        } else if from.has("secretKeyRef") {
            let r = from.at("secretKeyRef");
            t.line(3, format_args!("{name}:\t<set to the key '{}' in secret '{}'>\tOptional: {}", r.text("key"), r.text("name"), r.truth("optional")));
        } else if from.has("configMapKeyRef") {
            let r = from.at("configMapKeyRef");
            t.line(3, format_args!("{name}:\t<set to the key '{}' of config map '{}'>\tOptional: {}", r.text("key"), r.text("name"), r.truth("optional")));
        } else {
            for (i, line) in e.text("value").split('\n').enumerate() {
                t.line(3, if i == 0 { format!("{name}:\t{line}") } else { format!("\t{line}") });
            }
        }
    }
}

/// What a client can resolve of a `fieldPath`.
fn field(pod: &Value, path: &str) -> String {
    for map in ["metadata.labels", "metadata.annotations"] {
        if path == map {
            return pod.entries(map).iter().map(|(k, v)| format!("{k}={}", Value::String(plain(v)))).collect::<Vec<_>>().join("\n");
        }
    }
    match path {
        "metadata.name" | "metadata.namespace" | "metadata.uid" => pod.text(path).to_owned(),
        _ => String::new(),
    }
}

/// A container's limit or request in units of the divisor, rounded up.
fn amount(c: &Value, resource: &str, divisor: &str) -> String {
    let (side, name) = resource.split_once('.').unwrap_or((resource, ""));
    let have = c.at("resources").at(side).get(name).map(plain).unwrap_or_default();
    let value = quantity::milli(&have).unwrap_or(0);
    let by = quantity::milli(divisor).filter(|d| *d > 0).unwrap_or(1000);
    ((value + by - 1) / by).to_string()
}

fn mounts(t: &mut Text, c: &Value) {
    let mut all: Vec<&Value> = c.list("volumeMounts").iter().collect();
    all.sort_by_key(|m| m.text("mountPath").to_owned());
    t.line(2, format_args!("Mounts:{}", if all.is_empty() { "\t<none>" } else { "" }));
    for m in all {
        let sub = if m.text("subPath").is_empty() { String::new() } else { format!(",path={:?}", m.text("subPath")) };
        t.line(3, format_args!("{} from {} ({}{sub})", m.text("mountPath"), m.text("name"), if m.truth("readOnly") { "ro" } else { "rw" }));
    }
    if !c.list("volumeDevices").is_empty() {
        t.line(2, "Devices:");
        for d in c.list("volumeDevices") {
            t.line(3, format_args!("{} from {}", d.text("devicePath"), d.text("name")));
        }
    }
}

/// `Volumes:`
pub(super) fn volumes(t: &mut Text, all: &[Value], space: &str) {
    if all.is_empty() {
        t.line(0, format_args!("{space}Volumes:\t<none>"));
        return;
    }
    t.line(0, format_args!("{space}Volumes:"));
    for v in all {
        t.line(1, format_args!("{}{}:", if space.is_empty() { "" } else { " " }, v.text("name")));
        source(t, v);
    }
}

/// What a volume is made of.
pub(super) fn source(t: &mut Text, v: &Value) {
    let mut put = |title: &str, value: String| t.line(2, format_args!("{title}:\t{value}"));
    let optional = |x: &Value| x.truth("optional").to_string();
    if v.has("emptyDir") {
        put("Type", "EmptyDir (a temporary directory that shares a pod's lifetime)".to_owned());
        put("Medium", v.text("emptyDir.medium").to_owned());
        let limit = plain(v.at("emptyDir.sizeLimit"));
        put("SizeLimit", if limit.is_empty() || limit == "0" { "<unset>".to_owned() } else { limit });
    } else if v.has("configMap") {
        put("Type", "ConfigMap (a volume populated by a ConfigMap)".to_owned());
        put("Name", v.text("configMap.name").to_owned());
        put("Optional", optional(v.at("configMap")));
    } else if v.has("secret") {
        put("Type", "Secret (a volume populated by a Secret)".to_owned());
        put("SecretName", v.text("secret.secretName").to_owned());
        put("Optional", optional(v.at("secret")));
    } else if v.has("hostPath") {
        put("Type", "HostPath (bare host directory volume)".to_owned());
        put("Path", v.text("hostPath.path").to_owned());
        put("HostPathType", if v.has("hostPath.type") { v.text("hostPath.type").to_owned() } else { "<none>".to_owned() });
    } else if v.has("persistentVolumeClaim") {
        put("Type", "PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)".to_owned());
        put("ClaimName", v.text("persistentVolumeClaim.claimName").to_owned());
        put("ReadOnly", v.truth("persistentVolumeClaim.readOnly").to_string());
    } else if v.has("projected") {
        put("Type", "Projected (a volume that contains injected data from multiple sources)".to_owned());
        for s in v.list("projected.sources") {
            if s.has("secret") {
                put("SecretName", s.text("secret.name").to_owned());
                put("Optional", optional(s.at("secret")));
            } else if s.has("downwardAPI") {
                put("DownwardAPI", "true".to_owned());
            } else if s.has("configMap") {
                put("ConfigMapName", s.text("configMap.name").to_owned());
                put("Optional", optional(s.at("configMap")));
            } else if s.has("serviceAccountToken") {
                put("TokenExpirationSeconds", s.int("serviceAccountToken.expirationSeconds").to_string());
            }
        }
    } else if v.has("downwardAPI") {
        put("Type", "DownwardAPI (a volume populated by information about the pod)".to_owned());
        t.line(2, "Items:");
        for i in v.list("downwardAPI.items") {
            if i.has("fieldRef") {
                t.line(3, format_args!("{} -> {}", i.text("fieldRef.fieldPath"), i.text("path")));
            } else {
                t.line(3, format_args!("{} -> {}", i.text("resourceFieldRef.resource"), i.text("path")));
            }
        }
    } else if v.has("nfs") {
        put("Type", "NFS (an NFS mount that lasts the lifetime of a pod)".to_owned());
        put("Server", v.text("nfs.server").to_owned());
        put("Path", v.text("nfs.path").to_owned());
        put("ReadOnly", v.truth("nfs.readOnly").to_string());
    } else if v.has("local") {
        put("Type", "LocalVolume (a persistent volume backed by local storage on a node)".to_owned());
        put("Path", v.text("local.path").to_owned());
    } else if v.has("csi") {
        let x = v.at("csi");
        put("Type", "CSI (a Container Storage Interface (CSI) volume source)".to_owned());
        put("Driver", x.text("driver").to_owned());
        put("FSType", x.text("fsType").to_owned());
        put("ReadOnly", x.truth("readOnly").to_string());
        t.labels_within("    ", "VolumeAttributes", "\t", x.at("volumeAttributes"));
    } else if v.has("ephemeral") {
        let x = v.at("ephemeral.volumeClaimTemplate");
        put("Type", "EphemeralVolume (an inline specification for a volume that gets created and deleted with the pod)".to_owned());
        put("StorageClass", x.text("spec.storageClassName").to_owned());
        put("Volume", x.text("spec.volumeName").to_owned());
        t.labels_within("    ", "Labels", "\t", x.at("metadata.labels"));
        t.put("    ");
        t.annotations_titled("Annotations", x.at("metadata.annotations"));
        t.line(2, format_args!("Capacity:\t{}", plain(x.at("spec.resources.requests.storage"))));
        t.line(2, format_args!("Access Modes:\t{}", crate::printers::modes(x.list("spec.accessModes"))));
    } else if v.has("image") {
        put("Type", "Image (a container image or OCI artifact)".to_owned());
        put("Reference", v.text("image.reference").to_owned());
        put("PullPolicy", v.text("image.pullPolicy").to_owned());
    } else {
        t.line(2, "<unknown>");
    }
}

/// A Pod template with its tabs, as `rollout history --revision` prints it.
pub(crate) fn raw_template(template: &Value) -> String {
    let mut t = Text::default();
    pod::template(&mut t, template);
    t.raw()
}
