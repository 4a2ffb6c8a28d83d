//! Every transcript under tests/transcripts holds when it is played.

use std::path::Path;
use std::process::Command;

#[test]
fn every_transcript_holds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/transcripts");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .expect("tests/transcripts")
        .flatten()
        .map(|e| e.path())
        .filter(|p| p.extension().is_some_and(|e| e == "transcript"))
        .collect();
    files.sort();
    assert!(files.len() >= 5, "the transcripts are gone");
    let out = Command::new(env!("CARGO_BIN_EXE_podglass")).arg("replay").args(&files).output().expect("podglass runs");
    assert!(out.status.success(), "{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
}
