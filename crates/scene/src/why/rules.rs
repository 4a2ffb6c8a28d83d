//! Rules of Kubernetes in a sentence, with a short explanation.

/// A rule and its explanation.
pub(super) type Rule = (&'static str, &'static str);

pub(super) const NOTHING: Rule = ("Nothing has happened yet.", "The cluster waits for something to be applied.");
pub(super) const BIRTH: Rule =
    ("It belongs to every new cluster.", "Namespaces, nodes, default ServiceAccounts and the API's own Service are there before anything is applied.");
pub(super) const GONE: Rule = ("Nothing of that name is there at this time.", "Move the playhead to a time when it is.");
pub(super) const GATES: Rule = ("A Pod with scheduling gates is not scheduled.", "Whoever set spec.schedulingGates removes them when the Pod may go.");
pub(super) const SCHEDULING: Rule = (
    "The scheduler places a Pod on a node that has room for its requests.",
    "Requests, node selectors, affinity, taints and host ports decide which nodes fit; until one does the Pod stays Pending.",
);
pub(super) const MOUNT: Rule = (
    "No container starts before all volumes are mounted.",
    "A missing ConfigMap, Secret or claim keeps the whole Pod in ContainerCreating (event FailedMount); the kubelet tries again with growing pauses.",
);
pub(super) const SANDBOX: Rule =
    ("A Pod gets its sandbox and address before its first container.", "The sandbox holds the network namespace that all containers share.");
pub(super) const PULL: Rule = (
    "A container is created when its image is on the node.",
    "imagePullPolicy decides whether the node asks the registry again; waiting shows as ContainerCreating or PodInitializing.",
);
pub(super) const IMAGE_BACK_OFF: Rule = (
    "A failed pull is tried again after 10 s, then 20 s, 40 s … 300 s.",
    "Between two tries the reason is ImagePullBackOff; the try itself fails with ErrImagePull.",
);
pub(super) const BACK_OFF: Rule = (
    "A container that ends is started again at once, then after 10 s, 20 s, 40 s … 300 s.",
    "CrashLoopBackOff is this wait. It begins anew after ten minutes of running well. An exit code of 0 counts too where restartPolicy is Always.",
);
pub(super) const CONFIG_ERROR: Rule =
    ("A container whose configuration is incomplete is not created.", "The kubelet tries again by itself as soon as what is missing is there.");
pub(super) const INIT_ORDER: Rule =
    ("Init containers run one after the other, each to its end.", "The next one starts when the one before exited 0; app containers start after the last one.");
pub(super) const INIT_RETRY: Rule = (
    "A failed init container is run again, only this one.",
    "With restartPolicy Always or OnFailure the kubelet retries it with growing pauses; earlier init containers do not run again.",
);
pub(super) const INIT_NEVER: Rule =
    ("With restartPolicy Never a failed init container fails the Pod.", "The app containers never start, and the Pod's phase is Failed.");
pub(super) const SIDECAR: Rule = (
    "A native sidecar lets the chain go on when it has started.",
    "Started means running, and its startup probe (if any) succeeded. Readiness does not hold the chain.",
);
pub(super) const APP_ORDER: Rule = (
    "App containers are started in the order of the manifest, without waiting for each other to be ready.",
    "Only pulling an image and a postStart hook hold the next one back.",
);
pub(super) const RESTART: Rule = (
    "restartPolicy decides whether a container that ended runs again.",
    "Always: after any exit. OnFailure: after an exit code other than 0. Never: not at all.",
);
pub(super) const GRACE: Rule = (
    "A container that is stopped gets its stop signal, and SIGKILL when the grace period is over.",
    "terminationGracePeriodSeconds is one budget for preStop hook and signal together; sidecars stop after the app containers, in reverse order.",
);
pub(super) const STARTUP: Rule =
    ("Until the startup probe succeeds, no other probe runs.", "After failureThreshold failures in a row the container is killed and restarted.");
pub(super) const READINESS: Rule =
    ("A container counts as ready when its readiness probe succeeds.", "While it fails, the Pod gets no traffic from Services; nothing is restarted.");
pub(super) const LIVENESS: Rule =
    ("A container whose liveness probe fails failureThreshold times in a row is killed.", "It is then restarted by its restartPolicy.");
pub(super) const OOM: Rule = ("The kernel kills a container that goes over its memory limit.", "Exit code 137 is 128 + 9 (SIGKILL), the reason is OOMKilled.");
pub(super) const ONE_NETWORK: Rule =
    ("Containers of one Pod share one network namespace.", "A port can be listened on once in a Pod, whatever containerPort says.");
