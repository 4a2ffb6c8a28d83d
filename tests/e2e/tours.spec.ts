// Guided tours, the gallery, the introduction: by mouse, by keyboard, in somebody else's page.
import { expect, test } from "@playwright/test";
import { card, editor, open, status, time } from "./page";

test.use({ reducedMotion: "reduce" });

test("a prediction is answered by the run and its causes, with the keyboard alone", async ({ page }) => {
  await open(page, "./#tour=course-2:2");
  const tour = page.getByTestId("tour");
  await expect(tour).toContainText("What starts when it has exited with 0?");
  await expect(page.locator(".tour-choice")).toHaveCount(3);
  const asked = Number(await time(page).getAttribute("data-ms"));
  await page.keyboard.press("a");
  const answer = page.getByTestId("tour-answer");
  await expect(answer).toHaveAttribute("data-right", "false");
  await expect(answer).toContainText("It waits for init container network-check to exit 0.");
  await expect(page.locator(".tour-choice").nth(1)).toHaveAttribute("data-held", "true");
  expect(Number(await time(page).getAttribute("data-ms"))).toBeGreaterThan(asked);
  await expect(card(page, "kubia")).toHaveAttribute("data-selected", "");
  await page.keyboard.press("b");
  await expect(answer).toHaveAttribute("data-right", "true");
  await page.keyboard.press("n");
  await expect(tour).toHaveAttribute("data-step", "2");
  await expect(status(page)).toHaveText("Init:1/2");
  await page.keyboard.press("p");
  await expect(tour).toHaveAttribute("data-step", "1");
  await expect(answer).toHaveCount(0);
  await page.keyboard.press("Escape");
  await expect(tour).toHaveCount(0);
});

test("on the way to a step the run is played, and stops there", async ({ browser }) => {
  const page = await (await browser.newContext({ reducedMotion: "no-preference", viewport: { width: 1440, height: 900 } })).newPage();
  await open(page, "./#tour=port-clash:2");
  await page.keyboard.press("b");
  await expect(page.getByTestId("tour")).toHaveAttribute("data-moving", "");
  await expect(page.getByTestId("tour-answer")).toHaveAttribute("data-right", "true", { timeout: 20_000 });
  await expect(page.locator(".transport")).toHaveAttribute("data-playing", "false");
});

test("every listed tour opens at its first step", async ({ page }) => {
  await open(page);
  const list = (await (await page.request.get("tours/index.txt")).text()).split("\n").filter((l) => l.trim() && !l.startsWith("#")).map((l) => l.split("|").map((c) => c.trim()));
  expect(list.length).toBeGreaterThanOrEqual(11);
  for (const [id, title] of list) {
    await page.getByRole("button", { name: "Examples", exact: true }).click();
    await page.locator(`[data-tour="${id}"]`).click();
    await expect(page.getByTestId("tour")).toHaveAccessibleName(title);
    await expect(page.getByTestId("tour")).toHaveAttribute("data-step", "0");
    await page.getByRole("button", { name: "Leave the tour" }).click();
  }
});

test("a tour is embedded by its id", async ({ page }) => {
  await page.goto("demo/");
  await page.evaluate(() => {
    const glass = document.createElement("pod-glass");
    glass.id = "tour";
    glass.setAttribute("tour", "course-5");
    glass.setAttribute("step", "2");
    document.querySelector("h1")!.after(glass);
  });
  const frame = page.frameLocator("#tour iframe");
  await expect(frame.getByTestId("tour")).toHaveAttribute("data-step", "1");
  await frame.locator(".tour-choice").nth(1).click();
  await expect(frame.getByTestId("tour-answer")).toHaveAttribute("data-right", "true", { timeout: 20_000 });
  await expect(frame.locator(".cm-content")).toHaveCount(0);
});

test("the embed dialog offers the tour that is being taken", async ({ page }) => {
  await open(page, "./#tour=crash-loop");
  await expect(page.getByTestId("tour")).toBeVisible();
  await page.getByRole("button", { name: "Embed", exact: true }).click();
  await expect(page.getByTestId("embed-element")).toHaveValue(/<pod-glass tour="crash-loop">/);
});

test("tours and words are not fetched before they are asked for", async ({ page }) => {
  const asked: string[] = [];
  page.on("request", (r) => asked.push(new URL(r.url()).pathname));
  await open(page);
  await page.waitForTimeout(400);
  expect(asked.filter((p) => /tours|words|gallery|style/.test(p))).toEqual([]);
});

test("the gallery has a picture and a question for each example, finds and opens them", async ({ page }) => {
  await open(page);
  await page.getByRole("button", { name: "Examples", exact: true }).click();
  const gallery = page.getByTestId("gallery"), cards = gallery.locator(".gallery-card");
  expect(await cards.count()).toBeGreaterThan(30);
  for (const group of ["Course pages", "Lifecycle", "Volumes", "Network", "Failures", "Controllers"]) await expect(gallery.getByRole("region", { name: group })).toHaveCount(1);
  for (const text of await cards.locator("small").allTextContents()) expect(text).toContain("?");
  await page.getByRole("searchbox").fill("137");
  await expect(cards).toHaveCount(1);
  const picture = cards.locator("img");
  await expect.poll(() => picture.evaluate((i: HTMLImageElement) => i.complete && i.naturalWidth)).toBeGreaterThan(100);
  await page.getByRole("searchbox").fill("no such thing at all");
  await expect(gallery).toContainText("No example has all of these words.");
  await page.getByRole("searchbox").fill("two port");
  await page.locator('[data-example="port-clash"]').click();
  await expect(gallery).toHaveCount(0);
  await expect(editor(page)).toContainText("name: port-clash");
});

test("the introduction points at the real parts, can be skipped and found again", async ({ page }) => {
  await open(page);
  await page.getByRole("button", { name: "One-minute introduction" }).click();
  const tour = page.getByTestId("tour"), parts: string[] = [];
  for (;;) {
    await expect(tour).toHaveAttribute("data-step", String(parts.length));
    parts.push((await page.locator(".page").getAttribute("data-point"))!);
    if (parts.length === 6) break;
    await page.keyboard.press("n");
  }
  expect(parts).toEqual(["editor", "stage", "time", "why", "stage", "header"]);
  await page.getByRole("button", { name: "Done" }).click();
  await expect(tour).toHaveCount(0);
  await expect(page.getByRole("button", { name: "One-minute introduction" })).toHaveCount(0);
  await page.reload();
  await expect(page.locator(".pod")).toBeVisible();
  await expect(page.getByRole("button", { name: "One-minute introduction" })).toHaveCount(0);
  await page.locator(".stage-pane").click({ position: { x: 4, y: 4 } });
  await page.keyboard.press("?");
  await page.getByRole("button", { name: "One-minute introduction" }).click();
  await expect(tour).toHaveAttribute("data-step", "0");
  await page.getByRole("button", { name: "Leave the tour" }).click();
  await expect(tour).toHaveCount(0);
});
