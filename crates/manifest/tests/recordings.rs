//! The answers of a real Kubernetes to several hundred manifests: the client's text word for word, and
//! the page's reading of the same files, line by line.

mod client;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use podglass_manifest::read;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/admission")
}

fn manifests() -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> =
        std::fs::read_dir(folder()).unwrap().map(|e| e.unwrap().path()).filter(|p| p.extension().is_some_and(|e| e == "yaml")).collect();
    all.sort();
    all
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

/// What `kubectl apply -f` prints, and how it ends.
fn apply(file: &str, text: &str) -> String {
    let (said, good) = client::apply(file, text);
    said + if good { "" } else { "? 1\n" }
}

#[test]
fn the_client_says_what_kubectl_says() {
    // These need what an earlier document has put into the cluster.
    const NEED_A_CLUSTER: &[&str] = &["246-svc-nodeport-taken.yaml", "292-ok-priorityclass-and-pod.yaml"];
    let mut seen = 0;
    let mut wrong = Vec::new();
    for path in manifests() {
        let file = name(&path);
        if NEED_A_CLUSTER.contains(&file.as_str()) {
            continue;
        }
        seen += 1;
        let got = apply(&file, &String::from_utf8_lossy(&std::fs::read(&path).unwrap()));
        // Where the server orders a map at random, several answers were recorded.
        let answers = (0..9).filter_map(|i| {
            let extension = if i == 0 { "apply.txt".to_owned() } else { format!("apply.txt.{i}") };
            std::fs::read_to_string(path.with_extension(extension)).ok()
        });
        // A generated uid is nobody's to foresee.
        let mask = |t: &str| t.split('"').map(|p| if p.len() == 36 && p.matches('-').count() == 4 { "<uid>" } else { p }).collect::<Vec<_>>().join("\"");
        if !answers.into_iter().any(|a| mask(&a) == mask(&got)) {
            wrong.push(format!("{file}:\n{got}"));
        }
    }
    assert!(seen > 500, "the recordings are in {}", folder().display());
    assert!(wrong.is_empty(), "{} of {seen} differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn the_page_shows_every_mistake_at_its_place() {
    let mut got = String::new();
    for path in manifests() {
        let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
        for d in read(&text).diagnostics {
            let (line, column) = d.span.line_column(&text);
            let severity = format!("{:?}", d.severity).to_lowercase();
            let _ = writeln!(got, "{}:{line}:{column}: {severity} {}: {}", name(&path), d.code, d.message.replace('\n', "\\n"));
        }
    }
    let snapshot = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/reading.txt");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&snapshot, &got).unwrap();
    }
    let want = std::fs::read_to_string(&snapshot).unwrap();
    for (w, g) in want.lines().zip(got.lines()) {
        assert_eq!(w, g, "UPDATE=1 accepts the new reading");
    }
    assert_eq!(want.lines().count(), got.lines().count());
}

#[test]
fn a_repair_removes_its_mistake_and_nothing_else() {
    for path in manifests() {
        let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
        let before = read(&text).diagnostics.len();
        let fixed = podglass_manifest::fixes::apply_all(&text);
        let after = read(&fixed);
        assert!(fixed == text || after.diagnostics.len() <= before + 3, "{}:\n{fixed}\n{:?}", name(&path), after.diagnostics);
        // Comments survive.
        assert_eq!(text.matches('#').count(), fixed.matches('#').count(), "{}", name(&path));
    }
}
