//! The gallery has a picture and a question for every example.

use podglass_playground::examples;
use std::collections::BTreeSet;
use std::path::PathBuf;

#[test]
fn every_example_has_a_small_picture_and_nothing_else_has_one() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../static/gallery");
    let pictures: BTreeSet<String> = std::fs::read_dir(&folder)
        .expect("the pictures; `cargo xtask gallery` draws them")
        .filter_map(|f| Some(f.ok()?.file_name().to_str()?.strip_suffix(".svg")?.to_owned()))
        .collect();
    let wanted: BTreeSet<String> = examples::ALL.iter().map(|e| e.entry.id.to_owned()).collect();
    assert_eq!(pictures, wanted, "`cargo xtask gallery` draws what is missing");
    for id in pictures {
        let size = std::fs::metadata(folder.join(format!("{id}.svg"))).expect("a picture").len();
        assert!(size < 24_000, "{id}: {size} bytes");
    }
}

#[test]
fn every_example_states_its_question() {
    for e in examples::ALL {
        assert!(e.entry.sentence.contains('?'), "{} asks nothing: {}", e.entry.id, e.entry.sentence);
    }
}
