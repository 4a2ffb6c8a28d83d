//! What a scenario sets besides its documents and actions.

use serde::{Deserialize, Serialize};

/// Settings of a cluster. Equal settings, documents and actions give byte-equal journals.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Settings {
    /// Seed of every random choice: name suffixes, uids, jitter.
    pub seed: u64,
    /// Unix time in milliseconds shown at [`crate::SimTime::ZERO`].
    pub epoch: i64,
    /// How many nodes there are, named `node-1`, `node-2`, …
    pub nodes: u32,
    /// CPUs of a node, in thousandths.
    pub node_milli_cpu: u64,
    /// Memory of a node, in bytes.
    pub node_memory: u64,
    /// How many Pods a node takes.
    pub node_pods: u32,
    /// Whether re-queue times are drawn (`true`) or the middle of their range (`false`, for teaching).
    pub jitter: bool,
    /// Whether images the catalogue does not know are missing from the registry (`false`: they are
    /// assumed to exist).
    pub only_known_images: bool,
    /// Whether images are already on the node (those the catalogue knows; all, without `only_known_images`).
    pub images_present: bool,
    /// Where not empty, and with `only_known_images`: the only images there are, as full references
    /// (`docker.io/library/nginx:1.27`).
    pub registry: Vec<String>,
    /// When the kubelets look for changed containers: this many milliseconds after each full relist period.
    pub relist_phase: u64,
    /// When the kubelets look for Pods that are due again: this many milliseconds after each full second.
    pub tick_phase: u64,
    /// Without jitter: a Pod that is to come back comes back after so many per cent of the time (100 to 150).
    pub requeue_percent: u64,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            seed: 1,
            epoch: 1_767_603_600_000, // 2026-01-05T09:00:00Z
            nodes: 1,
            node_milli_cpu: 2000,
            node_memory: 24_581_684 * 1024,
            node_pods: 200,
            jitter: false,
            only_known_images: false,
            images_present: false,
            registry: Vec::new(),
            relist_phase: 380,
            tick_phase: 640,
            requeue_percent: 125,
        }
    }
}

impl Settings {
    /// The node on which a real cluster was recorded: one node, a few images that are all there already, no others.
    pub fn reference_node(seed: u64) -> Settings {
        const IMAGES: [(&str, &[&str]); 4] = [
            ("busybox", &["latest", "1.28", "1.36"]),
            ("alpine", &["3.20"]),
            ("nginx", &["latest", "1.14.2", "1.16.1", "1.25", "1.27"]),
            ("redis", &["6", "7"]),
        ];
        let mut registry: Vec<String> = IMAGES.iter().flat_map(|(name, tags)| tags.iter().map(move |t| format!("docker.io/library/{name}:{t}"))).collect();
        registry.push("registry.k8s.io/pause:3.10".into());
        Settings { seed, only_known_images: true, images_present: true, registry, ..Settings::default() }
    }
}
