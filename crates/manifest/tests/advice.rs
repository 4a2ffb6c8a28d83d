//! Advice: each fixture says in its first line which rule speaks at which line.

use podglass_manifest::{Severity, read};

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
