//! What is in a cluster before anybody does anything: namespaces, nodes, default accounts, the API's Service.

use crate::{ApiServer, Settings};
use podglass_manifest::{Kind, Object};
use serde_json::{Value, json};

/// The namespaces of a new cluster.
const NAMESPACES: [&str; 4] = ["default", "kube-node-lease", "kube-public", "kube-system"];

/// Puts the objects of a new cluster into the store.
pub(crate) fn populate(api: &mut ApiServer) {
    let settings = api.settings().clone();
    for name in NAMESPACES {
        put(
            api,
            Kind::Namespace,
            json!({"metadata": {"name": name, "labels": {"kubernetes.io/metadata.name": name}}, "spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"}}),
        );
    }
    for index in 0..settings.nodes {
        put(api, Kind::Node, node(&settings, index, &api.timestamp()));
    }
    for name in NAMESPACES {
        put(api, Kind::ServiceAccount, json!({"metadata": {"name": "default", "namespace": name}}));
        put(api, Kind::ConfigMap, root_ca(name));
    }
    put(
        api,
        Kind::Service,
        json!({"metadata": {"name": "kubernetes", "namespace": "default", "labels": {"component": "apiserver", "provider": "kubernetes"}},
            "spec": {"clusterIP": "10.96.0.1", "clusterIPs": ["10.96.0.1"], "internalTrafficPolicy": "Cluster", "ipFamilies": ["IPv4"], "ipFamilyPolicy": "SingleStack",
                "ports": [{"name": "https", "port": 443, "protocol": "TCP", "targetPort": 6443}], "sessionAffinity": "None", "type": "ClusterIP"}, "status": {"loadBalancer": {}}}),
    );
    // The API server writes its own address behind its Service.
    let address = node_ip(0).to_string();
    put(
        api,
        Kind::Endpoints,
        json!({"metadata": {"name": "kubernetes", "namespace": "default", "labels": {"endpointslice.kubernetes.io/skip-mirror": "true"}},
        "subsets": [{"addresses": [{"ip": address}], "ports": [{"name": "https", "port": 6443, "protocol": "TCP"}]}]}),
    );
    put(
        api,
        Kind::EndpointSlice,
        json!({"metadata": {"name": "kubernetes", "namespace": "default", "labels": {"kubernetes.io/service-name": "kubernetes"}},
        "addressType": "IPv4", "endpoints": [{"addresses": [address], "conditions": {"ready": true}}], "ports": [{"name": "https", "port": 6443, "protocol": "TCP"}]}),
    );
}

/// The ConfigMap with the cluster's root certificate that every namespace has.
pub(crate) fn root_ca(namespace: &str) -> Value {
    json!({"metadata": {"name": "kube-root-ca.crt", "namespace": namespace,
        "annotations": {"kubernetes.io/description": "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters."}},
        "data": {"ca.crt": "-----BEGIN CERTIFICATE-----\nUG9kZ2xhc3Mgcm9vdCBjZXJ0aWZpY2F0ZTogbm90IGEgcmVhbCBvbmUu\n-----END CERTIFICATE-----\n"}})
}

/// The address of a node.
pub(crate) fn node_ip(index: u32) -> std::net::Ipv4Addr {
    std::net::Ipv4Addr::new(192, 168, 77, (2 + index).min(254) as u8)
}

fn put(api: &mut ApiServer, kind: Kind, json: Value) {
    let object = Object::from_json(kind, json);
    debug_assert!(object.is_ok(), "an object of the cluster's birth has a wrong type: {object:?}");
    if let Ok(object) = object {
        let created = api.create(object, None);
        debug_assert!(created.is_ok());
    }
}

fn node(settings: &Settings, index: u32, now: &k8s_openapi::apimachinery::pkg::apis::meta::v1::Time) -> Value {
    let name = format!("node-{}", index + 1);
    let stamp = serde_json::to_value(now).unwrap_or_default();
    let cpu = if settings.node_milli_cpu.is_multiple_of(1000) { (settings.node_milli_cpu / 1000).to_string() } else { format!("{}m", settings.node_milli_cpu) };
    let memory = |bytes: u64| if bytes.is_multiple_of(1024) { format!("{}Ki", bytes / 1024) } else { bytes.to_string() };
    let size = |m: u64| json!({"cpu": cpu, "ephemeral-storage": "51475068Ki", "hugepages-1Gi": "0", "hugepages-2Mi": "0", "memory": memory(m), "pods": settings.node_pods.to_string()});
    let condition = |kind: &str, status: &str, reason: &str, message: &str| json!({"type": kind, "status": status, "lastHeartbeatTime": stamp, "lastTransitionTime": stamp, "reason": reason, "message": message});
    json!({
        "metadata": {"name": name,
            "labels": {"beta.kubernetes.io/arch": "amd64", "beta.kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64", "kubernetes.io/hostname": name, "kubernetes.io/os": "linux"},
            "annotations": {"node.alpha.kubernetes.io/ttl": "0", "volumes.kubernetes.io/controller-managed-attach-detach": "true"}},
        "spec": {"podCIDR": format!("10.244.{index}.0/24"), "podCIDRs": [format!("10.244.{index}.0/24")]},
        "status": {
            "capacity": size(settings.node_memory + 100 * 1024 * 1024), "allocatable": size(settings.node_memory),
            "conditions": [
                condition("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
                condition("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
                condition("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
                condition("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
            ],
            "addresses": [{"type": "InternalIP", "address": node_ip(index).to_string()}, {"type": "Hostname", "address": name}],
            "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}},
            "nodeInfo": {"machineID": "0123456789abcdef0123456789abcdef", "systemUUID": "0123456789abcdef0123456789abcdef", "bootID": "00000000-1111-2222-3333-444444444444",
                "kernelVersion": "6.12.43", "osImage": "Debian GNU/Linux 12 (bookworm)", "containerRuntimeVersion": "containerd://2.2.1", "kubeletVersion": "v1.37.1",
                "kubeProxyVersion": "", "operatingSystem": "linux", "architecture": "amd64"},
        }
    })
}
