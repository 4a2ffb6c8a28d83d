// The timeline: zoom, overview, causes, handles; the run underneath; comparing; tables.
import { expect, test, type Page } from "@playwright/test";
import AxeBuilder from "@axe-core/playwright";
import { POD, card, editor, open, paste, seek, status, time } from "./page";

const run = async (page: Page, text = POD) => {
  await open(page, "./?lang=en");
  await paste(page, text);
  await page.keyboard.press("ControlOrMeta+Enter");
  await expect(page.locator(".pod, .tile").first()).toBeVisible();
};
const blur = (page: Page) => page.locator(".stage-pane").click({ position: { x: 4, y: 4 } });
const compareMenu = async (page: Page, item: RegExp) => {
  await page.getByRole("button", { name: "Compare", exact: true }).click();
  await page.locator(".menu-item", { hasText: item }).click();
};
const words = (page: Page) => page.getByTestId("under-words");
const lane = (page: Page, name: string) => page.locator(`.lane[data-lane$="/c/${name}"]`);

test("the timeline zooms by keys and wheel, the overview shows where, and moves it", async ({ page }) => {
  await run(page);
  await seek(page, 3);
  await blur(page);
  const labels = () => page.locator(".ruler .ticks text").allTextContents();
  const whole = await labels();
  await expect(page.getByTestId("overview")).toHaveCount(0);
  for (let i = 0; i < 4; i++) await page.keyboard.press("+");
  await expect(page.getByTestId("overview")).toBeVisible();
  expect(await labels()).not.toEqual(whole);
  const shown = page.locator(".overview .shown");
  const x = async () => Number(await shown.getAttribute("x"));
  const before = await x();
  await page.keyboard.press("Shift+ArrowRight");
  await expect.poll(x).toBeGreaterThan(before);
  const strip = (await page.locator(".overview svg").boundingBox())!;
  await page.mouse.move(strip.x + 20, strip.y + 8);
  await page.mouse.down();
  await page.mouse.move(strip.x + strip.width * 0.7, strip.y + 8, { steps: 4 });
  await page.mouse.up();
  await expect.poll(x).toBeGreaterThan(strip.width * 0.4);
  const lanes = (await page.locator(".lanes").boundingBox())!;
  await page.mouse.move(lanes.x + lanes.width / 2, lanes.y + 20);
  await page.keyboard.down("Control");
  for (let i = 0; i < 12; i++) await page.mouse.wheel(0, 400);
  await page.keyboard.up("Control");
  await expect(page.getByTestId("overview")).toHaveCount(0);
  // Labels never run into each other, at any zoom.
  for (let i = 0; i < 9; i++) {
    await page.keyboard.press("+");
    const boxes = await page.locator(".ruler .ticks text").evaluateAll((all) => all.map((e) => e.getBoundingClientRect()).map((r) => [r.left, r.right]));
    boxes.slice(1).forEach((b, j) => expect(b[0]).toBeGreaterThanOrEqual(boxes[j][1]));
  }
  await page.keyboard.press("0");
  await expect.poll(labels).toEqual(whole);
});

test("two fingers zoom", async ({ browser }) => {
  const page = await (await browser.newContext({ hasTouch: true, viewport: { width: 1280, height: 800 } })).newPage();
  await run(page);
  await seek(page, 3);
  const box = (await page.locator(".lanes").boundingBox())!;
  const client = await page.context().newCDPSession(page);
  const touch = (type: string, ...xs: number[]) => client.send("Input.dispatchTouchEvent", { type: type as "touchStart", touchPoints: xs.map((x, id) => ({ x: box.x + x, y: box.y + 150, id })) });
  await touch("touchStart", 400);
  await touch("touchStart", 400, 500);
  for (let d = 0; d <= 200; d += 40) await touch("touchMove", 400 - d / 2, 500 + d);
  await touch("touchEnd");
  await expect(page.getByTestId("overview")).toBeVisible();
});

test("the causes of the selected container are arrows from lane to lane", async ({ page }) => {
  await run(page);
  await seek(page, 8);
  await card(page, "second").click();
  const arrows = page.locator(".arrow");
  await expect(arrows.first()).toBeAttached();
  expect((await arrows.locator("title").allTextContents()).join("\n")).toMatch(/First exited 0 → .*second/i);
});

