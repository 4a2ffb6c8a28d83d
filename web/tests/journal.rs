//! The cluster in the browser does what it does natively, byte for byte.
#![cfg(target_arch = "wasm32")]

use podglass_playground::fingerprint;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

/// What the native run gave (tests/determinism.rs); `cargo xtask test` sets it.
const NATIVE: Option<&str> = option_env!("PODGLASS_JOURNALS");

#[wasm_bindgen_test]
fn journals_in_wasm_equal_the_native_ones() {
    let here = fingerprint::of_examples();
    assert!(here.lines().count() > 20, "all examples run");
    if let Some(native) = NATIVE {
        let there: Vec<&str> = native.split(';').collect();
        assert_eq!(here.lines().collect::<Vec<_>>(), there);
    }
}
