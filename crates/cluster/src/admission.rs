//! What the API server does to an object before it is stored: checks of the namespace, admission plug-ins, status reset.
//!
//! Follows the default plug-ins of the kube-apiserver: NamespaceLifecycle, ServiceAccount, Priority, DefaultTolerationSeconds.

use crate::api_server::{bump_generation, resource_name};
use crate::{ApiServer, Cause, Refusal, controllers};
use k8s_openapi::api::core::v1::{
    ConfigMapProjection, DownwardAPIProjection, DownwardAPIVolumeFile, KeyToPath, ObjectFieldSelector, Pod, PodStatus, ProjectedVolumeSource,
    ServiceAccountTokenProjection, Toleration, Volume, VolumeMount, VolumeProjection,
};
use podglass_manifest::field::FieldError;
use podglass_manifest::resource::Resource;
use podglass_manifest::server::Status;
use podglass_manifest::{Kind, Object, OtherObject, decode_json, defaults, validate};
use std::rc::Rc;

/// Where the token of the ServiceAccount is mounted.
const TOKEN_PATH: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

impl ApiServer {
    /// Creates an object the way a controller does, from a template that was validated: defaults, admission, store.
    ///
    /// # Errors
    /// With the API server's words.
    pub(crate) fn submit(&mut self, object: Object, cause: Cause) -> Result<Rc<Object>, Refusal> {
        self.submit_as(object, cause, false)
    }

    /// Creates an object the way a user does: defaults, admission, validation, store.
    ///
    /// # Errors
    /// With the API server's words.
    pub(crate) fn submit_checked(&mut self, object: Object, cause: Cause) -> Result<Rc<Object>, Refusal> {
        self.submit_as(object, cause, true)
    }

    fn submit_as(&mut self, mut object: Object, cause: Cause, check: bool) -> Result<Rc<Object>, Refusal> {
        self.place(&mut object)?;
        if object.metadata().name.as_deref().unwrap_or_default().is_empty()
            && let Some(base) = object.metadata().generate_name.clone()
        {
            // A name that is taken is drawn again, as the API server does (up to eight times).
            let base: String = base.chars().take(58).collect();
            for _ in 0..8 {
                object.metadata_mut().name = Some(format!("{base}{}", self.suffix()));
                if self.find(&object.key()).is_none() {
                    break;
                }
            }
        }
        let key = object.key();
        if self.find(&key).is_some() {
            return Err(Refusal { reason: "AlreadyExists", message: format!("{} {:?} already exists", resource_name(key.kind), key.object_name()) });
        }
        prepare_metadata(&mut object);
        self.defaults(&mut object);
        if let Object::Pod(pod) = &mut object {
            pod.status = None;
            self.admit_pod(pod)?;
        }
        if check {
            valid(&object, &validate::create(&object))?;
        }
        controllers::admit(self, &mut object, None)?;
        if let Object::Pod(pod) = &mut object {
            let qos = crate::kubelet::resources::qos_class(pod).to_owned();
            pod.status = Some(PodStatus { phase: Some("Pending".into()), qos_class: Some(qos), ..PodStatus::default() });
            crate::scheduler::gate(pod, self.timestamp());
        }
        self.create(object, cause)
    }

    /// Replaces an object the way a client's update does: server-owned metadata and the status stay as they are,
    /// a changed spec raises the generation.
    ///
    /// # Errors
    /// With the API server's words.
    pub(crate) fn replace(&mut self, mut object: Object, cause: Cause) -> Result<Rc<Object>, Refusal> {
        self.place(&mut object)?;
        let key = object.key();
        let before = self.find(&key).cloned().ok_or_else(|| Refusal::not_found(&key))?;
        let (old, new) = (before.metadata().clone(), object.metadata_mut());
        new.uid = old.uid;
        new.creation_timestamp = old.creation_timestamp;
        new.resource_version = old.resource_version;
        new.generation = old.generation;
        new.deletion_timestamp = old.deletion_timestamp;
        new.deletion_grace_period_seconds = old.deletion_grace_period_seconds;
        new.generate_name = new.generate_name.take().or(old.generate_name);
        self.defaults(&mut object);
        keep_status(&mut object, &before);
        valid(&object, &validate::update(&object, &before))?;
        controllers::admit(self, &mut object, Some(&before))?;
        if spec_differs(&before, &object) {
            bump_generation(&mut object);
        }
        self.update(&key, cause, |slot| *slot = object)
    }

