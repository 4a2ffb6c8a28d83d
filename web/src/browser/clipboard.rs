//! The clipboard.

use wasm_bindgen::prelude::*;

#[wasm_bindgen(inline_js = r#"
export async function copy(text) {
  try { await navigator.clipboard.writeText(text); return true; } catch { /* denied, or no secure context */ }
  const area = document.createElement("textarea");
  area.value = text;
  area.style.position = "fixed";
  area.style.opacity = "0";
  (document.querySelector("dialog[open]") ?? document.body).append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  return done;
}
"#)]
extern "C" {
    /// Puts a text into the clipboard; says whether it worked.
    pub async fn copy(text: &str) -> JsValue;
}
