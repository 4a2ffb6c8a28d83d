//! Whatever somebody pastes, the reader answers: no panic, no hang.
use std::fmt::Write as _;

use podglass_manifest::{Reading, client, read};

#[track_caller]
fn check(name: &str, text: &str) -> Reading {
    let reading = read(text);
    let _ = client::documents("x.yaml", text, &[]);
    for d in &reading.diagnostics {
        assert!(d.span.start <= d.span.end && d.span.end <= text.len(), "{name}: {d:?}");
        assert!(text.is_char_boundary(d.span.start) && text.is_char_boundary(d.span.end), "{name}: {d:?}");
    }
    reading
}

#[test]
fn nothing_and_nearly_nothing() {
    for text in [
        "",
        "\n",
        "---",
        "--- ",
        "...",
        "#",
        "\u{feff}",
        "~",
        "null",
        "{}",
        "[]",
        "\0",
        "\u{7f}",
        "-",
        ":",
        "?",
        "&",
        "*",
        "!",
        "|",
        ">",
        "%",
        "@",
        "`",
        "'",
        "\"",
        "{",
        "[",
        "\t",
        "\r\n",
        "a:\n\t- b",
        "? \n: ",
        "<<: *a",
        "&a *a",
        "%YAML 1.2\n---\na",
        "!!int x: y",
    ] {
        check(text, text);
    }
}

#[test]
fn an_alias_bomb_is_refused() {
    let mut text = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n".to_owned();
    for i in 1..30 {
        let prior = i - 1;
        let _ = writeln!(text, "a{i}: &a{i} [*a{prior},*a{prior},*a{prior},*a{prior},*a{prior},*a{prior},*a{prior},*a{prior},*a{prior}]");
    }
    let reading = check("bomb", &text);
    assert!(reading.diagnostics.iter().any(|d| d.message.contains("excessive aliasing")), "{:?}", reading.diagnostics);
}

#[test]
fn deep_nesting_is_refused() {
    for (open, close) in [("[", "]"), ("{a: ", "}"), ("- ", "")] {
        let reading = check("deep", &format!("a: {}{}\n", open.repeat(100_000), close.repeat(100_000)));
        assert!(reading.has_errors());
    }
    let mut block = String::new();
    for i in 0..2_000 {
        let _ = writeln!(block, "{}a:", " ".repeat(i));
    }
    assert!(check("deep block", &block).has_errors());
}

#[test]
fn large_texts_are_read_to_their_end() {
    let pod = |i: usize| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata:\n  name: p{i}\nspec:\n  containers:\n  - name: a\n    image: nginx\n    imagee: x\n    env:\n    - name: A\n      value: 5\n---\n"
        )
    };
    let text: String = (0..1000).map(pod).collect();
    assert_eq!(check("many", &text).documents.len(), 1000);
    check("one long line", &format!("a: {}\n", "x".repeat(2_000_000)));
    check("many keys", &(0..20_000).map(|i| format!("k{i}: v")).collect::<Vec<_>>().join("\n"));
    check("binary", &String::from_utf8_lossy(&(0..200_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect::<Vec<_>>()));
}

#[test]
fn every_prefix_of_a_manifest_is_answered() {
    let text = include_str!("../fixtures/full.yaml");
    for i in (0..text.len()).filter(|i| text.is_char_boundary(*i)) {
        check("prefix", &text[..i]);
    }
}

#[test]
fn every_manifest_with_one_letter_changed_is_answered() {
    let text = include_str!("../fixtures/full.yaml");
    for (i, _) in text.char_indices().step_by(7) {
        for with in ["\t", ":", "- ", "\"", "{", "&a", "*a", "\n", "é", "0"] {
            let changed = format!("{}{with}{}", &text[..i], &text[i + 1..]);
            check("changed", &changed);
        }
    }
}