    /// Replaces one part of an object through a subresource.
    ///
    /// # Errors
    /// With the API server's words.
    pub(crate) fn replace_part(&mut self, mut object: Object, part: &str, cause: Cause) -> Result<Rc<Object>, Refusal> {
        if !matches!(part, "status" | "resize" | "ephemeralcontainers") {
            return self.replace(object, cause);
        }
        self.place(&mut object)?;
        let key = object.key();
        let before = self.find(&key).cloned().ok_or_else(|| Refusal::not_found(&key))?;
        let mut after = (*before).clone();
        match (part, &mut after, &object) {
            ("resize", Object::Pod(to), Object::Pod(from)) => {
                let (Some(to), Some(from)) = (&mut to.spec, &from.spec) else { return Ok(before) };
                let all = to.init_containers.iter_mut().flatten().chain(&mut to.containers);
                for (c, new) in all.zip(from.init_containers.iter().flatten().chain(&from.containers)) {
                    c.resources.clone_from(&new.resources);
                }
                to.resources.clone_from(&from.resources);
            }
            ("ephemeralcontainers", Object::Pod(to), Object::Pod(from)) => {
                let (Some(to), Some(from)) = (&mut to.spec, &from.spec) else { return Ok(before) };
                to.ephemeral_containers.clone_from(&from.ephemeral_containers);
            }
            _ => keep_status(&mut after, &object),
        }
        self.defaults(&mut after);
        if spec_differs(&before, &after) {
            bump_generation(&mut after);
        }
        self.update(&key, cause, |slot| *slot = after)
    }

    /// Whether an object stands in a namespace; a CustomResourceDefinition says it for its instances.
    fn in_a_namespace(&self, object: &Object) -> bool {
        if let Object::Other(other) = object {
            for o in self.list(Kind::CustomResourceDefinition) {
                if let Object::CustomResourceDefinition(d) = &**o
                    && d.at(&["spec", "names", "kind"]).as_str() == Some(&other.kind)
                    && d.at(&["spec", "group"]).as_str() == Some(other.group())
                {
                    return d.at(&["spec", "scope"]).as_str() == Some("Namespaced");
                }
            }
        }
        object.namespaced()
    }

    /// Gives a namespaced object its namespace, and checks that it exists.
    fn place(&self, object: &mut Object) -> Result<(), Refusal> {
        let kind = object.kind();
        if !self.in_a_namespace(object) {
            object.metadata_mut().namespace = None;
            return Ok(());
        }
        let namespace = object.metadata_mut().namespace.get_or_insert_with(|| "default".into()).clone();
        match self.get(Kind::Namespace, "", &namespace) {
            None => Err(Refusal { reason: "NotFound", message: format!("namespaces {namespace:?} not found") }),
            Some(n) if n.metadata().deletion_timestamp.is_some() && self.find(&object.key()).is_none() => Err(Refusal {
                reason: "Forbidden",
                message: format!(
                    "{} {:?} is forbidden: unable to create new content in namespace {namespace} because it is being terminated",
                    resource_name(kind),
                    object.name()
                ),
            }),
            Some(_) => Ok(()),
        }
    }

    /// The defaults of the kind. Pods come in many copies of one spec: the last one is remembered.
    fn defaults(&mut self, object: &mut Object) {
        if let Object::Secret(secret) = object {
            // `stringData` is only a way to write `data`.
            for (key, text) in secret.string_data.take().into_iter().flatten() {
                secret.data.get_or_insert_default().insert(key, k8s_openapi::ByteString(text.into_bytes()));
            }
        }
        let Object::Pod(pod) = object else {
            defaults::apply(object);
            return;
        };
        if let Some((before, after)) = self.last_defaults.as_deref()
            && pod.spec.as_ref() == Some(before)
        {
            pod.spec = Some(after.clone());
            return;
        }
        let before = pod.spec.clone();
        defaults::apply(object);
        if let (Some(before), Object::Pod(pod)) = (before, object)
            && let Some(after) = pod.spec.clone()
        {
            self.last_defaults = Some(Rc::new((before, after)));
        }
    }