pub(super) const CONTAINER_PORT: Rule =
    ("containerPort only informs.", "A port is open when a process listens on it; leaving containerPort out closes nothing.");
pub(super) const SHARED_VOLUME: Rule = (
    "A volume is shared by the containers that mount it, and by nobody else.",
    "What a container writes outside a mount stays in its own file system and is lost with it. An emptyDir dies with the Pod.",
);
pub(super) const SERVICE_VARIABLES: Rule = (
    "A variable $(NAME) that does not exist stays as it is.",
    "Variables such as DATA_TIER_SERVICE_HOST are set for Services that are there when the container starts.",
);
pub(super) const SELECTOR: Rule =
    ("A Service sends traffic to the ready Pods that its selector matches.", "All labels of the selector must match; Pods that are not ready are left out.");
pub(super) const REPLICAS: Rule = (
    "A controller makes Pods until there are as many as wanted.",
    "A rollout keeps within maxSurge and maxUnavailable; a new Pod counts when it is available.",
);
pub(super) const READINESS_GATE: Rule = (
    "A Pod with readiness gates is ready when its containers are and every condition of the gates is True.",
    "The conditions are set by somebody outside, such as a load balancer's controller.",
);
pub(super) const POST_START: Rule = (
    "The kubelet does nothing else with a Pod until a postStart hook has ended.",
    "The hook runs beside the container's own process; the containers after it start when it is over, and the status changes then.",
);
pub(super) const JOB: Rule = (
    "A Job is complete when enough of its Pods have succeeded, and a Pod succeeds when all its app containers have ended with 0.",
    "A native sidecar (an init container with restartPolicy Always) is stopped by the kubelet when the others are done, so it does not hold the Job.",
);
pub(super) const NO_SELECTOR: Rule =
    ("A Service without selector gets its endpoints from somebody else.", "The Service kubernetes, for example, leads to the API server itself.");
pub(super) const STATUS_LOST: Rule = (
    "A container of an ended Pod whose end nobody saw counts as ended with 137.",
    "Its status says ContainerStatusUnknown; so do containers that had not started when the Pod was deleted.",
);
pub(super) const JOB_FAILED: Rule = (
    "A Job fails when its Pods failed more often than backoffLimit allows, when its deadline is over, or when podFailurePolicy says so.",
    "What still runs of it is deleted.",
);
pub(super) const SUSPENDED: Rule = ("A suspended Job has no Pods.", "Set spec.suspend to false to let it go on.");
pub(super) const REFUSED: Rule = (
    "Connection refused means: nobody listens on that port at that address.",
    "The process may not be there yet, listen on another port, or on localhost only.",
);
pub(super) const UNANSWERED: Rule = (
    "No answer means: nobody takes what is sent to that address and port.",
    "A Service forwards only the ports it lists; hosts outside the cluster answer if the scenario says so.",
);
pub(super) const NAMES: Rule = (
    "The cluster's DNS knows Services by name.",
    "A Service of the same namespace has its short name, others NAME.NAMESPACE. Who asked too early sees it at the next try.",
);
pub(super) const SCHEDULE: Rule =
    ("A CronJob makes a Job whenever its schedule says so.", "startingDeadlineSeconds and concurrencyPolicy decide about late and overlapping ones.");
const NOT_EXECUTABLE: Rule = ("126 means: found, but it could not be run.", "Permission to execute is missing, or it is a directory.");
const NOT_FOUND: Rule = ("127 means: the shell found no such command.", "The image does not have it, or PATH does not lead to it.");
pub(super) const START_ERROR: Rule =
    ("128 with StartError means: the process could not be started at all.", "The command is not in the image, or its working directory cannot be used.");
const KILLED: Rule = ("137 is 128 + 9: SIGKILL.", "The grace period was over, the kernel ran out of memory, or somebody killed it.");
const TERMINATED: Rule = ("143 is 128 + 15: SIGTERM.", "It was asked to stop and did not handle the signal.");
const SEGFAULT: Rule = ("139 is 128 + 11: SIGSEGV.", "The program used memory that is not its own.");

/// What an exit code says by itself.
pub(super) fn exit_code(code: i32) -> Option<Rule> {
    Some(match code {
        126 => NOT_EXECUTABLE,
        127 => NOT_FOUND,
        128 => START_ERROR,
        137 => KILLED,
        139 => SEGFAULT,
        143 => TERMINATED,
        _ => return None,
    })
}
