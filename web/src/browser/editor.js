// Loads the editor's bundle when the first editor is mounted.

/** Mounts an editor; rejects where the bundle cannot be loaded, and the plain text area stays. */
export async function mountEditor(host, text, changed, cursor, hover, run) {
  const { mount } = await import(new URL("vendor/editor.js", document.baseURI).href);
  let saved = null;
  try { saved = sessionStorage.getItem("podglass.history"); } catch { /* storage blocked */ }
  const editor = mount(host, text, { changed, cursor, hover, run }, saved);
  globalThis.podglassText = () => editor.text();
  addEventListener("pagehide", () => {
    try { sessionStorage.setItem("podglass.history", editor.history()); } catch { /* blocked or full */ }
  });
  return editor;
}
