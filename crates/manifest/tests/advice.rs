//! Advice: each fixture says in its first line which rule speaks at which line.

use podglass_manifest::{Severity, read};

#[track_caller]
fn repaired(text: &str, expect: &str) {
    assert_eq!(podglass_manifest::fixes::apply_all(text), expect);
}

#[test]
fn repairs_change_the_cause_only() {
    let deployment = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template: # here\n    metadata:\n      labels: {app: web}\n    spec:\n      containers: [{name: a, image: b}]\n";
    repaired(deployment, &deployment.replace("  template:", "  selector:\n    matchLabels:\n      app: web\n  template:"));
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers:\n  - name: a\n  image: nginx # the image\n";
    repaired(pod, &pod.replace("  image:", "    image:"));
    repaired(&pod.replace("  image:", "    imag:"), &pod.replace("  image:", "    image:"));
    repaired(
        "apiVersion: v1\nkind: pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: b}]}\n",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: b}]}\n",
    );
}

#[test]
fn each_rule_speaks_where_the_fixture_says() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/advice");
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let expect = text.lines().next().unwrap().trim_start_matches("# expects:").trim().to_owned();
        let reading = read(&text);
        assert!(!reading.has_errors(), "{}: {:?}", path.display(), reading.diagnostics);
        let got: Vec<String> =
            reading.diagnostics.iter().filter(|d| d.severity == Severity::Advice).map(|d| format!("{} {}", d.span.line_column(&text).0, d.code)).collect();
        assert_eq!(got.join(", "), expect, "{}: {:#?}", path.display(), reading.diagnostics);
        seen += 1;
    }
    assert!(seen >= 6);
}
