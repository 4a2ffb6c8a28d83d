//! The environment of a container (follows `makeEnvironmentVariables` in pkg/kubelet/kubelet_pods.go and
//! pkg/kubelet/envvars).

use super::expand::expand;
use super::resources;
use crate::ApiServer;
use k8s_openapi::api::core::v1::{Container, Pod, ResourceFieldSelector, Service};
use podglass_manifest::{Kind, Object};
use std::collections::BTreeMap;
use std::net::Ipv4Addr;

/// Variables in the order of their first declaration.
#[derive(Clone, Debug, Default)]
pub(crate) struct Variables {
    list: Vec<(String, String)>,
    place: BTreeMap<String, usize>,
}

impl Variables {
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.list.get(*self.place.get(name)?).map(|(_, v)| v.as_str())
    }
    pub(crate) fn set(&mut self, name: String, value: String) {
        if let Some(slot) = self.place.get(&name).and_then(|i| self.list.get_mut(*i)) {
            slot.1 = value;
        } else {
            self.place.insert(name.clone(), self.list.len());
            self.list.push((name, value));
        }
    }
    pub(crate) fn into_list(self) -> Vec<(String, String)> {
        self.list
    }
}

/// What fields of the Pod are known when a container is made.
#[derive(Clone, Copy)]
pub(crate) struct Facts<'a> {
    pub(crate) pod: &'a Pod,
    pub(crate) pod_ip: Ipv4Addr,
    pub(crate) node_ip: Ipv4Addr,
}

/// Looks a file of a volume up: its path on the node, and what is in it; `None` where there is no such volume.
pub(crate) type EnvFiles<'a> = &'a dyn Fn(&str, &str) -> Option<(String, Option<Vec<u8>>)>;

/// The value of a key in an env file, empty where it is not there; `None` where the file is no env file: every value
/// stands in single quotes, right after the `=` (follows pkg/kubelet/util/env).
fn env_file(text: &str, key: &str) -> Option<String> {
    let mut rest = text;
    let mut value = String::new();
    while !rest.is_empty() {
        let line = rest.lines().next().unwrap_or_default().trim();
        if line.is_empty() || line.starts_with('#') {
            rest = rest.split_once('\n').map_or("", |(_, r)| r);
            continue;
        }
        let (name, after) = rest.split_once('=')?;
        let name = name.trim_start();
        let (text, after) = after.strip_prefix('\'')?.split_once('\'')?;
        let (tail, next) = after.split_once('\n').unwrap_or((after, ""));
        if name.is_empty() || name.contains(char::is_whitespace) || !(tail.trim().is_empty() || tail.trim_start().starts_with('#')) {
            return None;
        }
        if name == key {
            text.clone_into(&mut value);
        }
        rest = next;
    }
    Some(value)
}

