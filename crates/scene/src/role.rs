//! What a shape means. Style sheets give roles their colour, sprites give icons their form.

use serde::Serialize;

/// The state of a container, a Pod or a segment of a lane: one meaning each, everywhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Nothing happens yet.
    #[default]
    Waiting,
    /// The kubelet or the scheduler works on it: sandbox, volumes, creating.
    Starting,
    /// The image is being pulled.
    Pulling,
    /// It runs.
    Running,
    /// It runs, but is not ready.
    NotReady,
    /// It ended well.
    Completed,
    /// It ended badly, or cannot be started.
    Failed,
    /// The kubelet waits before the next try.
    BackOff,
    /// The stop signal was sent.
    Terminating,
}

impl Role {
    /// All roles, in the order of a life.
    pub const ALL: [Role; 9] =
        [Role::Waiting, Role::Starting, Role::Pulling, Role::Running, Role::NotReady, Role::Completed, Role::Failed, Role::BackOff, Role::Terminating];

    /// Name for style sheets and tests: `back-off`.
    pub fn name(self) -> &'static str {
        match self {
            Role::Waiting => "waiting",
            Role::Starting => "starting",
            Role::Pulling => "pulling",
            Role::Running => "running",
            Role::NotReady => "not-ready",
            Role::Completed => "completed",
            Role::Failed => "failed",
            Role::BackOff => "back-off",
            Role::Terminating => "terminating",
        }
    }

    /// The icon where no exact amount is known.
    pub fn icon(self) -> Icon {
        match self {
            Role::Waiting => Icon::Dashed,
            Role::Starting => Icon::Clock,
            Role::Pulling => Icon::Filling(0.0),
            Role::Running => Icon::Solid,
            Role::NotReady => Icon::Hollow,
            Role::Completed => Icon::Check,
            Role::Failed => Icon::Cross,
            Role::BackOff => Icon::Hourglass,
            Role::Terminating => Icon::Fading(1.0),
        }
    }
}

/// The icon of a container. Amounts are between 0 and 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Icon {
    /// Dashed ring: waits.
    Dashed,
    /// A ring that fills: pulling.
    Filling(f32),
    /// A clock: being created, or a startup probe is due.
    Clock,
    /// Ring with a solid core: runs.
    Solid,
    /// Ring with a hollow core: runs, not ready.
    Hollow,
    /// A ring that is drawn on while an init container runs.
    Spinner,
    /// Check: exit 0.
    Check,
    /// Cross: failed.
    Cross,
    /// Exclamation mark: killed for memory.
    Exclamation,
    /// Hourglass: back-off.
    Hourglass,
    /// A ring that shrinks with the grace period left.
    Fading(f32),
}

impl Icon {
    /// Name for the sprite: `hourglass`.
    pub fn name(self) -> &'static str {
        match self {
            Icon::Dashed => "dashed",
            Icon::Filling(_) => "filling",
            Icon::Clock => "clock",
            Icon::Solid => "solid",
            Icon::Hollow => "hollow",
            Icon::Spinner => "spinner",
            Icon::Check => "check",
            Icon::Cross => "cross",
            Icon::Exclamation => "exclamation",
            Icon::Hourglass => "hourglass",
            Icon::Fading(_) => "fading",
        }
    }
}
