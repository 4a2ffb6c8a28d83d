//! Every repair of any text can be made, and all of them together come to an end.
#![no_main]

use libfuzzer_sys::fuzz_target;
use podglass_manifest::{fixes, read};

fuzz_target!(|text: &str| {
    if text.len() > 4_000 {
        return;
    }
    for d in read(text).diagnostics {
        if let Some(fix) = &d.fix {
            let _new = fixes::apply(text, fix);
        }
    }
    let _all = fixes::apply_all(text);
});
