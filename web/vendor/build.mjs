// Bundles CodeMirror into static/vendor/editor.js: `npm run vendor`.
// The page loads it lazily, so the embed view never pays for it.
import { build } from "esbuild";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));

await build({
  absWorkingDir: root,
  entryPoints: ["web/vendor/editor.mjs"],
  outfile: "static/vendor/editor.js",
  bundle: true,
  format: "esm",
  minify: true,
  target: "es2022",
  legalComments: "linked",
  logLevel: "info",
});
