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

/** Instants that tell most, each a step of a tour. */
const INSTANTS = {
	"chain": "#tour=course-2:3", "ports": "#tour=course-2:5", "mistake": "#tour=course-3:3", "waiting": "#tour=course-4:3", "volume": "#tour=course-5:3",
	"back-off": "#tour=crash-loop:3", "sidecar": "#tour=native-sidecar:3", "clash": "#tour=port-clash:3", "hand-over": "#tour=shared-volume:3", "traffic": "#tour=readiness:3",
	"introduction": "#tour=intro:1",
};

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
	// The style page in every theme and size: each state of each part.
	for (const theme of ["light", "dark", "contrast"])
		for (const width of [1440, 1280, 900, 640, 360]) {
			const page = await browser.newPage({ viewport: { width, height: 900 }, reducedMotion: "reduce" });
			await page.goto(`http://127.0.0.1:${port}/?theme=${theme}#style`);
			await page.locator("[data-testid=style][data-ready]").waitFor({ timeout: 60_000 });
			await page.screenshot({ path: `target/photos/style-${width}-${theme}.png`, fullPage: true });
			await page.close();
		}
	// The ten most telling instants, and what is there before anything runs.
	for (const [name, address] of Object.entries(INSTANTS))
		for (const scheme of ["light", "dark"]) {
			const page = await browser.newPage({ viewport: { width: 1280, height: 720 }, colorScheme: scheme, reducedMotion: "reduce" });
			await page.goto(`http://127.0.0.1:${port}/${address}`);
			await page.locator("[data-testid=tour]").waitFor();
			await page.waitForTimeout(500);
			await page.screenshot({ path: `target/photos/${name}-${scheme}.png` });
			await page.close();
		}
	for (const scheme of ["light", "dark"]) await photo(`target/photos/embed-${scheme}.png`, { width: 720, height: 480, scheme, address: "?embed" });
} finally {
	await browser.close();
	server.kill();
}
console.log("docs/page.png and target/photos/ are new");
