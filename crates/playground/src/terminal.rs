//! The terminal: `kubectl` at the playhead.

use podglass_cluster::Cluster;

/// What a command printed, and whether it changed the cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// Both streams, in order.
    pub text: String,
    /// The cluster was changed: the command is part of the run.
    pub changed: bool,
}

/// Does a command once more, in a replay.
pub fn perform(cluster: &mut Cluster, line: &str) {
    let _ = run(cluster, line);
}

/// Runs a line on a cluster.
pub fn run(cluster: &mut Cluster, line: &str) -> Answer {
    let _ = cluster;
    let program = line.split_whitespace().next().unwrap_or_default();
    let text = match program {
        "" => String::new(),
        "kubectl" | "k" => "kubectl is not connected to the page yet.\n".to_owned(),
        other => format!("{other}: command not found\n"),
    };
    Answer { text, changed: false }
}
