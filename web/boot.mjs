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

/** The language as the page chooses it: address, last visit, browser. */
function language() {
  let wanted = new URLSearchParams(location.search).get("lang");
  try { wanted ??= localStorage.getItem("podglass.language"); } catch { /* storage blocked */ }
  return (wanted ?? navigator.language ?? "en").slice(0, 2) === "de" ? "de" : "en";
}

// The few words that are said before the wasm, and its book of words, are there.
const WORDS = {
  en: {
    title: "Podglass could not start",
    none: "This browser has no WebAssembly (or it is switched off). Any browser from 2023 on has it; some lock it in a strict security mode.",
    failed: "The simulator could not be loaded or started. Reloading helps when the network dropped; an ad blocker or a proxy that changes .wasm files can be the cause too.",
    safe: "Your manifest is safe:", again: "Load again", loading: "Loading the cluster…", slow: "Still loading: the connection is slow. Nothing is wrong.",
  },
  de: {
    title: "Podglass konnte nicht starten",
    none: "Dieser Browser hat kein WebAssembly (oder es ist abgeschaltet). Jeder Browser ab 2023 hat es; manche sperren es in einem strengen Sicherheitsmodus.",
    failed: "Der Simulator ließ sich nicht laden oder starten. Neu laden hilft, wenn das Netz weg war; auch ein Werbeblocker oder ein Proxy, der .wasm-Dateien ändert, kann die Ursache sein.",
    safe: "Ihr Manifest ist sicher:", again: "Noch einmal laden", loading: "Der Cluster wird geladen …", slow: "Es lädt noch: Die Verbindung ist langsam. Es ist nichts kaputt.",
  },
};
const words = () => WORDS[language()];

function failed(error) {
  const card = document.querySelector(".boot-card");
  if (!card) return;
  const why = typeof WebAssembly === "undefined"
    ? words().none
    : words().failed;
  card.replaceChildren();
  card.dataset.failed = "";
  const add = (tag, text) => { const e = document.createElement(tag); e.textContent = text; card.append(e); return e; };
  add("h1", words().title);
  add("p", why);
  add("p", String(error?.message ?? error)).className = "mono mute";
  const text = draft();
  if (text) {
    const label = add("label", words().safe);
    const area = document.createElement("textarea");
    area.className = "input";
    area.rows = 12;
    area.value = text;
    label.append(area);
  }
  const again = add("button", words().again);
  again.className = "button";
  again.addEventListener("click", () => location.reload());
}

// The compressed size stands in Content-Length, the bytes counted are unpacked ones; so the share
// is held below the end until everything is here.
export default function initializer() {
  const bar = () => document.getElementById("boot-progress");
  let slow = 0;
  return {
    onStart: () => {
      document.documentElement.lang = language();
      const text = document.getElementById("boot-text");
      if (text) text.textContent = words().loading;
      slow = setTimeout(() => { if (text) text.textContent = words().slow; }, 8000);
      // The words of another language come beside the wasm, not after it.
      if (language() !== "en") {
        const path = `words/${language()}.txt`;
        globalThis.podglassFiles = { [path]: fetch(path).then((a) => (a.ok ? a.text() : undefined)).catch(() => undefined) };
      }
    },
    onProgress: ({ current, total }) => {
      const known = total > 0 ? total : 4_000_000;
      if (bar()) bar().value = Math.min(97, (100 * current) / known);
    },
    onComplete: () => { clearTimeout(slow); if (bar()) bar().value = 100; },
    onSuccess: () => {},
    onFailure: failed,
  };
}
