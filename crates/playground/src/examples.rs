//! The examples of the menu: every manifest of the course pages as its author wrote it, and one for
//! each thing that can be learned.

use crate::event::Deed;
use crate::scenario::{Scenario, Text, Timed};
use crate::view::ExampleEntry;
use podglass_cluster::SimTime;
use podglass_cluster::manifest::{Kind, ObjectKey};

/// The example the page opens with.
pub const FIRST: &str = "course-2-kubia-init";

/// The Dockerfiles beside examples.
const DOCKERFILES: &[(&str, &str)] = &[("own-image", include_str!("../../../static/examples/own-image.Dockerfile"))];

/// An example.
#[derive(Clone, Debug)]
pub struct Example {
    /// What the menu shows.
    pub entry: ExampleEntry,
    /// Its manifest.
    pub text: &'static str,
}

macro_rules! examples {
    ($($group:literal, $id:literal, $title:literal, $sentence:literal, $mistake:literal;)*) => {
        /// All examples, in the order of the menu.
        pub const ALL: &[Example] = &[$(Example {
            entry: ExampleEntry { id: $id, group: $group, title: $title, sentence: $sentence, mistake: $mistake },
            text: include_str!(concat!("../../../static/examples/", $id, ".yaml")),
        }),*];
    };
}

