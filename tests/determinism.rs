//! Equal scenarios give byte-equal journals. The same numbers are computed in the browser by
//! `web/tests/journal.rs`, to which `cargo xtask test` hands the file this test writes.

use podglass_playground::fingerprint;

#[test]
fn every_example_run_twice_gives_the_same_journal() {
    let first = fingerprint::of_examples();
    assert!(first.lines().count() > 20, "all examples run");
    assert_eq!(first, fingerprint::of_examples());
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/journals.txt");
    std::fs::write(path, first).expect("the target folder can be written");
}
