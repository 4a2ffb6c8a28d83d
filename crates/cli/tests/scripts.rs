//! The scripts of the course pages' manifests and of the corpus run without meeting anything unknown.

use std::path::{Path, PathBuf};
use std::process::Command;

#[track_caller]
fn check(paths: &[PathBuf], at_least: &str) {
    let out = Command::new(env!("CARGO_BIN_EXE_podglass")).args(["scripts", "--at-least", at_least]).args(paths).output().expect("podglass runs");
    assert!(out.status.success(), "{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[test]
fn course_scripts_meet_nothing_unknown() {
    check(&[root().join("static/examples")], "95");
}

#[test]
fn scripts_of_the_recordings_meet_nothing_unknown() {
    check(&[root().join("tests/golden/traces"), root().join("tests/golden/admission")], "95");
}

#[test]
fn scripts_of_other_peoples_manifests_seldom_meet_something_unknown() {
    // The corpus lies beside the checkout, where it is there at all.
    let corpus = root().join("../shared/corpus");
    if corpus.is_dir() {
        check(&[corpus], "90");
    }
}