examples! {
    "Course pages", "course-2-kubia-init", "kubia-init: two init containers, two containers", "What starts when, and what does each wait for?", false;
    "Course pages", "course-1-myapp-pod", "myapp-pod: an init container that clones nothing", "The address to clone is missing and busybox has no git: how does the init container end?", false;
    "Course pages", "course-3-rollout-mistake", "Deployment whose selector matches nothing", "The selector asks for labels that the template does not have: what does the API server say?", true;
    "Course pages", "course-3-rollout-1", "Deployment, first revision", "The selector is corrected: how do three Pods come up?", false;
    "Course pages", "course-3-rollout-2", "Deployment, second revision", "What does a rollout look like when this is applied over the first revision?", false;
    "Course pages", "course-3-ubuntu-sleeper", "Command and args", "command replaces ENTRYPOINT, args replaces CMD: what if the command does not exist?", false;
    "Course pages", "course-3-webapp-color", "Environment variables", "Which variables does the process really see?", false;
    "Course pages", "course-3-configmap", "ConfigMap as environment", "Where do the keys of a ConfigMap end up?", false;
    "Course pages", "course-3-secret-plain", "Secret with plain values", "Values under data must be base64: what if they are plain?", true;
    "Course pages", "course-3-secret", "Secret as environment", "What does the process see of a Secret?", false;
    "Course pages", "course-3-secret-key", "One key of a Secret", "How does a container get just one key of a Secret?", false;
    "Course pages", "course-3-secret-volume-mistake", "Secret as a volume, in the wrong place", "volume stands inside the container: does anybody notice?", true;
    "Course pages", "course-3-elasticsearch", "Elasticsearch with a Service", "How does a Service find its Pods?", false;
    "Course pages", "course-3-elasticsearch-tls", "TLS proxy in front of Elasticsearch", "The Secret with the certificate is missing: where does the Pod wait?", false;
    "Course pages", "course-3-ambassador", "Two containers, one volume", "Two containers share an emptyDir: what does each see?", false;
    "Course pages", "course-3-adapter", "Adapter: an exporter beside the app", "How does the exporter reach Elasticsearch in the same Pod?", false;
    "Course pages", "course-3-tailing-sidecar", "Sidecar that tails a log", "The logging ConfigMap is missing: does the sidecar start at least?", false;
    "Course pages", "course-3-init-containers", "Init container with a shell mistake", "A stray done in the script: how much of it runs?", false;
    "Course pages", "course-4-await-redis", "Wait for Redis", "What does the init container wait for, and what lets it through?", false;
    "Course pages", "course-5-init-demo", "init-demo: wait five seconds, then start", "Does the app start before or after the init container slept?", false;
    "Course pages", "course-5-migration", "Database migration before the app", "Nobody knows these images: what can still be said about the order?", false;
    "Course pages", "course-5-multi-container", "multi-container-demo: one writes, one serves", "Who wrote the page that nginx serves?", false;
    "Course pages", "course-5-log-tailer", "Log tailer", "How does the sidecar get at nginx's access log?", false;
    "Images", "own-image", "An image of your own", "What does a Pod do with an image that a Dockerfile defines, and why does ubuntu alone never stay up?", false;
    "Lifecycle", "native-sidecar", "Native sidecar with a startup probe", "When does the app start, if the sidecar needs four seconds to be up?", false;
    "Lifecycle", "liveness", "Liveness probe", "What happens to a container that is no longer healthy?", false;
    "Lifecycle", "crash-loop", "Crash loop", "Why does the pause between two starts grow?", false;
    "Lifecycle", "start-order", "In which order do containers start?", "One after another, as the manifest lists them; does anyone wait until the one before is ready?", false;
    "Lifecycle", "post-start-blocks", "A postStart hook holds the next container", "Why does a container without a hook start late?", false;
    "Lifecycle", "sidecar-not-ready", "A native sidecar that is not ready", "Does the app start? Does the Service send traffic to the Pod? What does READY count?", false;
    "Lifecycle", "init-probe-mistake", "A probe on an init container", "May an init container have a readiness probe?", true;
    "Lifecycle", "readiness-gate", "All containers ready, the Pod not", "Is a Pod ready when all its containers are?", false;
    "Lifecycle", "slow-image", "PodInitializing while the image is pulled", "Why PodInitializing and not ContainerCreating?", false;
    "Lifecycle", "crash-after-init", "The app crashes after initialization", "Do init containers run again when the app crashes?", false;
    "Lifecycle", "lost-sandbox", "The node restarts", "When do init containers run again, and is the emptyDir empty then?", false;
    "Lifecycle", "exit-zero", "An app that ends with 0", "Why does it end in CrashLoopBackOff although nothing failed?", false;
    "Lifecycle", "stop-order", "Who stops first", "Does the sidecar stop before or after the app?", false;
    "Lifecycle", "one-grace", "preStop and the grace period", "Does the grace period begin anew after the hook?", false;
    "Lifecycle", "processes", "Each other's processes", "Do containers of a Pod see each other's processes?", false;
    "Volumes", "shared-volume", "Hand-over through a shared volume", "Who wrote the file that nginx serves?", false;
    "Volumes", "lost-file", "The file beside the volume", "The init container wrote a file: why does the app not see it?", false;
    "Volumes", "missing-configmap", "Missing ConfigMap", "Why is the container not created, and what happens when the ConfigMap appears?", false;
    "Volumes", "own-files", "Own files, shared files", "Do containers of a Pod see each other's files?", false;
    "Volumes", "mount-hides", "A mount hides what was there", "Why did everything in the directory disappear?", false;
    "Volumes", "empty-dir-life", "How long an emptyDir lives", "Is it lost when a container crashes? When the Pod is deleted?", false;
    "Volumes", "sub-path", "One file of a ConfigMap", "How is a file mounted beside others, and why does it not follow changes?", false;
    "Volumes", "volume-owner", "Permission denied on the shared volume", "Who may write into a volume?", false;
    "Network", "port-clash", "Two containers, one port", "Both declare port 80: which one gets it?", false;
    "Network", "wait-for-service", "Wait for a Service", "What is the init container waiting for, and how can it be let through?", false;
    "Network", "readiness-service", "Readiness and a Service", "From when on does the Service send traffic to the Pod?", false;
    "Network", "service-ports", "port, targetPort, containerPort", "Which is which, and what if containerPort is left out?", false;
    "Network", "localhost-only", "curl localhost works, the Service does not", "How do containers of a Pod reach each other, and why does nobody else?", false;
    "Network", "port-names", "Two ports of one name", "Is it refused when two containers name their ports alike?", false;
    "Network", "host-port", "hostPort", "Why is the second Pod Pending?", false;
    "Network", "init-before-proxy", "An init container behind a proxy", "Can an init container use the network when the proxy is a sidecar?", false;
    "Failures", "failing-init", "Failing init container", "Does the whole Pod restart, or only the init container?", false;
    "Failures", "failing-init-never", "Failing init container, restartPolicy Never", "What becomes of the app?", false;
    "Failures", "memory-limit", "Out of memory", "What does exit code 137 mean?", false;
    "Failures", "missing-image", "Missing image", "What is the difference between ErrImagePull and ImagePullBackOff?", false;
    "Failures", "init-retries", "Init:1/2, Init:Error, Init:CrashLoopBackOff", "Which init containers run again when one fails, and what is counted?", false;
    "Failures", "init-image-never", "Missing init image, restartPolicy Never", "Does the Pod fail when the image cannot be pulled?", false;
    "Controllers", "rollout", "A rollout within its limits", "How many old and new Pods may there be at once?", false;
    "Controllers", "job-sidecar", "A Job with a sidecar", "Why does the Job never complete?", false;
    "Controllers", "reserved", "Reserved for a moment, reserved for good", "What does the scheduler reserve for a Pod with a large init container?", false;
}

