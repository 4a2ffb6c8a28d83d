// Shows how far the wasm has come, and says so plainly when it cannot start.
// The text that was typed last stays readable either way.

/** The manifests of the draft, or of a link whose text is plain. */
function draft() {
  if (location.hash.startsWith("#yaml=")) return decodeURIComponent(location.hash.slice(6));
  try {
    const kept = localStorage.getItem("podglass.draft");
    if (!kept) return "";
    // A scenario, as the page keeps it: its documents (d) with their texts (t).
    return JSON.parse(kept).d.map((document) => document.t).join("\n---\n");
  } catch { return ""; }
}

function failed(error) {
  const card = document.querySelector(".boot-card");
  if (!card) return;
  const why = typeof WebAssembly === "undefined"
    ? "This browser has no WebAssembly (or it is switched off). Any browser from 2023 on has it; some lock it in a strict security mode."
    : "The simulator could not be loaded or started. Reloading helps when the network dropped; an ad blocker or a proxy that changes .wasm files can be the cause too.";
  card.replaceChildren();
  card.dataset.failed = "";
  const add = (tag, text) => { const e = document.createElement(tag); e.textContent = text; card.append(e); return e; };
  add("h1", "Podglass could not start");
  add("p", why);
  add("p", String(error?.message ?? error)).className = "mono mute";
  const text = draft();
  if (text) {
    const label = add("label", "Your manifest is safe:");
    const area = document.createElement("textarea");
    area.className = "input";
    area.rows = 12;
    area.value = text;
    label.append(area);
  }
  const again = add("button", "Load again");
  again.className = "button";
  again.addEventListener("click", () => location.reload());
}

// The compressed size stands in Content-Length, the bytes counted are unpacked ones; so the share
// is held below the end until everything is here.
export default function initializer() {
  const bar = () => document.getElementById("boot-progress");
  return {
    onStart: () => {},
    onProgress: ({ current, total }) => {
      const known = total > 0 ? total : 4_000_000;
      if (bar()) bar().value = Math.min(97, (100 * current) / known);
    },
    onComplete: () => { if (bar()) bar().value = 100; },
    onSuccess: () => {},
    onFailure: failed,
  };
}
