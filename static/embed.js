// <pod-glass>: a live Podglass in any page.
//
//   <script src="https://…/embed.js" async></script>
//   <pod-glass t="6.8s" autoplay theme="dark">
//   <script type="text/yaml">
//   apiVersion: v1
//   …
//   </script>
//   </pod-glass>
//
// Attributes: tour (the id of a guided tour, step="3" to begin there), src (a YAML file of the same site), t, autoplay, theme (light, dark, contrast), link (a shared link's part
// after #), label (the frame's accessible name). The height follows the content. Nothing is sent anywhere.
(() => {
  const home = new URL("./", document.currentScript?.src ?? location.href);

  /** Takes away the indentation that all lines have in common. */
  const dedent = (text) => {
    const lines = text.replace(/\r\n?/g, "\n").replace(/^\s*\n/, "").trimEnd().split("\n");
    const depth = Math.min(...lines.filter((l) => l.trim()).map((l) => l.match(/^ */)[0].length));
    return lines.map((l) => l.slice(Number.isFinite(depth) ? depth : 0)).join("\n") + "\n";
  };

  class PodGlass extends HTMLElement {
    static observedAttributes = ["src", "t", "autoplay", "theme", "link", "tour", "step", "lang"];
    #frame = null;
    #text = null;
    #waiting = false;
    #listen = (event) => {
      if (event.source !== this.#frame?.contentWindow || event.origin !== home.origin) return;
      if (event.data?.podglass === "height" && event.data.height > 0) this.#frame.style.height = `${Math.ceil(event.data.height)}px`;
    };

    connectedCallback() {
      addEventListener("message", this.#listen);
      // The element's own text may not have been parsed yet.
      if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", () => this.#show(), { once: true });
      else this.#show();
    }

    disconnectedCallback() {
      removeEventListener("message", this.#listen);
    }

    attributeChangedCallback() {
      if (!this.#frame || this.#waiting) return;
      this.#waiting = true;
      queueMicrotask(() => { this.#waiting = false; this.#show(); });
    }

    async #show() {
      if (!this.isConnected) return;
      try {
        this.#text ??= this.hasAttribute("src") ? await this.#read(this.getAttribute("src")) : dedent(this.querySelector("script[type='text/yaml'], template, pre")?.textContent ?? this.textContent);
      } catch (error) {
        this.textContent = `${this.getAttribute("src")} could not be read: ${error.message}`;
        return;
      }
      const address = new URL("index.html", home);
      address.searchParams.set("embed", "");
      if (this.hasAttribute("t")) address.searchParams.set("t", this.getAttribute("t"));
      if (this.hasAttribute("autoplay")) address.searchParams.set("autoplay", "");
      if (this.hasAttribute("lang")) address.searchParams.set("lang", this.getAttribute("lang"));
      if (this.hasAttribute("theme")) address.searchParams.set("theme", this.getAttribute("theme"));
      const tour = this.getAttribute("tour");
      address.hash = tour ? `tour=${tour}:${this.getAttribute("step") ?? 1}` : this.getAttribute("link")?.replace(/^#/, "") ?? `yaml=${encodeURIComponent(this.#text)}`;
      const frame = document.createElement("iframe");
      frame.title = this.getAttribute("label") ?? "Podglass: what a cluster does with this manifest";
      frame.loading = "lazy";
      frame.allow = "clipboard-write";
      frame.style.cssText = "display:block;width:100%;height:560px;border:1px solid color-mix(in srgb, currentColor 18%, transparent);border-radius:12px;color-scheme:auto";
      frame.src = address.href;
      this.style.display ||= "block";
      this.replaceChildren(frame);
      this.#frame = frame;
    }

    async #read(src) {
      const answer = await fetch(new URL(src, document.baseURI));
      if (!answer.ok) throw new Error(`${answer.status} ${answer.statusText}`);
      return answer.text();
    }
  }

  if (!customElements.get("pod-glass")) customElements.define("pod-glass", PodGlass);
})();
