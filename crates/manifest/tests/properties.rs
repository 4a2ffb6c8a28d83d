//! Reader, decoder and repairs over texts nobody would write: no panic, no hang, places inside the text.

use podglass_manifest::{Object, Severity, client, decode, fixes, read};
use proptest::prelude::*;

/// Pieces from which manifests and nearly-manifests are put together.
const PIECES: &[&str] = &[
    "apiVersion: v1\n",
    "kind: Pod\n",
    "kind: Service\n",
    "metadata:\n",
    "  name: a\n",
    "  labels: {app: a}\n",
    "spec:\n",
    "  containers:\n",
    "  - name: c\n",
    "    image: nginx\n",
    "    imagee: x\n",
    "\tports:\n",
    "    ports: [{containerPort: 80}]\n",
    "    env: [{name: A, value: 5}]\n",
    "---\n",
    "--- x\n",
    "...\n",
    "&a ",
    "*a",
    "<<: *a\n",
    "? ",
    ": ",
    "- ",
    "{",
    "}",
    "[",
    "]",
    "'",
    "\"",
    "|\n",
    ">-\n",
    "#",
    "!!str ",
    "%YAML 1.1\n",
    "\u{feff}",
    "é",
    "\r\n",
    "\0",
    "0x1F",
    "1e400",
    "~",
    "  selector: {a: b}\n",
    "  template:\n",
    "apiVersion: apps/v1\nkind: Deployment\n",
    "    resources: {limits: {memory: 1K}}\n",
    "  ",
];

fn soup() -> impl Strategy<Value = String> {
    prop::collection::vec(prop_oneof![4 => prop::sample::select(PIECES).prop_map(str::to_owned), 1 => "[ -~\t\n]{0,12}"], 0..40).prop_map(|v| v.concat())
}

/// A whole manifest with some bytes changed.
fn damaged() -> impl Strategy<Value = String> {
    let text = include_str!("../fixtures/full.yaml");
    prop::collection::vec((0..text.len(), prop::sample::select(PIECES)), 1..4).prop_map(move |cuts| {
        let mut out = text.to_owned();
        for (at, with) in cuts {
            if out.is_char_boundary(at.min(out.len())) {
                out.insert_str(at.min(out.len()), with);
            }
        }
        out
    })
}

fn answered(text: &str) {
    let reading = read(text);
    for d in &reading.diagnostics {
        assert!(d.span.start <= d.span.end && d.span.end <= text.len(), "{d:?}");
        assert!(text.is_char_boundary(d.span.start) && text.is_char_boundary(d.span.end), "{d:?}");
        assert!(!d.message.is_empty());
        for (at, with) in d.fix.iter().flat_map(|f| &f.edits) {
            assert!(at.start <= at.end && at.end <= text.len(), "{with:?} at {at:?}");
        }
    }
    let _answers = client::documents("x.yaml", text, &[]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_soup_of_yaml_is_answered(text in soup()) {
        answered(&text);
    }

    #[test]
    fn a_damaged_manifest_is_answered(text in damaged()) {
        answered(&text);
    }

    #[test]
    fn repairs_never_make_it_worse(text in damaged()) {
        let errors = |t: &str| read(t).diagnostics.iter().filter(|d| d.severity == Severity::Error).count();
        let fixed = fixes::apply_all(&text);
        // Behind a tab or an unknown kind nothing could be looked at before.
        let hidden = text.contains('\t') || read(&text).diagnostics.iter().any(|d| d.code == "unknown-kind");
        prop_assert!(fixed == text || errors(&fixed) <= errors(&text) || hidden);
        // A comment begins a line or follows a blank.
        let comments = |t: &str| t.matches(" #").count() + t.matches("\n#").count();
        prop_assert_eq!(comments(&text), comments(&fixed));
    }

    #[test]
    fn what_was_decoded_is_decoded_again(text in damaged()) {
        for o in read(&text).objects() {
            let json = o.to_json().unwrap();
            let again = Object::from_json(o.kind(), json.clone()).unwrap();
            prop_assert_eq!(&json, &again.to_json().unwrap());
        }
    }

    #[test]
    fn the_decoder_takes_any_json(text in "[\\[\\]{}\":,a-c0-9 ]{0,60}") {
        if let Ok(json) = serde_json::from_str::<serde_json::Value>(&text) {
            for (group, kind) in [("", "Pod"), ("apps", "Deployment"), ("batch", "CronJob")] {
                let ty = decode::type_of(group, "v1", kind).unwrap();
                let _decoded = decode::decode(ty, &json);
            }
        }
    }
}