/// The environment of a container, or why it cannot be made (the message of `CreateContainerConfigError`).
pub(crate) fn environment(api: &ApiServer, facts: Facts<'_>, container: &Container, files: EnvFiles<'_>) -> Result<Variables, String> {
    let namespace = facts.pod.metadata.namespace.as_deref().unwrap_or_default();
    let links = facts.pod.spec.as_ref().and_then(|s| s.enable_service_links).unwrap_or(true);
    let services = service_variables(api, namespace, links);
    let mut vars = Variables::default();

    for source in container.env_from.iter().flatten() {
        let prefix = source.prefix.as_deref().unwrap_or_default();
        if let Some(r) = &source.config_map_ref {
            match api.get(Kind::ConfigMap, namespace, &r.name).map(|o| &**o) {
                Some(Object::ConfigMap(map)) => {
                    for (k, v) in map.data.iter().flatten() {
                        vars.set(format!("{prefix}{k}"), v.clone());
                    }
                }
                _ if r.optional == Some(true) => {}
                _ => return Err(format!("configmap {:?} not found", r.name)),
            }
        } else if let Some(r) = &source.secret_ref {
            match api.get(Kind::Secret, namespace, &r.name).map(|o| &**o) {
                Some(Object::Secret(secret)) => {
                    for (k, v) in secret.data.iter().flatten() {
                        vars.set(format!("{prefix}{k}"), String::from_utf8_lossy(&v.0).into_owned());
                    }
                }
                _ if r.optional == Some(true) => {}
                _ => return Err(format!("secret {:?} not found", r.name)),
            }
        }
    }

    for var in container.env.iter().flatten() {
        let mut value = String::new();
        if let Some(text) = var.value.as_deref().filter(|v| !v.is_empty()) {
            let lookup = |name: &str| vars.get(name).or_else(|| services.get(name)).map(str::to_owned);
            value = expand(text, &lookup, &mut Vec::new());
        } else if let Some(from) = &var.value_from {
            if let Some(f) = &from.field_ref {
                value = field(facts, &f.field_path).ok_or_else(|| format!("unsupported fieldPath: {}", f.field_path))?;
            } else if let Some(r) = &from.resource_field_ref {
                value = resource_field(api, facts.pod, &container.name, r)?;
            } else if let Some(r) = &from.config_map_key_ref {
                let found = match api.get(Kind::ConfigMap, namespace, &r.name).map(|o| &**o) {
                    Some(Object::ConfigMap(map)) => Some(map.data.as_ref().and_then(|d| d.get(&r.key)).cloned()),
                    _ => None,
                };
                match found {
                    Some(Some(v)) => value = v,
                    _ if r.optional == Some(true) => continue,
                    None => return Err(format!("configmap {:?} not found", r.name)),
                    Some(None) => return Err(format!("couldn't find key {} in ConfigMap {namespace}/{}", r.key, r.name)),
                }
            } else if let Some(r) = &from.secret_key_ref {
                let found = match api.get(Kind::Secret, namespace, &r.name).map(|o| &**o) {
                    Some(Object::Secret(secret)) => Some(secret.data.as_ref().and_then(|d| d.get(&r.key)).map(|v| String::from_utf8_lossy(&v.0).into_owned())),
                    _ => None,
                };
                match found {
                    Some(Some(v)) => value = v,
                    _ if r.optional == Some(true) => continue,
                    None => return Err(format!("secret {:?} not found", r.name)),
                    Some(None) => return Err(format!("couldn't find key {} in Secret {namespace}/{}", r.key, r.name)),
                }
            } else if let Some(r) = &from.file_key_ref {
                let (path, file) =
                    files(&r.volume_name, &r.path).ok_or_else(|| format!("cannot find the volume {:?} referenced by FileKeyRef", r.volume_name))?;
                let found = file.and_then(|f| env_file(&String::from_utf8_lossy(&f), &r.key)).ok_or("couldn't parse env file")?;
                if found.is_empty() {
                    if r.optional == Some(true) {
                        continue;
                    }
                    return Err(format!("environment variable key {:?} not found in file {path:?}", r.key));
                }
                value = found;
            }
        }
        vars.set(var.name.clone(), value);
    }

    for (name, value) in services.into_list() {
        if vars.get(&name).is_none() {
            vars.set(name, value);
        }
    }
    Ok(vars)
}

/// A field of the Pod for `fieldRef`; `None` where the path is not supported.
pub(crate) fn field(facts: Facts<'_>, path: &str) -> Option<String> {
    let m = &facts.pod.metadata;
    let keyed = |prefix: &str| path.strip_prefix(prefix).and_then(|r| r.strip_suffix("']"));
    if let Some(key) = keyed("metadata.labels['") {
        return Some(m.labels.as_ref().and_then(|l| l.get(key)).cloned().unwrap_or_default());
    }
    if let Some(key) = keyed("metadata.annotations['") {
        return Some(m.annotations.as_ref().and_then(|l| l.get(key)).cloned().unwrap_or_default());
    }
    let spec = facts.pod.spec.as_ref();
    let text = |t: &Option<String>| Some(t.clone().unwrap_or_default());
    let all = |map: &Option<BTreeMap<String, String>>| Some(map.iter().flatten().map(|(k, v)| format!("{k}={v:?}")).collect::<Vec<_>>().join("\n"));
    match path {
        "metadata.name" => text(&m.name),
        "metadata.namespace" => text(&m.namespace),
        "metadata.uid" => text(&m.uid),
        "metadata.labels" => all(&m.labels),
        "metadata.annotations" => all(&m.annotations),
        "spec.nodeName" => text(&spec?.node_name),
        "spec.serviceAccountName" => text(&spec?.service_account_name),
        "status.hostIP" | "status.hostIPs" => Some(facts.node_ip.to_string()),
        "status.podIP" | "status.podIPs" => Some(facts.pod_ip.to_string()),
        _ => None,
    }
}

