//! What the controllers do, seen through events and statuses. Images nobody knows are assumed to serve at once, so that
//! Pods become ready by themselves.

use podglass_cluster::{Action, Cluster, Propagation, Settings, SimTime};
use podglass_manifest::{Kind, Object, ObjectKey};
use serde_json::{Value, json};

struct Lab(Cluster);

impl Lab {
    fn new(yaml: &str) -> Lab {
        Lab::with(Settings::default(), yaml)
    }
    fn with(settings: Settings, yaml: &str) -> Lab {
        let mut lab = Lab(Cluster::new(Settings { images_present: true, ..settings }));
        lab.apply(yaml);
        lab
    }
    #[track_caller]
    fn apply(&mut self, yaml: &str) {
        let reading = podglass_manifest::read(yaml);
        assert!(!reading.has_errors(), "{:?}", reading.diagnostics);
        for object in reading.objects() {
            self.0.act(Action::Apply(object.clone())).expect("accepted");
        }
    }
    fn until(&mut self, seconds: f64) -> &mut Lab {
        let _ = self.0.advance_to(SimTime::from_secs_f64(seconds), u64::MAX);
        self
    }
    #[track_caller]
    fn edit(&mut self, kind: Kind, name: &str, change: impl FnOnce(&mut Value)) {
        let object = self.0.api().get(kind, "default", name).expect("there").clone();
        let mut json = object.to_json().expect("JSON");
        change(&mut json);
        let object = Object::from_json(kind, json).expect("an object");
        self.0.act(Action::Replace(object)).expect("accepted");
    }
    fn image(&mut self, kind: Kind, name: &str, image: &str) {
        self.edit(kind, name, |j| j["spec"]["template"]["spec"]["containers"][0]["image"] = json!(image));
    }
    fn delete(&mut self, kind: Kind, name: &str, propagation: Propagation) {
        let key = ObjectKey { kind, namespace: if kind.namespaced() { "default".into() } else { String::new() }, name: name.into() };
        self.0.act(Action::Delete { key, grace_period: None, propagation }).expect("deleted");
    }
    /// `message xCOUNT` of the events of a kind with one of these reasons, in order of creation. Generated names are
    /// numbered by the order in which they appear.
    fn events(&self, kind: &str, reasons: &[&str]) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        let mut all: Vec<_> = self.0.api().list(Kind::Event).filter_map(|o| if let Object::Event(e) = &**o { Some(e) } else { None }).collect();
        all.sort_by_key(|e| e.metadata.name.as_ref().and_then(|n| n.rsplit_once('.').map(|(_, t)| u64::from_str_radix(t, 16).unwrap_or(0))));
        let mut lines = Vec::new();
        for e in all.into_iter().filter(|e| e.involved_object.kind.as_deref() == Some(kind) && reasons.contains(&e.reason.as_deref().unwrap_or_default())) {
            let words: Vec<String> = e
                .message
                .as_deref()
                .unwrap_or_default()
                .split(' ')
                .map(|w| {
                    if !w.contains('-') || w.ends_with(|c: char| !c.is_ascii_alphanumeric()) {
                        return w.to_owned();
                    }
                    let n = names.iter().position(|n| n == w).unwrap_or_else(|| {
                        names.push(w.to_owned());
                        names.len() - 1
                    });
                    format!("#{}", n + 1)
                })
                .collect();
            lines.push(match e.count {
                Some(n) if n > 1 => format!("{} x{n}", words.join(" ")),
                _ => words.join(" "),
            });
        }
        lines
    }
    fn count(&self, kind: Kind) -> usize {
        self.0.api().list_in(kind, "default").count()
    }
    #[track_caller]
    fn status(&self, kind: Kind, name: &str) -> Value {
        self.0.api().get(kind, "default", name).expect("there").to_json().expect("JSON")["status"].clone()
    }
}

fn deployment(replicas: u32, strategy: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\nspec:\n  replicas: {replicas}\n  selector: {{matchLabels: {{app: web}}}}\n  strategy: {strategy}\n  template:\n    metadata: {{labels: {{app: web}}}}\n    spec:\n      containers: [{{name: web, image: 'some.example/one:1'}}]\n"
    )
}

