//! `TestFromServices` and the order of variables: the environment a container gets.

use super::{Case, cases};
use crate::kubelet::environment::{Facts, Variables, environment, one_service};
use crate::{Cluster, Settings};
use k8s_openapi::api::core::v1::{Container, EnvVar, Pod, PodSpec, Service, ServicePort, ServiceSpec};
use std::net::Ipv4Addr;

/// The Service of a case. It is not sent through the API server, which refuses some names of the vectors.
fn service(case: &Case) -> Service {
    let port = |text: String| {
        let parts: Vec<&str> = text.split('/').collect();
        let port = parts[0].parse().expect("a port");
        ServicePort { port, protocol: Some(parts[1].into()), name: parts.get(2).map(|n| (*n).into()), ..ServicePort::default() }
    };
    let spec = ServiceSpec { cluster_ip: Some(case.text("ip")), ports: Some(case.list("ports").into_iter().map(port).collect()), ..ServiceSpec::default() };
    let mut service = Service { spec: Some(spec), ..Service::default() };
    service.metadata.name = Some(case.text("name"));
    service
}

fn of_container(case: &Case) -> Variables {
    let cluster = Cluster::new(Settings::default());
    let env =
        case.list("env").iter().filter_map(|e| e.split_once('=').map(|(n, v)| EnvVar { name: n.into(), value: Some(v.into()), ..EnvVar::default() })).collect();
    let container = Container { name: "c".into(), env: Some(env), ..Container::default() };
    let mut pod = Pod { spec: Some(PodSpec { containers: vec![container.clone()], ..PodSpec::default() }), ..Pod::default() };
    pod.metadata.namespace = Some("default".into());
    environment(cluster.api(), Facts { pod: &pod, pod_ip: Ipv4Addr::LOCALHOST, node_ip: Ipv4Addr::LOCALHOST }, &container, &|_, _| None)
        .expect("an environment")
}

fn check(case: &Case) {
    let vars = match case.0.get("service") {
        Some(s) => {
            let mut vars = Variables::default();
            one_service(&service(&Case(s.clone())), &mut vars);
            vars
        }
        None => of_container(case),
    };
    let got: Vec<String> = vars.into_list().into_iter().filter(|(k, _)| !k.starts_with("KUBERNETES_")).map(|(k, v)| format!("{k}={v}")).collect();
    if case.has("contains") {
        for wanted in case.list("contains") {
            assert!(got.contains(&wanted), "{wanted} in {got:?}");
        }
    } else {
        assert_eq!(got, case.list("expect"));
    }
}

cases! { "environment.yaml", check:
    sequential
    reverse
    unnamed_port
    named_ports
    first_port_without_a_name
    headless
}
