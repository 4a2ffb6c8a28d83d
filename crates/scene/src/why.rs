//! Why something waits, or why it ended: one sentence, then the chain of causes.

/// What sort of cause a link is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkKind {
    /// Something that happened.
    Record,
    /// A line of the manifest.
    Manifest,
    /// A rule of Kubernetes.
    Rule,
    /// An assumption of Podglass.
    Assumption,
    /// The user's own action.
    Action,
    /// Something to try.
    Advice,
}
