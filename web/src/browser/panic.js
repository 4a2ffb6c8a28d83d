// After a panic the wasm is dead; this alone keeps the text reachable.

/** Shows what happened, and the text that was being edited. */
export function showPanic(message) {
  if (document.querySelector(".panic")) return;
  const make = (tag, className, text) => {
    const e = document.createElement(tag);
    if (className) e.className = className;
    if (text) e.textContent = text;
    return e;
  };
  const box = make("div");
  const overlay = make("div", "panic");
  overlay.setAttribute("role", "alertdialog");
  overlay.setAttribute("aria-modal", "true");
  overlay.setAttribute("aria-label", "Podglass stopped");
  box.append(
    make("h1", "", "Podglass stopped: a mistake of ours"),
    make("p", "", "Nothing you typed is lost: the manifest is below, and it is kept in this browser. Please report the message with the manifest that causes it."),
    make("pre", "", message),
  );
  const area = make("textarea", "input");
  area.rows = 12;
  area.setAttribute("aria-label", "Your manifest");
  area.value = globalThis.podglassText?.() ?? document.querySelector(".editor textarea")?.value ?? "";
  const row = make("div", "row");
  const copy = make("button", "button", "Copy the manifest");
  copy.addEventListener("click", () => { area.select(); document.execCommand("copy"); });
  const again = make("button", "button", "Reload");
  again.dataset.kind = "primary";
  again.addEventListener("click", () => location.reload());
  const fresh = make("button", "button", "Start with the first example");
  fresh.addEventListener("click", () => {
    try { localStorage.removeItem("podglass.draft"); } catch { /* storage blocked */ }
    location.replace(location.pathname + location.search);
  });
  row.append(copy, again, fresh);
  box.append(area, row);
  overlay.append(box);
  document.body.append(overlay);
  again.focus();
}
