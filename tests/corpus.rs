//! Every manifest of the recordings, and of a corpus of other people's manifests where one lies beside
//! the checkout, is read without a panic; those without errors run for two virtual minutes.

use podglass_playground::cluster::{Action, Cluster, Progress, Settings, SimTime};
use podglass_playground::manifest::{self, Severity};
use std::path::{Path, PathBuf};

fn manifests(dir: &Path, into: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = std::fs::read_dir(dir).into_iter().flatten().flatten().map(|e| e.path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            manifests(&path, into);
        } else if path.extension().is_some_and(|e| e == "yaml" || e == "yml") {
            into.push(path);
        }
    }
}

/// Reads a file and, when nothing is wrong with it, runs it for two virtual minutes.
/// Returns whether it ran.
fn read_and_run(path: &Path) -> bool {
    let text = String::from_utf8_lossy(&std::fs::read(path).expect("the manifest can be read")).into_owned();
    let reading = manifest::read(&text);
    if reading.diagnostics.iter().any(|d| d.severity == Severity::Error) {
        return false;
    }
    let mut cluster = Cluster::new(Settings::default());
    for object in reading.documents.into_iter().filter_map(|d| d.object) {
        // A refusal (a namespace that is not there, say) is an answer, not a failure of the reader.
        let _answer = cluster.act(Action::Apply(object));
    }
    let mut slices = 0;
    while cluster.advance_to(SimTime(120_000), 100_000) == Progress::OutOfBudget {
        slices += 1;
        assert!(slices < 50, "{} never comes to rest", path.display());
    }
    assert_eq!(cluster.now(), SimTime(120_000));
    true
}

fn check_all(root: &Path, at_least: usize) {
    let mut files = Vec::new();
    manifests(root, &mut files);
    let ran = files.iter().filter(|f| read_and_run(f)).count();
    println!("{}: {} manifests read, {ran} ran", root.display(), files.len());
    assert!(ran >= at_least, "only {ran} of {} manifests ran", files.len());
}

#[test]
fn recorded_manifests_are_read_and_run() {
    check_all(&Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/traces"), 95);
}

#[test]
fn wrong_manifests_are_read_without_a_panic() {
    check_all(&Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/admission"), 1);
}

#[test]
fn the_corpus_beside_the_checkout_is_read_and_run() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus");
    if corpus.is_dir() {
        check_all(&corpus, 200);
    } else {
        println!("no corpus beside the checkout: nothing to read");
    }
}

/// Whether the client or the server of a recording found something wrong in the text itself (and not, say, a
/// namespace that is not there).
fn is_about_the_text(answer: &str) -> bool {
    const WORDS: &[&str] = &[
        " is invalid: ",
        " cannot be handled as ",
        "error parsing ",
        "error validating ",
        "unable to decode ",
        "unable to recognize ",
        "no matches for kind ",
        "cannot use generate name",
        "resource name may not be empty",
        "invalid resource name",
    ];
    answer.lines().any(|l| !l.starts_with("Warning: ") && WORDS.iter().any(|w| l.contains(w)))
}

/// Beside the checkout lie, for each manifest of the corpus, the words of a real cluster: the page has an error where they have one,
/// and none elsewhere.
#[test]
fn the_page_finds_errors_where_a_real_cluster_did() {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared");
    let (answers, corpus) = (shared.join("golden/corpus"), shared.join("corpus"));
    if !answers.is_dir() || !corpus.is_dir() {
        println!("no corpus beside the checkout: nothing to compare");
        return;
    }
    let mut files = Vec::new();
    manifests(&corpus, &mut files);
    let (mut wrong, mut seen) = (Vec::new(), 0);
    for file in files {
        let Ok(answer) = std::fs::read_to_string(answers.join(file.strip_prefix(&corpus).expect("it lies in the corpus")).with_extension("apply.txt")) else {
            continue;
        };
        seen += 1;
        let text = String::from_utf8_lossy(&std::fs::read(&file).expect("the manifest can be read")).into_owned();
        let reading = manifest::read(&text);
        if reading.has_errors() == is_about_the_text(&answer) {
            continue;
        }
        // A namespace that cannot be is said in the server's words; which addresses a cluster has left is not in the text.
        let errors: Vec<_> = reading.diagnostics.iter().filter(|d| d.severity == Severity::Error).collect();
        if !errors.iter().all(|d| answer.contains(&d.message)) || errors.is_empty() && !answer.contains("failed to allocate IP") {
            wrong.push(format!("{}: {:?}\n{answer}", file.display(), errors.iter().map(|d| &d.message).collect::<Vec<_>>()));
        }
    }
    println!("{seen} manifests compared");
    assert!(wrong.is_empty(), "{} of {seen} differ:\n{}", wrong.len(), wrong.join("\n"));
}
