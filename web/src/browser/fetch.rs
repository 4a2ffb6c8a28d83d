//! The page's own files: tours, words, the gallery. Nothing else is ever asked for.

use wasm_bindgen::prelude::*;

#[wasm_bindgen(inline_js = r#"
const asked = new Map();
export async function fetchText(path) {
  if (!asked.has(path)) {
    const answer = globalThis.podglassFiles?.[path] ?? fetch(path).then((a) => (a.ok ? a.text() : undefined)).catch(() => undefined);
    asked.set(path, Promise.resolve(answer));
    asked.get(path).then((text) => text === undefined && asked.delete(path));
  }
  return asked.get(path);
}
"#)]
extern "C" {
    #[wasm_bindgen(js_name = fetchText)]
    async fn fetch_text(path: &str) -> JsValue;
}

/// The text of one of the page's files; `None` where it cannot be had.
pub async fn text(path: &str) -> Option<String> {
    fetch_text(path).await.as_string()
}
