// Measures the built page (dist/) in Chromium: frames while it plays, and the time from an input to the next paint for
// typing, seeking and dragging, on a Pod of 30 containers; and that a page at rest does nothing.
//   node tests/frames.mjs [--json]
// Goals: median ≤ 16 ms, 99th percentile ≤ 50 ms. Figures, never pass or fail: `cargo xtask bench` prints them.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { chromium } from "@playwright/test";

const port = 8096;
const server = spawn(process.execPath, [fileURLToPath(new URL("e2e/serve.mjs", import.meta.url)), String(port)], { stdio: "ignore" });
await new Promise((go) => setTimeout(go, 400));
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"] });

const containers = (n, kind, line) => Array.from({ length: n }, (_, i) => `  - name: ${kind}-${i + 1}\n    image: busybox:1.36\n    command: ["sh", "-c", "${line(i)}"]\n`).join("");
const POD = `apiVersion: v1\nkind: Pod\nmetadata:\n  name: thirty\nspec:\n  initContainers:\n${containers(6, "init", () => "echo begin; sleep 1; echo end")}  containers:\n${containers(24, "app", (i) => `while true; do echo tick; sleep ${1 + (i % 5)}; done`)}`;

try {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  page.on("pageerror", (e) => console.error(String(e)));
  await page.goto(`http://127.0.0.1:${port}/?lang=en#yaml=${encodeURIComponent(POD)}`);
  await page.locator(".card").first().waitFor();
  await page.locator(".cm-content").waitFor();
  await page.waitForFunction(() => !document.querySelector(".computing"));
  // Frames: the work of each animation frame, from its callback to when the browser is free again.
  await page.evaluate(() => {
    window.busy = [];
    window.gaps = [];
    let last = 0;
    const frame = (now) => {
      if (last) window.gaps.push(now - last);
      last = now;
      const began = performance.now();
      const channel = new MessageChannel();
      channel.port1.onmessage = () => window.busy.push(performance.now() - began);
      channel.port2.postMessage(0);
      window.wanted && requestAnimationFrame(frame);
    };
    window.measure = (on) => { window.wanted = on; last = 0; if (on) requestAnimationFrame(frame); };
    window.paint = (act) => new Promise((done) => {
      const began = performance.now();
      act();
      requestAnimationFrame(() => { const c = new MessageChannel(); c.port1.onmessage = () => done(performance.now() - began); c.port2.postMessage(0); });
    });
  });
  const figures = {};
  const note = (name, values) => {
    const sorted = [...values].sort((a, b) => a - b);
    const at = (p) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * p))] ?? 0;
    figures[name] = { median: +at(0.5).toFixed(1), p99: +at(0.99).toFixed(1), count: sorted.length };
  };

  const playing = async () => (await page.locator(".transport").getAttribute("data-playing")) === "true";
  const play = async (on) => { if ((await playing()) !== on) await page.getByRole("button", { name: on ? /^Play/ : /^Pause/ }).click(); };
  await page.getByRole("button", { name: /^To the start/ }).click();
  await play(true);
  await page.evaluate(() => window.measure(true));
  await page.waitForTimeout(6000);
  const [gaps, busy] = await page.evaluate(() => { window.measure(false); return [window.gaps, window.busy]; });
  note("frame, from one to the next", gaps);
  note("frame, its work", busy);
  await play(false);

  note("typing: key to paint", await page.evaluate(async () => {
    const area = document.querySelector(".cm-content");
    area.focus();
    const out = [];
    for (let i = 0; i < 40; i++) out.push(await window.paint(() => document.execCommand("insertText", false, i % 8 ? "x" : "\n# ")));
    for (let i = 0; i < 60; i++) document.execCommand("undo");
    return out;
  }));
  note("seeking: input to paint", await page.evaluate(async () => {
    const slider = document.querySelector(".scrubber");
    const out = [];
    for (let i = 0; i < 60; i++) {
      out.push(await window.paint(() => { slider.value = String((i * 7919) % Number(slider.max)); slider.dispatchEvent(new InputEvent("input", { bubbles: true })); }));
    }
    return out;
  }));
  note("dragging the playhead: move to paint", await page.evaluate(async () => {
    const lanes = document.querySelector(".lanes"), box = lanes.getBoundingClientRect();
    const send = (type, x) => lanes.dispatchEvent(new PointerEvent(type, { bubbles: true, clientX: x, clientY: box.top + 4, pointerId: 1, button: 0, buttons: 1 }));
    send("pointerdown", box.left + 200);
    const out = [];
    for (let i = 0; i < 60; i++) out.push(await window.paint(() => send("pointermove", box.left + 200 + i * 9)));
    send("pointerup", box.left + 700);
    return out;
  }));
  note("zooming: key to paint", await page.evaluate(async () => {
    const out = [];
    for (let i = 0; i < 30; i++) out.push(await window.paint(() => dispatchEvent(new KeyboardEvent("keydown", { key: i % 10 < 5 ? "+" : "-", bubbles: true }))));
    return out;
  }));
  // At rest: no frame is asked for, nothing in the document changes.
  figures["at rest, in 2 s"] = await page.evaluate(async () => {
    let frames = 0, changes = 0;
    const ask = window.requestAnimationFrame;
    window.requestAnimationFrame = (f) => { frames++; return ask(f); };
    const observer = new MutationObserver((list) => { changes += list.length; });
    observer.observe(document.querySelector(".page"), { subtree: true, childList: true, attributes: true, characterData: true });
    await new Promise((go) => setTimeout(go, 2000));
    observer.disconnect();
    window.requestAnimationFrame = ask;
    return { frames, changes };
  });

  if (process.argv.includes("--json")) console.log(JSON.stringify(figures));
  else for (const [name, f] of Object.entries(figures)) {
    console.log("median" in f ? `${name.padEnd(38)} median ${String(f.median).padStart(6)} ms   p99 ${String(f.p99).padStart(6)} ms   (${f.count})` : `${name.padEnd(38)} ${f.frames} frames asked for, ${f.changes} changes of the document`);
  }
} finally {
  await browser.close();
  server.kill();
}
