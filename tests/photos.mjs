// Photographs the built page: docs/page.png for the README, and every size and theme in target/photos to look at.
// `cargo xtask photos` builds dist/ first and calls this.
import { chromium } from "@playwright/test";
import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";

const port = 8098;
const server = spawn("node", ["tests/e2e/serve.mjs", String(port)], { stdio: ["ignore", "pipe", "inherit"] });
await new Promise((resolve) => server.stdout.once("data", resolve));
const browser = await chromium.launch({
	executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
	args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});

/** The first example at an instant: paused there, so that two photographs are equal. */
async function photo(file, { width, height, scheme, address = "", at = 6.5 }) {
	const page = await browser.newPage({ viewport: { width, height }, colorScheme: scheme, reducedMotion: "reduce" });
	await page.goto(`http://127.0.0.1:${port}/${address}`);
	await page.locator(".page").waitFor();
	if (!address.includes("demo")) {
		const transport = page.locator(".transport");
		if ((await transport.getAttribute("data-playing")) === "true") await page.getByRole("button", { name: /^Pause/ }).click();
		await page.keyboard.press("Home");
		for (let i = 0; i < Math.floor(at); i++) await page.keyboard.press("ArrowRight");
	}
	await page.waitForTimeout(500);
	await page.screenshot({ path: file });
	await page.close();
}

mkdirSync("docs", { recursive: true });
mkdirSync("target/photos", { recursive: true });
try {
	await photo("docs/page.png", { width: 1440, height: 900, scheme: "light" });
	for (const scheme of ["light", "dark"])
		for (const [width, height] of [[1440, 900], [1280, 720], [900, 1000], [640, 900], [360, 740]]) await photo(`target/photos/${width}-${scheme}.png`, { width, height, scheme });
	for (const scheme of ["light", "dark"]) await photo(`target/photos/embed-${scheme}.png`, { width: 720, height: 480, scheme, address: "?embed" });
} finally {
	await browser.close();
	server.kill();
}
console.log("docs/page.png and target/photos/ are new");
