//! QoS classes and effective requests.

use super::{Case, cases};
use crate::kubelet::resources::{effective_requests, qos_class};
use crate::kubelet::staircase::stairs;
use k8s_openapi::api::core::v1::{Container, Pod, PodSpec, ResourceRequirements};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;

fn container(words: &str) -> (bool, Container) {
    let mut parts = words.split_whitespace();
    let kind = parts.next().expect("a kind");
    let mut r = ResourceRequirements::default();
    for p in parts {
        let (which, amount) = p.split_at(2);
        let (key, unit) = if which.ends_with('c') { ("cpu", "m") } else { ("memory", "Mi") };
        let list = if which.starts_with('r') { &mut r.requests } else { &mut r.limits };
        list.get_or_insert_default().insert(key.into(), Quantity(format!("{amount}{unit}")));
    }
    let restart_policy = (kind == "s").then(|| "Always".to_owned());
    (kind != "a", Container { restart_policy, resources: Some(r), ..Container::default() })
}

fn check(case: &Case) {
    let mut spec = PodSpec::default();
    for words in case.list("containers") {
        let (init, c) = container(&words);
        if init { spec.init_containers.get_or_insert_default().push(c) } else { spec.containers.push(c) }
    }
    if case.has("overhead") {
        spec.overhead = Some([("cpu".to_owned(), Quantity(format!("{}m", case.text("overhead"))))].into());
    }
    if case.has("cpu") {
        assert_eq!(effective_requests(&spec).get("cpu").map(ToString::to_string), Some(case.text("cpu")));
    }
    if case.has("stairs") {
        let steps: Vec<String> = stairs(&spec).iter().map(|s| s.sum.get("cpu").copied().unwrap_or(0).to_string()).collect();
        assert_eq!(steps, case.list("stairs"));
    }
    // The highest step is what the scheduler counts.
    for (name, amount) in effective_requests(&spec) {
        assert_eq!(stairs(&spec).iter().filter_map(|s| s.sum.get(&name)).max(), Some(&amount), "{name}");
    }
    if case.has("qos") {
        assert_eq!(qos_class(&Pod { spec: Some(spec), ..Pod::default() }), case.text("qos"));
    }
}

cases! { "resources.yaml", check:
    v88_no_resources
    v89_limits_only
    v90_one_of_two_containers
    v91_only_a_cpu_limit
    v92_init_containers_count
    v93_the_init_container_asks_for_more
    v94_a_sidecar_before_the_init_container
    v95_a_sidecar_after_the_init_container
    v96_overhead_comes_on_top
    stairs_of_init_containers_between_sidecars
}