#[track_caller]
fn rollout(replicas: u32, strategy: &str, expected: &[&str]) {
    let mut lab = Lab::new(&deployment(replicas, strategy));
    lab.until(20.0).image(Kind::Deployment, "web", "some.example/two:1");
    lab.until(120.0);
    let mut events = lab.events("Deployment", &["ScalingReplicaSet"]);
    assert_eq!(events.remove(0), format!("Scaled up replica set #1 from 0 to {replicas}"));
    assert_eq!(events, expected, "{replicas} {strategy}");
    let status = lab.status(Kind::Deployment, "web");
    assert_eq!((&status["availableReplicas"], &status["updatedReplicas"]), (&json!(replicas), &json!(replicas)));
}

#[test]
fn a_rolling_update_goes_within_surge_and_unavailability() {
    rollout(
        3,
        "{}",
        &[
            "Scaled up replica set #2 from 0 to 1",
            "Scaled down replica set #1 from 3 to 2",
            "Scaled up replica set #2 from 1 to 2",
            "Scaled down replica set #1 from 2 to 1",
            "Scaled up replica set #2 from 2 to 3",
            "Scaled down replica set #1 from 1 to 0",
        ],
    );
    rollout(
        3,
        "{rollingUpdate: {maxSurge: 0, maxUnavailable: 1}}",
        &[
            "Scaled down replica set #1 from 3 to 2",
            "Scaled up replica set #2 from 0 to 1",
            "Scaled down replica set #1 from 2 to 1",
            "Scaled up replica set #2 from 1 to 2",
            "Scaled down replica set #1 from 1 to 0",
            "Scaled up replica set #2 from 2 to 3",
        ],
    );
    rollout(1, "{}", &["Scaled up replica set #2 from 0 to 1", "Scaled down replica set #1 from 1 to 0"]);
}

#[test]
fn recreate_takes_all_away_before_anything_new_comes() {
    rollout(3, "{type: Recreate}", &["Scaled down replica set #1 from 3 to 0", "Scaled up replica set #2 from 0 to 3"]);
}

#[test]
fn a_new_size_and_a_new_template_at_once_resize_the_old_set_first() {
    let mut lab = Lab::new(&deployment(3, "{}"));
    lab.until(20.0).edit(Kind::Deployment, "web", |j| {
        j["spec"]["replicas"] = json!(5);
        j["spec"]["template"]["spec"]["containers"][0]["image"] = json!("some.example/two:1");
    });
    lab.until(21.0);
    assert_eq!(lab.events("Deployment", &["ScalingReplicaSet"])[1], "Scaled up replica set #1 from 3 to 5");
}

#[test]
fn going_back_reuses_the_old_replica_set_under_a_new_revision() {
    let mut lab = Lab::new(&deployment(2, "{}"));
    lab.until(20.0).image(Kind::Deployment, "web", "some.example/two:1");
    lab.until(40.0).image(Kind::Deployment, "web", "some.example/one:1");
    lab.until(60.0);
    assert_eq!(lab.count(Kind::ReplicaSet), 2);
    let revisions: Vec<_> = lab.0.api().list(Kind::ReplicaSet).map(|o| o.metadata().annotations.clone().unwrap_or_default()).collect();
    let revived = revisions.iter().find(|a| a["deployment.kubernetes.io/revision"] == "3").expect("revision 3");
    assert_eq!(revived["deployment.kubernetes.io/revision-history"], "1");
}

