//! Holds the direction of dependencies between the workspace's crates against ARCHITECTURE.md.
#![allow(clippy::disallowed_types, reason = "a test looks at the project from outside")]

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// Who may depend on whom. The same table stands in ARCHITECTURE.md, in words.
const ALLOWED: &[(&str, &[&str])] = &[
    ("manifest", &[]),
    ("runtime", &[]),
    ("cluster", &["manifest", "runtime"]),
    ("kubectl", &["cluster", "manifest"]),
    ("scene", &["cluster"]),
    ("playground", &["manifest", "cluster", "kubectl", "scene"]),
    ("web", &["playground"]),
    ("cli", &["playground"]),
    ("xtask", &[]),
    ("tests", &["cli", "playground"]),
];

#[test]
fn crates_depend_only_in_the_allowed_direction() {
    let out = Command::new(env!("CARGO")).args(["metadata", "--format-version=1", "--no-deps"]).output().expect("cargo metadata runs");
    let metadata: Value = serde_json::from_slice(&out.stdout).expect("cargo metadata prints JSON");
    let mut seen: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for package in metadata["packages"].as_array().expect("packages") {
        let name = package["name"].as_str().expect("name").trim_start_matches("podglass-").to_owned();
        let on = package["dependencies"].as_array().expect("dependencies").iter().filter_map(|d| d["name"].as_str()?.strip_prefix("podglass-"));
        seen.insert(name, on.map(str::to_owned).collect());
    }
    for (name, on) in &seen {
        let allowed =
            ALLOWED.iter().find(|(n, _)| n == name).unwrap_or_else(|| panic!("{name} is not in the table: ARCHITECTURE.md and this test need a line for it"));
        for d in on {
            assert!(allowed.1.contains(&d.as_str()), "{name} must not depend on {d}");
        }
    }
    assert_eq!(seen.len(), ALLOWED.len(), "a crate of the table is missing from the workspace");
}
