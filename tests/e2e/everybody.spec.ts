// For everybody: first contact, another language, large text, strong contrast, fingers, no storage.
import { expect, test } from "@playwright/test";
import AxeBuilder from "@axe-core/playwright";
import { editor, open, paste, pause, seek, status, time } from "./page";

test.use({ reducedMotion: "reduce" });

test("nothing is there: the page says what can be done", async ({ page }) => {
  await open(page);
  await page.getByRole("button", { name: "New", exact: true }).click();
  const blank = page.getByTestId("blank");
  await expect(blank.getByRole("heading")).toContainText("Nothing runs yet");
  await blank.getByRole("button", { name: "Open an example" }).click();
  await expect(page.getByTestId("gallery")).toBeVisible();
});

test("a manifest with errors keeps the last good run, dimmed, and says so", async ({ page }) => {
  await open(page);
  await seek(page, 6);
  await editor(page).click();
  await page.keyboard.press("ControlOrMeta+End");
  await page.keyboard.type("\nspec: twice\n");
  await expect(page.locator(".page")).toHaveAttribute("data-stale", "");
  await expect(page.locator(".stale")).toContainText("the last run without them");
  await expect(page.locator(".pod")).toBeVisible();
});

test("where storage is blocked everything works and the page says what is lost", async ({ page }) => {
  await page.addInitScript(() => {
    Object.defineProperty(window, "localStorage", { get() { throw new DOMException("denied", "SecurityError"); } });
    Object.defineProperty(window, "sessionStorage", { get() { throw new DOMException("denied", "SecurityError"); } });
  });
  await open(page);
  await expect(page.getByTestId("no-storage")).toBeVisible();
  await seek(page, 8);
  await expect(status(page)).not.toHaveText("");
});

test("a browser without WebAssembly is told so, and the manifest is still there", async ({ page }) => {
  await page.addInitScript(() => { delete (globalThis as { WebAssembly?: unknown }).WebAssembly; });
  await page.goto("./#yaml=" + encodeURIComponent("kind: Pod # mine"));
  await expect(page.getByRole("heading", { name: "Podglass could not start" })).toBeVisible({ timeout: 20_000 });
  await expect(page.locator(".boot-card")).toContainText("WebAssembly");
  await expect(page.getByRole("textbox")).toHaveValue(/# mine/);
});

test("a very large manifest is read when typing pauses, and the page stays alive", async ({ page }) => {
  test.setTimeout(120_000);
  await open(page);
  const one = (i: number) => `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: large-${i}\ndata:\n  key: "${"x".repeat(200)}"\n`;
  await paste(page, Array.from({ length: 1000 }, (_, i) => one(i)).join("---\n"));
  await expect(page.getByTestId("problems")).toHaveAttribute("data-errors", "0", { timeout: 60_000 });
  await expect(page.locator(".outside").first()).toBeVisible({ timeout: 60_000 });
});

test("a German browser is spoken to in German, and can be switched live", async ({ browser }) => {
  const page = await (await browser.newContext({ locale: "de-DE", reducedMotion: "reduce", viewport: { width: 1280, height: 720 } })).newPage();
  const asked: string[] = [];
  page.on("request", (r) => asked.push(new URL(r.url()).pathname));
  await open(page);
  await expect(page.locator("html")).toHaveAttribute("lang", "de");
  await expect(page.getByRole("button", { name: "Diesen Moment teilen" })).toBeVisible();
  expect(asked.filter((p) => p.endsWith("words/de.txt"))).toHaveLength(1);
  await page.getByRole("button", { name: /^(Anhalten|Abspielen)/ }).click();
  await page.getByRole("slider", { name: "Zeit des Laufs" }).evaluate((e: HTMLInputElement) => { e.value = "8400"; e.dispatchEvent(new InputEvent("input", { bubbles: true })); });
  await expect(page.getByTestId("narration")).toContainText("endete mit 0, daher: ");
  await expect(status(page)).toHaveText("Init:1/2");
  await page.getByRole("tab", { name: "Ereignisse" }).click();
  await expect(page.getByTestId("events")).toContainText("Successfully assigned default/kubia-init");
  await page.getByRole("button", { name: "Darstellung und Sprache" }).click();
  await page.getByRole("menuitemradio", { name: "English" }).click();
  await expect(page.locator("html")).toHaveAttribute("lang", "en");
  await expect(page.getByRole("button", { name: "Share this moment" })).toBeVisible();
  await expect(time(page)).toHaveAttribute("data-ms", "8400");
  await page.reload();
  await expect(page.getByRole("button", { name: "Share this moment" })).toBeVisible();
});

test("at 200 % text nothing is cut off sideways", async ({ page }) => {
  await page.setViewportSize({ width: 1280, height: 900 });
  await open(page);
  await seek(page, 6);
  await page.addStyleTag({ content: "html { font-size: 200% }" });
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(1280);
  for (const name of ["Share this moment", "Examples"]) {
    const box = (await page.getByRole("button", { name }).first().boundingBox())!;
    expect(box.x + box.width).toBeLessThanOrEqual(1280);
  }
  await page.getByRole("button", { name: /^Play/ }).scrollIntoViewIfNeeded();
  await expect(page.getByRole("button", { name: /^Play/ })).toBeInViewport();
});

test("whatever can be pressed is at least 24 pixels large", async ({ page }) => {
  await open(page, "./#tour=course-2:2");
  await expect(page.getByTestId("tour")).toBeVisible();
  const small = await page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>("button, select, [role=button], input")].filter((e) => e.checkVisibility() && !e.closest(".cm-editor")).map((e) => ({ e, b: e.getBoundingClientRect() }))
      // Names inside a sentence are text: the standard leaves them out.
      .filter(({ e, b }) => b.width > 0 && !e.matches(".name") && (b.width < 23.9 || b.height < 23.9)).map(({ e, b }) => `${e.className} ${e.textContent?.slice(0, 20)} ${b.width}×${b.height}`));
  expect(small).toEqual([]);
});