#[test]
fn a_paused_deployment_scales_but_does_not_roll() {
    let mut lab = Lab::new(&deployment(2, "{}"));
    lab.until(10.0).edit(Kind::Deployment, "web", |j| j["spec"]["paused"] = json!(true));
    lab.until(12.0).image(Kind::Deployment, "web", "some.example/two:1");
    lab.until(14.0).edit(Kind::Deployment, "web", |j| j["spec"]["replicas"] = json!(3));
    lab.until(20.0);
    assert_eq!(lab.count(Kind::ReplicaSet), 1);
    assert_eq!(lab.count(Kind::Pod), 3);
    lab.edit(Kind::Deployment, "web", |j| {
        j["spec"].as_object_mut().expect("a map").remove("paused");
    });
    lab.until(60.0);
    assert_eq!(lab.count(Kind::ReplicaSet), 2);
    assert_eq!(lab.status(Kind::Deployment, "web")["updatedReplicas"], 3);
}

#[test]
fn deleting_an_owner_takes_what_it_owns_with_it() {
    for (propagation, left) in [(Propagation::Background, 0), (Propagation::Foreground, 0), (Propagation::Orphan, 2)] {
        let mut lab = Lab::new(&deployment(2, "{}"));
        lab.until(10.0).delete(Kind::Deployment, "web", propagation);
        lab.until(60.0);
        assert_eq!((lab.count(Kind::Deployment), lab.count(Kind::ReplicaSet), lab.count(Kind::Pod)), (0, usize::from(left > 0), left), "{propagation:?}");
    }
}

#[test]
fn orphans_are_adopted_again() {
    let mut lab = Lab::new(&deployment(2, "{}"));
    lab.until(10.0).delete(Kind::Deployment, "web", Propagation::Orphan);
    let before: Vec<_> = lab.until(20.0).0.api().list(Kind::Pod).map(|o| o.uid().to_owned()).collect();
    lab.apply(&deployment(2, "{}"));
    lab.until(40.0);
    let after: Vec<_> = lab.0.api().list(Kind::Pod).map(|o| o.uid().to_owned()).collect();
    assert_eq!((before, lab.count(Kind::ReplicaSet)), (after, 1));
}

#[test]
fn a_deleted_pod_is_replaced_at_once() {
    let mut lab = Lab::new(&deployment(2, "{}"));
    let name = lab.until(10.0).0.api().list(Kind::Pod).next().expect("a Pod").name().to_owned();
    lab.delete(Kind::Pod, &name, Propagation::Background);
    lab.until(10.1);
    assert_eq!(lab.count(Kind::Pod), 3);
    lab.until(60.0);
    assert_eq!(lab.count(Kind::Pod), 2);
}

#[test]
fn too_many_replicas_end_with_a_message() {
    let mut lab = Lab::new(&deployment(1_000_000_000, "{}"));
    lab.until(8.0);
    let pods = lab.count(Kind::Pod);
    assert_eq!(pods, 12_000);
    let failures = lab.events("ReplicaSet", &["FailedCreate"]);
    assert!(failures[0].contains("the simulated cluster holds at most 12000 Pods"), "{failures:?}");
    let running = lab.0.api().list(Kind::Pod).filter(|o| o.to_json().is_ok_and(|j| j["spec"]["nodeName"].is_string())).count();
    assert_eq!(running, 200);
}

#[test]
fn services_get_addresses_and_endpoints() {
    let service = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {type: NodePort, selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}\n";
    let mut lab = Lab::new(service);
    lab.until(1.0);
    let slices = |lab: &Lab| -> Vec<Value> {
        lab.0.api().list_in(Kind::EndpointSlice, "default").filter(|o| o.name().starts_with("web-")).filter_map(|o| o.to_json().ok()).collect()
    };
    assert_eq!(slices(&lab).len(), 1);
    assert_eq!(slices(&lab)[0].get("endpoints").and_then(Value::as_array).map_or(0, Vec::len), 0);
    lab.apply(&deployment(2, "{}"));
    lab.until(10.0);
    let slice = slices(&lab).remove(0);
    assert_eq!(slice["endpoints"].as_array().map(Vec::len), Some(2));
    assert_eq!(slice["ports"], json!([{"name": "", "port": 8080, "protocol": "TCP"}]));
    let spec = lab.0.api().get(Kind::Service, "default", "web").expect("there").to_json().expect("JSON")["spec"].clone();
    assert!(spec["clusterIP"].as_str().is_some_and(|ip| ip.starts_with("10.96.")));
    assert!(spec["ports"][0]["nodePort"].as_i64().is_some_and(|p| (30_086..=32_767).contains(&p)));
}

