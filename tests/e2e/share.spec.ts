// Links, embedded views, narrow screens, failure.
import { expect, test } from "@playwright/test";
import AxeBuilder from "@axe-core/playwright";
import { POD, card, editor, open, paste, seek, status, time } from "./page";

test("a shared link opens the same moment in another browser", async ({ page, browser }) => {
  await open(page);
  await paste(page, POD);
  await page.keyboard.press("ControlOrMeta+Enter");
  await expect(card(page, "first")).toBeVisible();
  await seek(page, 5);
  const shown = await page.locator(".pod").first().innerHTML();
  await page.getByRole("button", { name: "Share this moment" }).click();
  const link = await page.getByTestId("share-link").inputValue();
  expect(link).toContain("#");
  const other = await (await browser.newContext({ viewport: { width: 1440, height: 900 } })).newPage();
  await open(other, link);
  await expect(editor(other)).toContainText("name: pasted");
  await expect(time(other)).toHaveAttribute("data-ms", "5000");
  await expect(other.locator(".transport")).toHaveAttribute("data-playing", "false");
  expect(await other.locator(".pod").first().innerHTML()).toBe(shown);
});

test("a course page embeds two beside its text; their height follows, and they need no editor", async ({ page }) => {
  const asked: string[] = [];
  page.on("request", (request) => asked.push(request.url()));
  await page.goto("demo/");
  const first = page.frameLocator("#first iframe"), second = page.frameLocator("#second iframe");
  await expect(first.locator(".pod")).toBeVisible();
  await expect(time(first)).toHaveAttribute("data-ms", "1000");
  await page.locator("#second").scrollIntoViewIfNeeded();
  await expect(second.locator(".pod")).toBeVisible();
  await expect(status(second)).toHaveText("Running", { timeout: 30_000 });
  const frame = page.locator("#first iframe");
  await expect.poll(async () => {
    const inside = await first.locator(".page").evaluate((e) => e.getBoundingClientRect().height);
    return Math.abs((await frame.boundingBox())!.height - inside);
  }).toBeLessThan(6);
  expect(asked.filter((url) => url.includes("vendor/"))).toEqual([]);
  expect(asked.filter((url) => new URL(url).hostname !== "127.0.0.1" && url.startsWith("http"))).toEqual([]);
});

test("a narrow screen shows one pane at a time and keeps the transport", async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await page.goto("./");
  await expect(page.locator(".pod, .tile").first()).toBeVisible();
  await expect(page.getByRole("button", { name: /^(Play|Pause)/ })).toBeInViewport();
  await page.getByRole("button", { name: /^Manifest/ }).click();
  await expect(editor(page)).toBeVisible();
  await expect(page.locator(".stage")).toBeHidden();
  await page.getByRole("button", { name: "Details" }).click();
  await expect(page.locator(".timeline")).toBeVisible();
  await expect(page.getByRole("button", { name: /^(Play|Pause)/ })).toBeInViewport();
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
});

for (const theme of ["light", "dark", "contrast"]) {
  test(`axe finds nothing serious: ${theme}`, async ({ page }) => {
    await open(page, `./?theme=${theme}`);
    await expect(page.locator(".pod")).toBeVisible();
    await seek(page, 4);
    const { violations } = await new AxeBuilder({ page }).analyze();
    const serious = violations.filter((v) => ["serious", "critical"].includes(v.impact ?? ""));
    expect(serious.map((v) => `${v.id}: ${v.nodes.slice(0, 4).map((n) => n.html.slice(0, 160)).join(" | ")}`)).toEqual([]);
  });
}

test("a panic keeps the text", async ({ page }) => {
  await open(page, "./?panic");
  await paste(page, POD);
  await page.evaluate(() => dispatchEvent(new CustomEvent("podglass:panic")));
  const overlay = page.getByRole("alertdialog");
  await expect(overlay).toBeVisible();
  await expect(overlay.getByRole("textbox")).toHaveValue(/name: pasted/);
});

test("without wasm a plain message says why", async ({ page }) => {
  await page.route("**/*.wasm", (route) => route.abort());
  await page.goto("./");
  await expect(page.getByRole("heading", { name: "Podglass could not start" })).toBeVisible();
});