/// A resource amount for `resourceFieldRef`, rounded up to the divisor.
pub(crate) fn resource_field(api: &ApiServer, pod: &Pod, own: &str, r: &ResourceFieldSelector) -> Result<String, String> {
    let spec = pod.spec.as_ref();
    let name = r.container_name.as_deref().filter(|n| !n.is_empty()).unwrap_or(own);
    let mut all = spec.into_iter().flat_map(|s| s.containers.iter().chain(s.init_containers.iter().flatten()));
    let container = all.find(|c| c.name == name).ok_or_else(|| format!("container {name} not found"))?;
    let (list, resource) = r.resource.split_once('.').ok_or_else(|| format!("unsupported container resource : {}", r.resource))?;
    let amount = |limits: bool| {
        let own = container.resources.as_ref();
        let list = if limits { own.and_then(|r| r.limits.as_ref()) } else { own.and_then(|r| r.requests.as_ref()) };
        list.and_then(|l| l.get(resource)).and_then(resources::milli)
    };
    let node = match resource {
        "cpu" => i128::from(api.settings().node_milli_cpu),
        "memory" => i128::from(api.settings().node_memory) * 1000,
        "ephemeral-storage" => 51_475_068i128 * 1024 * 1000,
        _ => 0,
    };
    let value = if list == "limits" { amount(true).filter(|v| *v > 0).unwrap_or(node) } else { amount(false).or_else(|| amount(true)).unwrap_or(0) };
    let divisor = r.divisor.as_ref().and_then(resources::milli).filter(|d| *d > 0).unwrap_or(1000);
    Ok((value.div_euclid(divisor) + i128::from(value.rem_euclid(divisor) != 0)).to_string())
}

/// Variables of the Services of the namespace (`getServiceEnvVarMap`), and of the API's own one.
fn service_variables(api: &ApiServer, namespace: &str, links: bool) -> Variables {
    let mut vars = Variables::default();
    let mut add = |object: &Object| {
        if let Object::Service(s) = object {
            one_service(s, &mut vars);
        }
    };
    if let Some(master) = api.get(Kind::Service, "default", "kubernetes").filter(|_| namespace != "default" || !links) {
        add(master);
    }
    if links {
        api.list_in(Kind::Service, namespace).for_each(|s| add(s));
    }
    vars
}

/// The variables of one Service (`FromServices` of pkg/kubelet/envvars/envvars.go).
pub(super) fn one_service(service: &Service, vars: &mut Variables) {
    let Some(spec) = &service.spec else { return };
    let ip = spec.cluster_ip.as_deref().unwrap_or_default();
    let ports = spec.ports.as_deref().unwrap_or_default();
    let Some(first) = ports.first().filter(|_| !ip.is_empty() && ip != "None") else { return };
    let upper = |t: &str| t.to_uppercase().replace('-', "_");
    let name = upper(service.metadata.name.as_deref().unwrap_or_default());
    vars.set(format!("{name}_SERVICE_HOST"), ip.to_owned());
    vars.set(format!("{name}_SERVICE_PORT"), first.port.to_string());
    for p in ports {
        if let Some(port_name) = p.name.as_deref().filter(|n| !n.is_empty()) {
            vars.set(format!("{name}_SERVICE_PORT_{}", upper(port_name)), p.port.to_string());
        }
    }
    for (i, p) in ports.iter().enumerate() {
        let protocol = p.protocol.as_deref().unwrap_or("TCP");
        let low = protocol.to_lowercase();
        let url = format!("{low}://{ip}:{}", p.port);
        if i == 0 {
            vars.set(format!("{name}_PORT"), url.clone());
        }
        let prefix = format!("{name}_PORT_{}_{}", p.port, protocol.to_uppercase());
        vars.set(prefix.clone(), url);
        vars.set(format!("{prefix}_PROTO"), low);
        vars.set(format!("{prefix}_PORT"), p.port.to_string());
        vars.set(format!("{prefix}_ADDR"), ip.to_owned());
    }
}
