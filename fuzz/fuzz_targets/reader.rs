//! Any text is read, by the page's reader and by the client's, and every place lies inside it.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    for d in podglass_manifest::read(text).diagnostics {
        assert!(text.get(d.span.start..d.span.end).is_some(), "{d:?}");
    }
    let _answers = podglass_manifest::client::documents("x.yaml", text, &[]);
});