test("dragging a bar's end changes the run; its ghost stays until dismissed; undo and redo", async ({ page }) => {
  await run(page);
  await seek(page, 2);
  await blur(page);
  const grip = lane(page, "first").locator(".grip").last();
  await lane(page, "first").hover();
  const b = (await grip.boundingBox())!;
  await page.mouse.move(b.x + 6, b.y + 12);
  await page.mouse.down();
  await page.mouse.move(b.x + 120, b.y + 12, { steps: 6 });
  await expect(page.locator(".drag text")).toHaveText(/ s$/);
  await page.mouse.up();
  await expect(words(page)).toContainText(/later because init container first runs \d/);
  await expect(lane(page, "first").locator(".under .segment").first()).toBeAttached();
  await expect(page.locator(".mark").first()).toBeAttached();
  await expect(page.getByRole("tab", { name: /Changes/ })).toContainText("1");
  // By keyboard it is the same handle.
  await lane(page, "first").locator(".grip").last().focus();
  const later = await words(page).textContent();
  await page.keyboard.press("ArrowRight");
  await expect(words(page)).not.toHaveText(later!);
  await expect(page.getByRole("tab", { name: /Changes/ })).toContainText("1");
  await blur(page);
  await page.keyboard.press("ControlOrMeta+z");
  await page.keyboard.press("ControlOrMeta+z");
  await expect(page.getByRole("tab", { name: /Changes/ })).not.toContainText("1");
  await page.keyboard.press("ControlOrMeta+y");
  await expect(page.getByRole("tab", { name: /Changes/ })).toContainText("1");
  await page.getByTestId("under").getByRole("button", { name: /Take what lies underneath away/ }).click();
  await expect(page.getByTestId("under")).toHaveCount(0);
  await expect(page.locator(".under .segment")).toHaveCount(0);
});

test("a change is edited in its list", async ({ page }) => {
  await run(page);
  await seek(page, 20);
  await card(page, "app").click({ button: "right" });
  await page.getByTestId("what-if").getByRole("button", { name: /exits with 1 now/ }).click();
  await page.getByRole("tab", { name: /Changes/ }).click();
  await page.getByLabel("exit code").fill("3");
  await page.getByLabel("exit code").blur();
  await expect(page.getByTestId("changes")).toContainText("exit 3");
  await page.getByLabel("at (s)").fill("12");
  await page.getByLabel("at (s)").blur();
  await expect(page.getByTestId("changes")).toContainText("12 s");
});

test("two manifests side by side: which is ready later and why, in words from the runs, and in the link", async ({ page, browser }) => {
  await run(page);
  await compareMenu(page, /edited copy/);
  await expect(page.locator(".stage")).toHaveCount(2);
  await paste(page, POD.replace('echo two; sleep 3', 'echo two; sleep 9').replace("name: pasted", "name: pasted # slower"));
  await page.keyboard.press("ControlOrMeta+Enter");
  await expect(words(page)).toHaveText(/The right one is ready 6\.\d s later because init container second runs 9\.\d s, not 3\.\d s/);
  await seek(page, 11);
  const shown = await page.locator(".stage").evaluateAll((all) => all.map((e) => e.querySelector("[data-testid=pod-status]")!.textContent));
  expect(shown[0]).not.toBe(shown[1]);
  await expect(page.locator(".mark").first()).toBeAttached();
  await page.getByRole("button", { name: "Share this moment" }).click();
  const link = await page.getByTestId("share-link").inputValue();
  const other = await (await browser.newContext({ viewport: { width: 1440, height: 900 } })).newPage();
  await open(other, link);
  await expect(other.locator(".stage")).toHaveCount(2);
  await expect(words(other)).toContainText("ready 6.");
  await expect(time(other)).toHaveAttribute("data-ms", "11000");
});

test("an init container beside a sidecar: the chain is the reason", async ({ page }) => {
  const two = POD.replace("image: busybox:1.36\n    command: [\"sh\", \"-c\", \"echo two; sleep 3\"]", "restartPolicy: Always\n    image: busybox:1.36\n    command: [\"sh\", \"-c\", \"echo two; sleep 3000\"]");
  await run(page);
  await compareMenu(page, /edited copy/);
  await paste(page, two);
  await page.keyboard.press("ControlOrMeta+Enter");
  await expect(words(page)).toContainText("earlier");
  await page.getByRole("button", { name: /^Differences/ }).click();
  await expect(page.getByTestId("compare")).toContainText("second is an init container in the left one and a sidecar in the right one");
});