test("forced colours keep every state apart by shape and word", async ({ browser }) => {
  const page = await (await browser.newContext({ forcedColors: "active", reducedMotion: "reduce", viewport: { width: 1280, height: 720 } })).newPage();
  await open(page);
  await seek(page, 6);
  await expect(page.locator(".card").first()).toBeVisible();
  const border = await page.getByRole("button", { name: "Share this moment" }).evaluate((e) => getComputedStyle(e).borderTopStyle);
  expect(border).toBe("solid");
});

test("headings, landmarks and the live region are there for a screen reader", async ({ page }) => {
  await open(page);
  await pause(page);
  for (const role of ["banner", "main"] as const) await expect(page.getByRole(role)).toHaveCount(1);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Podglass");
  await expect(page.getByRole("heading", { name: "Stage" })).toHaveCount(1);
  await page.getByRole("button", { name: /^To the start/ }).click();
  await page.keyboard.press(".");
  await expect(page.getByTestId("announcements")).not.toHaveText("");
});

test("every command is reachable by name", async ({ page }) => {
  await open(page);
  await page.keyboard.press("ControlOrMeta+k");
  for (const [words, name] of [["contrast", "Theme: High contrast"], ["deutsch", "Language: Deutsch"], ["tour port", "Tour: Two containers, one port"], ["panel logs", "Panel: Logs"]] as const) {
    await page.getByRole("searchbox").fill(words);
    await expect(page.getByRole("option", { name })).toBeVisible();
  }
  await page.getByRole("searchbox").fill("panel logs");
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("log")).toBeVisible();
});

for (const theme of ["light", "dark", "contrast"]) {
  test(`the style page shows every part without findings: ${theme}`, async ({ page }) => {
    test.setTimeout(120_000);
    await page.goto(`./?theme=${theme}#style`);
    await expect(page.getByTestId("style")).toHaveAttribute("data-ready", "", { timeout: 60_000 });
    const roles = await page.evaluate(() => [...new Set([...document.querySelectorAll(".card")].map((c) => (c as HTMLElement).dataset.role))].sort());
    for (const role of ["back-off", "completed", "failed", "not-ready", "pulling", "running", "terminating", "waiting"]) expect(roles).toContain(role);
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map((v) => `${v.id}: ${v.nodes.slice(0, 3).map((n) => n.html.slice(0, 140)).join(" | ")}`)).toEqual([]);
  });
}
