import { defineConfig } from "@playwright/test";

// Expects a built page in dist/ (`cargo xtask build`); runs in the system's Chromium.
const port = Number(process.env.PORT ?? 8097);

export default defineConfig({
  testDir: "tests/e2e",
  timeout: 60_000,
  expect: { timeout: 15_000 },
  workers: 1,
  retries: 0,
  reporter: [["list"]],
  use: {
    baseURL: `http://127.0.0.1:${port}/`,
    viewport: { width: 1440, height: 900 },
    colorScheme: "light",
    screenshot: "only-on-failure",
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      args: [
        "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync",
      ],
    },
  },
  webServer: { command: `node tests/e2e/serve.mjs ${port}`, url: `http://127.0.0.1:${port}/`, reuseExistingServer: false },
});