test("an example is laid over what a real cluster did: counted, listed, one clock", async ({ page }) => {
  await open(page, "./?lang=en");
  await compareMenu(page, /With a real cluster/);
  await expect(page.getByTestId("under")).toContainText("Recorded on a real Kubernetes 1.37.1");
  await expect(words(page)).toContainText(/recorded facts agree/);
  await expect(page.locator('.under .marker[data-shape="event"]').first()).toBeAttached();
  await expect(page.locator(".under .segment").first()).toBeAttached();
  await compareMenu(page, /All recordings/);
  const list = page.getByTestId("recordings");
  await expect(list.locator("li")).toHaveCount(86);
  await list.getByRole("button", { name: /^init-fail-three-policies/ }).click();
  await expect(page.getByTestId("under").locator(".count")).toHaveText(/\d+\/\d+/);
  await page.getByRole("button", { name: /^Differences/ }).click();
  await expect(page.getByTestId("compare").locator("li").first()).toContainText(/real cluster|here only/);
});

test("a thousand Pods stay readable: folded by owner, opened by a click", async ({ page }) => {
  await run(page, `apiVersion: apps/v1
kind: Deployment
metadata: { name: many }
spec:
  replicas: 1000
  selector: { matchLabels: { app: many } }
  template:
    metadata: { labels: { app: many } }
    spec: { containers: [{ name: web, image: nginx:1.27 }] }
`);
  await expect(page.locator(".lane")).toHaveCount(1);
  await expect(page.locator(".lane")).toContainText(/\(1000\)/, { timeout: 60_000 });
  await page.locator(".fold").click();
  await expect(page.locator(".lane")).toHaveCount(42);
  await expect(page.locator(".lane").last()).toContainText("960 more");
});

test("a whole run without eyes: steps are spoken once, and tables hold stage and timeline", async ({ page }) => {
  await run(page);
  await seek(page, 0);
  await blur(page);
  const said: string[] = [];
  for (let i = 0; i < 30 && (await page.getByRole("button", { name: /^Step forward/ }).isEnabled()); i++) {
    const at = (await time(page).getAttribute("data-ms"))!;
    await page.keyboard.press(".");
    await expect(time(page)).not.toHaveAttribute("data-ms", at);
    said.push((await page.getByTestId("announcements").textContent())!);
  }
  expect(said.join("\n")).toMatch(/first exited 0/);
  expect(said.join("\n")).toMatch(/kubelet started app/);
  expect(await page.locator("[aria-live]:not([aria-live=off], .cm-announced)").count()).toBe(1);
  await page.getByRole("tab", { name: "Table" }).click();
  const table = page.getByTestId("run-table");
  await expect(table.getByRole("row", { name: /first exit 0/ })).toHaveCount(1);
  await expect(page.getByTestId("tables").locator("table").first().getByRole("row", { name: /^app running/ })).toHaveCount(1);
});

for (const theme of ["light", "dark", "contrast"]) {
  test(`axe finds nothing with a run underneath: ${theme}`, async ({ page }) => {
    await open(page, `./?lang=en&theme=${theme}`);
    await compareMenu(page, /With a real cluster/);
    await expect(words(page)).toContainText(/agree/);
    await seek(page, 4);
    for (const panel of ["Table", "Compare", "Timeline"]) {
      await page.getByRole("tab", { name: panel }).click();
      const { violations } = await new AxeBuilder({ page }).analyze();
      expect(violations.map((v) => `${panel} ${v.id}: ${v.nodes.slice(0, 4).map((n) => n.html.slice(0, 160)).join(" | ")}`)).toEqual([]);
    }
  });
}

test("in a frame of fixed height the transport stays in sight", async ({ page }) => {
  await page.setViewportSize({ width: 700, height: 340 });
  await page.goto("./?embed&t=3");
  await expect(page.locator(".pod")).toBeVisible();
  await expect(page.getByRole("button", { name: /^(Play|Pause)/ })).toBeInViewport({ ratio: 1 });
  await expect(status(page)).toBeVisible();
});

test("in a narrow frame no text runs into another", async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await page.goto("./?lang=en");
  await expect(page.locator(".pod")).toBeVisible();
  const boxes = await page.locator(".pod").first().evaluate((pod) => [...pod.querySelectorAll("text")].map((t) => ({ text: t.textContent!, r: t.getBoundingClientRect() })).filter((t) => t.text.trim() && t.r.width > 0).map((t) => ({ text: t.text, l: t.r.left, t: t.r.top + 3, r: t.r.right, b: t.r.bottom - 3 })));
  const clashes = boxes.flatMap((a, i) => boxes.slice(i + 1).filter((b) => a.l < b.r - 1 && b.l < a.r - 1 && a.t < b.b && b.t < a.b).map((b) => `${a.text} / ${b.text}`));
  expect(clashes).toEqual([]);
  expect(await editor(page).count()).toBeLessThanOrEqual(1);
});