#[test]
fn a_stateful_set_goes_in_order() {
    let set = "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db}\nspec:\n  serviceName: db\n  replicas: 3\n  selector: {matchLabels: {app: db}}\n  template:\n    metadata: {labels: {app: db}}\n    spec:\n      containers: [{name: db, image: 'some.example/db:1'}]\n";
    let mut lab = Lab::new(set);
    lab.until(20.0).edit(Kind::StatefulSet, "db", |j| j["spec"]["replicas"] = json!(1));
    lab.until(80.0);
    assert_eq!(
        lab.events("StatefulSet", &["SuccessfulCreate", "SuccessfulDelete"]),
        [
            "Create Pod #1 in StatefulSet db successful",
            "Create Pod #2 in StatefulSet db successful",
            "Create Pod #3 in StatefulSet db successful",
            "Delete Pod #3 in StatefulSet db successful",
            "Delete Pod #2 in StatefulSet db successful",
        ]
    );
    lab.image(Kind::StatefulSet, "db", "some.example/db:2");
    lab.until(160.0);
    let status = lab.status(Kind::StatefulSet, "db");
    assert_eq!(status["currentRevision"], status["updateRevision"]);
    assert_eq!(lab.count(Kind::ControllerRevision), 2);
}

#[test]
fn a_daemon_set_has_a_pod_on_every_node() {
    let set = "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: agent}\nspec:\n  selector: {matchLabels: {app: agent}}\n  template:\n    metadata: {labels: {app: agent}}\n    spec:\n      containers: [{name: agent, image: 'some.example/agent:1'}]\n";
    let mut lab = Lab::with(Settings { nodes: 3, ..Settings::default() }, set);
    lab.until(10.0);
    let mut nodes: Vec<String> = lab.0.api().list(Kind::Pod).filter_map(|o| o.to_json().ok()?["spec"]["nodeName"].as_str().map(str::to_owned)).collect();
    nodes.sort();
    assert_eq!(nodes, ["node-1", "node-2", "node-3"]);
    assert_eq!(lab.status(Kind::DaemonSet, "agent")["numberAvailable"], 3);
    lab.image(Kind::DaemonSet, "agent", "some.example/agent:2");
    lab.until(200.0);
    assert_eq!(lab.status(Kind::DaemonSet, "agent")["updatedNumberScheduled"], 3);
}

#[test]
fn a_namespace_is_filled_and_emptied() {
    let mut lab = Lab::new("apiVersion: v1\nkind: Namespace\nmetadata: {name: team}\n");
    lab.until(1.0).apply("apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: team}\nspec: {containers: [{name: c, image: 'some.example/c:1'}]}\n");
    lab.until(10.0);
    assert!(lab.0.api().get(Kind::ConfigMap, "team", "kube-root-ca.crt").is_some());
    lab.delete(Kind::Namespace, "team", Propagation::Background);
    lab.until(100.0);
    assert!(lab.0.api().get(Kind::Namespace, "", "team").is_none());
    assert!(lab.0.api().get(Kind::Pod, "team", "p").is_none());
}

