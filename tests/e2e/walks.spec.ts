// Five newcomers' walks: what a person does who was told nothing. And the panels they meet on the way.
import { expect, test } from "@playwright/test";
import { POD, card, editor, open, paste, pause, seek, status } from "./page";

test.use({ reducedMotion: "reduce" });

test("(a) why does my Pod stay in Init:1/2?", async ({ page }) => {
  await open(page);
  await paste(page, POD.replace('["sh", "-c", "echo two; sleep 3"]', '["sh", "-c", "until nslookup db; do echo waiting for db; sleep 2; done"]'));
  await page.getByRole("button", { name: /^To the end/ }).click();
  await expect(status(page)).toHaveText("Init:1/2");
  await page.getByRole("button", { name: "Why?" }).click();
  const why = page.getByTestId("why");
  await expect(why).toContainText("second");
  await expect(why).toContainText("db");
  await expect(why).toContainText("there is no such name");
  await why.getByRole("button", { name: /^line \d+/ }).first().click();
  await expect(editor(page)).toBeFocused();
});

test("(b) which container wrote this file?", async ({ page }) => {
  await open(page, "./#example=shared-volume");
  await page.getByRole("button", { name: /^To the end/ }).click();
  await page.getByRole("tab", { name: "Files" }).click();
  const file = page.locator('.file-row[data-path$="/index.html"]').first();
  await expect(file.locator(".written")).toContainText(/(fetch|refresh) wrote it at/);
  await file.getByRole("button").click();
  await expect(page.locator(".file-view pre")).toContainText("version 1");
  await page.locator(".volume").first().click();
  await page.keyboard.press("w");
  await expect(page.getByTestId("why")).toContainText("wrote");
});

test("(c) what happens if the second init container fails twice?", async ({ page }) => {
  await open(page);
  await paste(page, POD);
  await seek(page, 6);
  for (const [at, n] of [[6, 1], [9, 2]]) {
    await seek(page, at);
    await card(page, "second").hover();
    await card(page, "second").click();
    await page.keyboard.press("x");
    await page.getByTestId("what-if").getByRole("button", { name: /exits with 1 now/ }).click();
    await expect(page.getByRole("tab", { name: /Changes/ })).toContainText(String(n));
  }
  await expect(card(page, "app")).toHaveAttribute("data-role", "waiting");
  await page.keyboard.press("w");
  await expect(page.getByTestId("why")).toContainText(/second/);
  await page.getByRole("button", { name: /^To the end/ }).click();
  await expect(status(page)).toHaveText("Running");
});

test("(d) what would change if this init container were a sidecar?", async ({ page }) => {
  await open(page);
  await paste(page, POD);
  await seek(page, 3);
  await expect(status(page)).toHaveText("Init:0/2");
  await paste(page, POD.replace("  - name: first\n", "  - name: first\n    restartPolicy: Always\n"));
  await page.getByRole("button", { name: "run from 0" }).click();
  await expect(page.locator('.card[data-place="sidecar"]')).toHaveCount(1);
  await seek(page, 3);
  await expect(status(page)).toHaveText("Init:1/2");
  await expect(page.locator(".rail")).toHaveCount(1);
});

test("(e) embed this instant in a page", async ({ page, browser }) => {
  await open(page);
  await paste(page, POD);
  await seek(page, 7);
  await expect(status(page)).toHaveText("Init:1/2");
  await page.getByRole("button", { name: "Embed", exact: true }).click();
  const code = await page.getByTestId("embed-frame").inputValue();
  const other = await (await browser.newContext()).newPage();
  // Somebody else's page: its text is the copied frame and nothing more.
  await other.route("**/course.html", (route) => route.fulfill({ contentType: "text/html", body: `<!doctype html><title>A course</title>${code}` }));
  await other.goto(new URL("course.html", page.url()).href);
  const frame = other.frameLocator("iframe");
  await expect(status(frame)).toHaveText("Init:1/2");
  await expect(frame.getByTestId("time")).toHaveAttribute("data-ms", "7000");
});

test("logs: merged and single, searched, the previous run", async ({ page }) => {
  await open(page, "./#example=crash-loop");
  // A run is going on, and there was one before it.
  await seek(page, 24);
  await page.getByRole("tab", { name: "Logs" }).click();
  const log = page.getByTestId("log");
  await expect(log).toContainText("connecting to the database");
  await page.getByRole("button", { name: "previous run" }).click();
  await page.getByRole("searchbox", { name: "Search in the log" }).fill("refused");
  await expect(log).not.toContainText("connecting");
  await expect(log).toContainText("connection refused");
  await page.getByRole("button", { name: "follow" }).click();
  await expect(page.getByRole("button", { name: "follow" })).toHaveAttribute("aria-pressed", "false");
});

test("the terminal completes, recalls, drops a line and pipes", async ({ page }) => {
  await open(page, "./#example=port-clash");
  await page.getByRole("button", { name: /^To the end/ }).click();
  await page.getByRole("tab", { name: "Terminal" }).click();
  const command = page.getByRole("textbox", { name: "Command" }), terminal = page.getByTestId("terminal");
  await command.fill("kub");
  await command.press("Tab");
  await expect(command).toHaveValue("kubectl ");
  await command.pressSequentially("logs po");
  await command.press("Tab");
  await command.pressSequentially("-c s");
  await command.press("Tab");
  await expect(command).toHaveValue("kubectl logs port-clash -c second ");
  await command.press("Enter");
  await expect(terminal).toContainText("Address already in use");
  await command.fill("kubectl get pods -o wide | grep -c port-clash");
  await command.press("Enter");
  await expect(terminal).toContainText("grep -c port-clash\n1\n");
  await command.press("ArrowUp");
  await expect(command).toHaveValue("kubectl get pods -o wide | grep -c port-clash");
  await command.press("Control+c");
  await expect(command).toHaveValue("");
  await expect(terminal).toContainText("^C");
});

test("status marks what the last step changed; a panel takes all the room, and the session remembers", async ({ page }) => {
  await open(page);
  await pause(page);
  await seek(page, 8);
  await page.getByRole("tab", { name: "Status" }).click();
  await expect(page.getByTestId("yaml").locator("[data-changed]").first()).toBeVisible();
  await page.getByRole("button", { name: /^All the room/ }).click();
  await expect(page.locator(".page")).toHaveAttribute("data-large", "");
  const high = (await page.locator(".panel-body").boundingBox())!.height;
  expect(high).toBeGreaterThan(500);
  await page.reload();
  await expect(page.getByTestId("yaml")).toBeVisible();
  await expect(page.locator(".page")).toHaveAttribute("data-large", "");
  await page.locator(".say-text").click({ position: { x: 2, y: 2 } });
  await page.keyboard.press("m");
  await expect(page.locator(".page")).not.toHaveAttribute("data-large", "");
});

test("network and environment say what a process really has", async ({ page }) => {
  await open(page, "./#example=course-3-configmap");
  await page.getByRole("button", { name: /^To the end/ }).click();
  await page.getByRole("tab", { name: "Network" }).click();
  await expect(page.getByTestId("sockets")).toContainText("8080");
  await page.getByRole("tab", { name: "Env", exact: true }).click();
  await expect(page.getByRole("table")).toContainText("APP_COLOR");
});
