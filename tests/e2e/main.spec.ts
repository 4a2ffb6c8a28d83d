// The main job: paste a Pod, watch it start, step through time, change the run.
import { expect, test } from "@playwright/test";
import { POD, card, editor, open, paste, pause, seek, status, time } from "./page";

test("the first visit shows an example that plays", async ({ page }) => {
  await open(page);
  await expect(page.locator(".pod")).toBeVisible();
  await expect(editor(page)).toContainText("kind: Pod");
  await expect(page.locator(".transport")).toHaveAttribute("data-playing", "true");
  const before = Number(await time(page).getAttribute("data-ms"));
  await expect.poll(async () => Number(await time(page).getAttribute("data-ms"))).toBeGreaterThan(before);
});

test("a pasted Pod starts its init containers one after the other", async ({ page }) => {
  await open(page);
  await paste(page, POD);
  await page.keyboard.press("ControlOrMeta+Enter");
  await expect(page.locator(".pod[aria-label*=pasted]")).toBeVisible();
  await expect(card(page, "first")).toBeVisible();
  await expect(status(page)).toHaveText("Init:0/2");
  await expect(status(page)).toHaveText("Init:1/2");
  await expect(card(page, "app")).toHaveAttribute("data-role", "waiting");
  await page.getByRole("button", { name: /^To the end/ }).click();
  await expect(status(page)).toHaveText("Running");
  await expect(card(page, "app")).toHaveAttribute("data-role", "running");
  await page.getByRole("tab", { name: "Events" }).click();
  await expect(page.getByTestId("events").locator("tr[data-reason=Started]")).toHaveCount(3);
});

test("a mistake is shown at its place, in the API server's words, and nothing typed is lost", async ({ page }) => {
  await open(page);
  await paste(page, POD.replace("containers:\n  - name: app", "containers:\n  - nam: app"));
  const problems = page.getByTestId("problems");
  await expect(problems).not.toHaveAttribute("data-errors", "0");
  await expect(problems).toContainText(/nam/);
  await expect(page.locator(".cm-lintRange-error").first()).toBeVisible();
  await page.reload();
  await expect(editor(page)).toContainText("- nam: app");
});

test("stepping back shows exactly what was shown before", async ({ page }) => {
  await open(page);
  await paste(page, POD);
  await page.keyboard.press("ControlOrMeta+Enter");
  await expect(card(page, "first")).toBeVisible();
  await pause(page);
  await page.getByRole("button", { name: /^To the start/ }).click();
  const forward = page.getByRole("button", { name: /^Step forward/ }), back = page.getByRole("button", { name: /^Step back/ });
  const ms = () => time(page).getAttribute("data-ms");
  const shown = () => page.locator(".pod").first().innerHTML();
  await expect(time(page)).toHaveAttribute("data-ms", "0");
  await forward.click();
  await expect(page.locator(".pod")).toBeVisible();
  const seen: { at: string; pod: string }[] = [];
  while (await forward.isEnabled()) {
    const at = (await ms())!;
    seen.push({ at, pod: await shown() });
    await forward.click();
    await expect(time(page)).not.toHaveAttribute("data-ms", at);
  }
  expect(seen.length).toBeGreaterThan(6);
  for (const before of seen.reverse()) {
    await back.click();
    await expect(time(page)).toHaveAttribute("data-ms", before.at);
    expect(await shown()).toBe(before.pod);
  }
});

test("time is moved by slider, keys and the timeline", async ({ page }) => {
  await open(page);
  await seek(page, 3);
  const there = await status(page).textContent();
  await page.locator(".stage-pane").click({ position: { x: 4, y: 4 } });
  await page.keyboard.press("ArrowRight");
  await expect(time(page)).toHaveAttribute("data-ms", "4000");
  await page.keyboard.press("ArrowLeft");
  await expect(time(page)).toHaveAttribute("data-ms", "3000");
  await expect(status(page)).toHaveText(there!);
  const box = (await page.locator(".ruler .ticks").boundingBox())!;
  await page.mouse.move(box.x + 10, box.y + 12);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.5, box.y + 12, { steps: 4 });
  await page.mouse.up();
  await expect.poll(async () => Number(await time(page).getAttribute("data-ms"))).not.toBe(3000);
});

test("what-if: a container exits, and the change can be taken back", async ({ page }) => {
  await open(page);
  await paste(page, POD);
  await page.keyboard.press("ControlOrMeta+Enter");
  await expect(card(page, "app")).toBeVisible();
  await seek(page, 20);
  await expect(status(page)).toHaveText("Running");
  await card(page, "app").click({ button: "right" });
  await page.getByTestId("what-if").getByRole("button", { name: /exits with 1 now/ }).click();
  await expect(page.getByRole("tab", { name: /Changes/ })).toContainText("1");
  const pod = page.locator(".pod");
  await seek(page, 25);
  await expect(pod).toHaveAttribute("data-restarts", "1");
  await page.getByRole("tab", { name: /Changes/ }).click();
  await page.getByTestId("changes").getByRole("button", { name: /^Take back/ }).click();
  await expect(pod).toHaveAttribute("data-restarts", "0");
  await expect(page.getByTestId("changes").locator("li")).toHaveCount(0);
});

test("selecting a container lights its lines and its lane, and why answers", async ({ page }) => {
  await open(page);
  await paste(page, POD);
  await page.keyboard.press("ControlOrMeta+Enter");
  await expect(card(page, "second")).toBeVisible();
  await seek(page, 3);
  await card(page, "second").click();
  await expect(card(page, "second")).toHaveAttribute("data-selected", "");
  await expect(page.locator(".cm-lit").first()).toContainText("second");
  await expect(page.locator('.lane[data-selected] .lane-label')).toHaveText("second");
  await page.keyboard.press("w");
  await expect(page.getByTestId("why")).toContainText("first");
});

test("the staircase of requests stands with the status, the step of the moment marked", async ({ page }) => {
  await open(page);
  await paste(
    page,
    `apiVersion: v1
kind: Pod
metadata: {name: stairs}
spec:
  initContainers:
  - {name: setup, image: busybox, command: [sleep, '600'], resources: {requests: {cpu: '1', memory: 64Mi}}}
  containers:
  - {name: app, image: busybox, command: [sleep, 1d], resources: {requests: {cpu: 250m, memory: 128Mi}}}
`,
  );
  await page.getByRole("tab", { name: "Status" }).click();
  const steps = page.getByTestId("requests").locator("tbody tr");
  await expect(steps).toHaveCount(2);
  await expect(steps.nth(0)).toHaveAttribute("data-now", "", { timeout: 20_000 });
  await expect(steps.nth(0).locator("[data-highest]")).toHaveText("1");
  await expect(steps.nth(1).locator("[data-highest]")).toHaveText("128Mi");
});