    /// The plug-ins that change Pods.
    fn admit_pod(&mut self, pod: &mut Pod) -> Result<(), Refusal> {
        let name = pod.metadata.name.clone().unwrap_or_default();
        let namespace = pod.metadata.namespace.clone().unwrap_or_default();
        let Some(spec) = &mut pod.spec else { return Ok(()) };
        let forbidden = |message: String| Refusal { reason: "Forbidden", message: format!("pods {name:?} is forbidden: {message}") };

        // ServiceAccount
        let account = spec.service_account_name.clone().filter(|a| !a.is_empty()).unwrap_or_else(|| "default".into());
        spec.service_account_name = Some(account.clone());
        spec.service_account = Some(account.clone());
        let Some(found) = self.get(Kind::ServiceAccount, &namespace, &account).cloned() else {
            return Err(forbidden(format!("error looking up service account {namespace}/{account}: serviceaccount {account:?} not found")));
        };
        let Object::ServiceAccount(found) = &*found else { return Ok(()) };
        if spec.image_pull_secrets.as_ref().is_none_or(Vec::is_empty) {
            spec.image_pull_secrets = decode_json(found.at(&["imagePullSecrets"])).unwrap_or_default();
        }
        let automount = spec.automount_service_account_token.or_else(|| found.at(&["automountServiceAccountToken"]).as_bool()).unwrap_or(true);
        let mounted = |mounts: Option<&Vec<VolumeMount>>| mounts.is_some_and(|m| m.iter().any(|m| m.mount_path == TOKEN_PATH));
        if automount {
            let volume = format!("kube-api-access-{}", self.suffix());
            let mount = || VolumeMount { name: volume.clone(), read_only: Some(true), mount_path: TOKEN_PATH.into(), ..VolumeMount::default() };
            let mut used = false;
            for c in spec.init_containers.iter_mut().flatten().chain(&mut spec.containers) {
                if !mounted(c.volume_mounts.as_ref()) {
                    c.volume_mounts.get_or_insert_default().push(mount());
                    used = true;
                }
            }
            if used {
                spec.volumes.get_or_insert_default().push(token_volume(volume));
            }
        }

        // Priority
        if let Some(class) = spec.priority_class_name.clone().filter(|c| !c.is_empty()) {
            let (value, policy) = match class.as_str() {
                "system-cluster-critical" => (2_000_000_000, None),
                "system-node-critical" => (2_000_001_000, None),
                _ => match self.get(Kind::PriorityClass, "", &class).map(|o| &**o) {
                    Some(Object::PriorityClass(p)) => priority(p),
                    _ => return Err(forbidden(format!("no PriorityClass with name {class} was found"))),
                },
            };
            spec.priority = Some(value);
            spec.preemption_policy.get_or_insert_with(|| policy.unwrap_or_else(|| "PreemptLowerPriority".into()));
        } else {
            let default = self.list(Kind::PriorityClass).find_map(|o| match &**o {
                Object::PriorityClass(p) if p.at(&["globalDefault"]).as_bool() == Some(true) => Some((o.name().to_owned(), priority(p))),
                _ => None,
            });
            let (class, value, policy) = default.map_or((None, 0, None), |(n, (v, p))| (Some(n), v, p));
            spec.priority_class_name = class;
            spec.priority = Some(value);
            spec.preemption_policy.get_or_insert_with(|| policy.unwrap_or_else(|| "PreemptLowerPriority".into()));
        }

        // DefaultTolerationSeconds
        for key in ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"] {
            let all = spec.tolerations.get_or_insert_default();
            let tolerates = |t: &Toleration| {
                (t.key.as_deref() == Some(key) || t.key.as_deref().unwrap_or_default().is_empty())
                    && matches!(t.effect.as_deref(), None | Some("" | "NoExecute"))
            };
            if !all.iter().any(tolerates) {
                all.push(Toleration {
                    key: Some(key.into()),
                    operator: Some("Exists".into()),
                    effect: Some("NoExecute".into()),
                    toleration_seconds: Some(300),
                    ..Toleration::default()
                });
            }
        }
        Ok(())
    }
}