#[test]
fn pods_that_fit_nowhere_say_why() {
    for (spec, message) in [
        (
            "containers: [{name: c, image: x, resources: {requests: {cpu: '64'}}}]",
            "0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.",
        ),
        (
            "nodeSelector: {disk: ssd}\n  containers: [{name: c, image: x}]",
            "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector. preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.",
        ),
        (
            "volumes: [{name: v, persistentVolumeClaim: {claimName: absent}}]\n  containers: [{name: c, image: x}]",
            "0/1 nodes are available: persistentvolumeclaim \"absent\" not found. not found",
        ),
    ] {
        let mut lab = Lab::new(&format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec:\n  {spec}\n"));
        lab.until(5.0);
        assert_eq!(lab.events("Pod", &["FailedScheduling"]), [message]);
    }
}

#[test]
fn two_runs_of_one_scenario_are_equal() {
    let run = || {
        let mut lab = Lab::new(&deployment(20, "{}"));
        lab.until(10.0).image(Kind::Deployment, "web", "some.example/two:1");
        lab.until(60.0);
        format!("{:?}", lab.0.api().journal().records())
    };
    assert_eq!(run(), run());
}

#[test]
fn limit_ranges_fill_in_and_quotas_refuse() {
    let mut lab = Lab::new(
        "apiVersion: v1\nkind: LimitRange\nmetadata: {name: limits}\nspec: {limits: [{type: Container, default: {memory: 256Mi}, defaultRequest: {memory: 128Mi}, max: {memory: 512Mi}}]}\n---\napiVersion: v1\nkind: ResourceQuota\nmetadata: {name: quota}\nspec: {hard: {pods: '2', requests.memory: 200Mi}}\n",
    );
    lab.apply("apiVersion: v1\nkind: Pod\nmetadata: {name: one}\nspec: {containers: [{name: c, image: x}]}\n");
    let pod = lab.0.api().get(Kind::Pod, "default", "one").expect("there").to_json().expect("JSON");
    assert_eq!(pod["spec"]["containers"][0]["resources"], json!({"limits": {"memory": "256Mi"}, "requests": {"memory": "128Mi"}}));
    assert_eq!(
        pod["metadata"]["annotations"]["kubernetes.io/limit-ranger"],
        "LimitRanger plugin set: memory request for container c; memory limit for container c"
    );
    let mut refused = |name: &str, memory: &str| {
        let yaml = format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}}}\nspec: {{containers: [{{name: c, image: x, resources: {{limits: {{memory: {memory}}}}}}}]}}\n"
        );
        let object = podglass_manifest::read(&yaml).objects().next().expect("a Pod").clone();
        lab.0.act(Action::Apply(object)).map(|_| ()).expect_err("refused").message
    };
    assert_eq!(
        refused("two", "100Mi"),
        "pods \"two\" is forbidden: exceeded quota: quota, requested: requests.memory=100Mi, used: requests.memory=128Mi, limited: requests.memory=200Mi"
    );
    assert_eq!(refused("three", "1Gi"), "pods \"three\" is forbidden: maximum memory usage per Container is 512Mi, but limit is 1Gi");
    lab.until(5.0);
    assert_eq!(lab.status(Kind::ResourceQuota, "quota")["used"], json!({"pods": "1", "requests.memory": "128Mi"}));
}

#[test]
fn a_failing_job_backs_off_and_gives_up() {
    let job = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: fails}\nspec:\n  backoffLimit: 1\n  template:\n    spec:\n      restartPolicy: Never\n      containers: [{name: c, image: 'busybox:1.36', command: [sh, -c, 'exit 3']}]\n";
    let mut lab = Lab::new(job);
    lab.until(60.0);
    let status = lab.status(Kind::Job, "fails");
    assert_eq!(status["failed"], 2);
    let kinds: Vec<_> = status["conditions"].as_array().expect("conditions").iter().map(|c| (c["type"].clone(), c["reason"].clone())).collect();
    assert_eq!(kinds, [(json!("FailureTarget"), json!("BackoffLimitExceeded")), (json!("Failed"), json!("BackoffLimitExceeded"))]);
}

#[test]
fn a_cron_job_makes_a_job_every_minute_and_keeps_three() {
    let cron = "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: tick}\nspec:\n  schedule: '* * * * *'\n  jobTemplate:\n    spec:\n      template:\n        spec:\n          restartPolicy: Never\n          containers: [{name: c, image: 'busybox:1.36', command: [sh, -c, 'echo tick']}]\n";
    let mut lab = Lab::new(cron);
    lab.until(331.0);
    assert_eq!(lab.count(Kind::Job), 3);
    assert_eq!(lab.events("CronJob", &["SuccessfulCreate"]).len(), 5);
}
