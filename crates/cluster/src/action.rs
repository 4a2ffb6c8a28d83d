//! What a user (or a script) does to the cluster. Actions with their times are part of the scenario.

use podglass_manifest::{Object, ObjectKey};
use podglass_runtime::{Interference, SimTime};

/// Something done to the cluster from outside.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// `kubectl apply`: creates the object, or changes the one that is there. The object is decoded,
    /// but has no defaults yet.
    Apply(Object),
    /// `kubectl create`.
    Create(Object),
    /// Replaces an object (`kubectl edit`, `patch`, `scale`, `set`, `label` compute the new one).
    Replace(Object),
    /// Replaces one part of an object through its subresource (`kubectl patch --subresource`, `kubectl debug`).
    ReplacePart {
        /// The object with the part as it is to be; everything else is left alone.
        object: Object,
        /// `status`, `resize` (resources of containers), `ephemeralcontainers`; any other one means the whole object.
        part: String,
    },
    /// `kubectl delete`.
    Delete {
        /// What.
        key: ObjectKey,
        /// `--grace-period`, in seconds.
        grace_period: Option<i64>,
        /// What becomes of the dependants.
        propagation: Propagation,
    },
    /// Interferes with a running container (what-if).
    Interfere {
        /// The Pod.
        pod: ObjectKey,
        /// The container.
        container: String,
        /// How.
        how: Interference,
    },
    /// A Pod loses its sandbox, as after a restart of its node: its processes die, its network is gone (what-if).
    LoseSandbox {
        /// The Pod.
        pod: ObjectKey,
    },
    /// Changes what the runtime's world does from now on (what-if).
    Arrange(Arrangement),
}

/// What happens to the objects that a deleted object owns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Propagation {
    /// They are deleted after it (kubectl's default).
    #[default]
    Background,
    /// They are deleted before it.
    Foreground,
    /// They stay.
    Orphan,
}

/// A condition of the world that a user sets.
#[derive(Clone, Debug, PartialEq)]
pub enum Arrangement {
    /// Pulls of this image take so many milliseconds.
    PullTakes {
        /// Reference.
        image: String,
        /// Duration.
        ms: u64,
    },
    /// The registry has no such image.
    PullFails {
        /// Reference.
        image: String,
        /// The registry's words; the usual "not found" where `None`.
        message: Option<String>,
    },
    /// An external host can be reached or not.
    ExternalHost {
        /// Name or address.
        host: String,
        /// Whether it answers.
        reachable: bool,
    },
    /// Every run of this container (or only the nth, counted from 0) exits with a code after a time
    /// instead of doing what it does.
    RunEnds {
        /// The Pod.
        pod: ObjectKey,
        /// The container.
        container: String,
        /// Which run; all where `None`.
        run: Option<u32>,
        /// After so many milliseconds.
        after: u64,
        /// Exit code.
        code: i32,
    },
    /// Probes of one kind fail between two times.
    ProbeFails {
        /// The Pod.
        pod: ObjectKey,
        /// The container.
        container: String,
        /// Which probe.
        probe: crate::journal::ProbeKind,
        /// From.
        from: SimTime,
        /// Until.
        until: SimTime,
    },
}