/// Refuses an object with errors.
fn valid(object: &Object, errors: &[FieldError]) -> Result<(), Refusal> {
    if errors.is_empty() {
        return Ok(());
    }
    let kind = object.kind();
    let message = match Resource::find(kind.group(), kind.version(), kind.name()) {
        Some(r) => Status::invalid(&r, object.name(), errors.to_vec()).message,
        None => errors.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
    };
    Err(Refusal { reason: "Invalid", message })
}

/// What a client may not choose at creation.
fn prepare_metadata(object: &mut Object) {
    let m = object.metadata_mut();
    m.uid = None;
    m.resource_version = None;
    m.creation_timestamp = None;
    m.generation = None;
    m.deletion_timestamp = None;
    m.deletion_grace_period_seconds = None;
    m.self_link = None;
    m.managed_fields = None;
}

fn token_volume(name: String) -> Volume {
    let token = VolumeProjection {
        service_account_token: Some(ServiceAccountTokenProjection {
            expiration_seconds: Some(3607),
            path: "token".into(),
            ..ServiceAccountTokenProjection::default()
        }),
        ..VolumeProjection::default()
    };
    let ca = VolumeProjection {
        config_map: Some(ConfigMapProjection {
            name: "kube-root-ca.crt".into(),
            items: Some(vec![KeyToPath { key: "ca.crt".into(), path: "ca.crt".into(), ..KeyToPath::default() }]),
            optional: None,
        }),
        ..VolumeProjection::default()
    };
    let field = ObjectFieldSelector { api_version: Some("v1".into()), field_path: "metadata.namespace".into() };
    let namespace = VolumeProjection {
        downward_api: Some(DownwardAPIProjection {
            items: Some(vec![DownwardAPIVolumeFile { path: "namespace".into(), field_ref: Some(field), ..DownwardAPIVolumeFile::default() }]),
        }),
        ..VolumeProjection::default()
    };
    Volume {
        name,
        projected: Some(ProjectedVolumeSource { default_mode: Some(0o644), sources: Some(vec![token, ca, namespace]), ..ProjectedVolumeSource::default() }),
        ..Volume::default()
    }
}

macro_rules! with_status {
    ($($kind:ident),*) => {
        /// An update through the main resource leaves the status alone.
        fn keep_status(object: &mut Object, before: &Object) {
            match (object, before) {
                $((Object::$kind(new), Object::$kind(old)) => new.status.clone_from(&old.status),)*
                (
                    Object::Ingress(new)
                    | Object::HorizontalPodAutoscaler(new)
                    | Object::PodDisruptionBudget(new)
                    | Object::CustomResourceDefinition(new),
                    Object::Ingress(old)
                    | Object::HorizontalPodAutoscaler(old)
                    | Object::PodDisruptionBudget(old)
                    | Object::CustomResourceDefinition(old),
                ) => {
                    new.rest.remove("status");
                    new.rest.extend(old.rest.get("status").map(|s| ("status".to_owned(), s.clone())));
                }
                _ => {}
            }
        }
    };
}
with_status!(
    Pod,
    Deployment,
    ReplicaSet,
    StatefulSet,
    DaemonSet,
    Job,
    CronJob,
    ReplicationController,
    Service,
    PersistentVolume,
    PersistentVolumeClaim,
    ResourceQuota,
    Namespace,
    Node
);

/// Whether two versions differ in what the generation counts: everything but metadata and status.
fn spec_differs(before: &Object, after: &Object) -> bool {
    let mut stripped = before.clone();
    stripped.metadata_mut().clone_from(after.metadata());
    let mut after = after.clone();
    keep_status(&mut after, before);
    stripped != after
}

/// The value and the preemption policy of a PriorityClass.
fn priority(class: &OtherObject) -> (i32, Option<String>) {
    (class.at(&["value"]).as_i64().unwrap_or(0) as i32, class.text(&["preemptionPolicy"]))
}
