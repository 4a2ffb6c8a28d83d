// Bundles CodeMirror into static/vendor/editor.js and, for its help, editor-*.js: `npm run vendor`.
// The page loads them lazily, so the embed view never pays for them.
import { build } from "esbuild";
import { rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));

await rm(root + "static/vendor", { recursive: true, force: true });
await build({
  absWorkingDir: root,
  entryPoints: ["web/vendor/editor.mjs"],
  outdir: "static/vendor",
  chunkNames: "editor-[name]-[hash]",
  bundle: true,
  splitting: true,
  format: "esm",
  minify: true,
  target: "es2022",
  legalComments: "linked",
  logLevel: "info",
});