/// The recording of a real cluster that shows what an example shows: example, and name of the file.
const RECORDED: &[(&str, &str)] = &[
    ("course-1-myapp-pod", "course1-myapp-git-clone"),
    ("course-2-kubia-init", "course2-kubia-init"),
    ("course-3-rollout-1", "course3-rollout"),
    ("course-3-rollout-2", "course3-rollout"),
    ("course-3-ubuntu-sleeper", "course3-sleeper-commands"),
    ("course-3-webapp-color", "env-everything"),
    ("course-3-configmap", "course3-config-and-secret"),
    ("course-3-secret", "course3-config-and-secret"),
    ("course-3-secret-key", "course3-config-and-secret"),
    ("course-3-elasticsearch-tls", "course3-tls-ambassador"),
    ("course-3-ambassador", "course3-tls-ambassador"),
    ("course-3-tailing-sidecar", "course3-podtest-and-log-sidecar"),
    ("course-4-await-redis", "net-course4-await-redis"),
    ("course-5-init-demo", "course5-init-demo"),
    ("course-5-migration", "course5-init-demo"),
    ("course-5-multi-container", "course5-multi-and-logger"),
    ("course-5-log-tailer", "course5-multi-and-logger"),
    ("native-sidecar", "sidecar-startup-late"),
    ("liveness", "probe-liveness-exec-classic"),
    ("crash-loop", "crash-exit1-backoff"),
    ("shared-volume", "volumes-emptydir"),
    ("missing-configmap", "config-missing-recovers"),
    ("port-clash", "port-clash"),
    ("wait-for-service", "net-wait-for-service"),
    ("readiness-service", "svc-endpoints"),
    ("failing-init", "init-fails-twice-then-ok"),
    ("failing-init-never", "init-fail-three-policies"),
    ("memory-limit", "oom-kill"),
    ("missing-image", "image-missing"),
    ("rollout", "deploy-rolling-25-25"),
];

/// The recording that belongs to an example.
pub fn recording(id: &str) -> Option<&'static str> {
    RECORDED.iter().find(|r| r.0 == id).map(|r| r.1)
}

/// The scenario of an example. Lines `# @TIME DEED` of its comments say what is done to it: `delete POD`,
/// `lose-sandbox POD`, `pull-fails IMAGE`, `pull-takes IMAGE SECONDS`, or `apply` (the documents below that line; all of
/// them again where it stands above the first).
pub fn scenario(id: &str) -> Option<Scenario> {
    let example = ALL.iter().find(|e| e.entry.id == id)?;
    let name = id.strip_prefix("course-").and_then(|r| r.split_once('-')).map_or(id, |(_, rest)| rest);
    let mut scenario = Scenario::of_text(&format!("{name}.yaml"), example.text);
    let dockerfile = DOCKERFILES.iter().find(|(example, _)| *example == id);
    scenario.documents.extend(dockerfile.map(|(_, text)| Text { name: "Dockerfile".to_owned(), text: (*text).to_owned() }));
    let (mut offset, mut documents) = (0, false);
    for line in example.text.split_inclusive('\n') {
        let start = offset;
        offset += line.len();
        documents |= !line.starts_with('#');
        let Some((seconds, words)) = line.strip_prefix("# @").and_then(|l| l.trim_end().split_once("s ")) else { continue };
        let Ok(seconds) = seconds.parse::<u64>() else { continue };
        let deed = if words != "apply" {
            deed(words)
        } else if documents {
            scenario.documents.iter_mut().for_each(|d| d.text.truncate(start));
            Some(Deed::Apply { name: format!("{name}-later.yaml"), text: example.text.get(offset..).unwrap_or_default().to_owned() })
        } else {
            Some(Deed::Apply { name: format!("{name}.yaml"), text: example.text.to_owned() })
        };
        scenario.deeds.extend(deed.map(|deed| Timed { at: SimTime(seconds * 1000), deed }));
    }
    Some(scenario)
}

/// A deed of an example's comment.
fn deed(words: &str) -> Option<Deed> {
    let (verb, rest) = words.split_once(' ')?;
    let pod = || ObjectKey { kind: Kind::Pod, namespace: "default".to_owned(), name: rest.to_owned() };
    Some(match verb {
        "delete" => Deed::Delete { key: pod(), grace_period: None },
        "lose-sandbox" => Deed::LoseSandbox { pod: pod() },
        "pull-fails" => Deed::PullFails { image: rest.to_owned() },
        "pull-takes" => {
            let (image, seconds) = rest.split_once(' ')?;
            Deed::PullTakes { image: image.to_owned(), ms: seconds.parse::<u64>().ok()? * 1000 }
        }
        _ => return None,
    })
}
