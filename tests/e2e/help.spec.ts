// Help in the editor: documentation under the pointer, completion of fields, values and references; `kubectl explain`.
import { expect, test } from "@playwright/test";
import { POD, editor, open, paste } from "./page";

const line = (page, text: string) => page.locator(".cm-line", { hasText: text }).first();

test("the field under the pointer is explained", async ({ page }) => {
  await open(page);
  await paste(page, POD);
  await line(page, "initContainers").getByText("initContainers").hover();
  const help = page.locator(".cm-help");
  await expect(help).toContainText("[]Container");
  await expect(help).toContainText("List of initialization containers belonging to the pod.");
  await expect(help).toContainText("kubectl explain pod.spec.initContainers");
  await page.screenshot({ path: "test-results/help-hover.png" });
});

test("fields are completed where they belong, and once", async ({ page }) => {
  await open(page);
  await paste(page, POD);
  await page.keyboard.press("ControlOrMeta+End");
  await page.keyboard.type("    imagePul");
  const list = page.locator(".cm-tooltip-autocomplete");
  await expect(list.locator("li").first()).toContainText("imagePullPolicy");
  await expect(page.locator(".cm-completionInfo")).toContainText("Image pull policy");
  await page.screenshot({ path: "test-results/help-completion.png" });
  await page.keyboard.press("Enter");
  // What it may be is offered at once.
  await expect(list).toContainText("IfNotPresent");
  await expect(list).toContainText("Never");
  await page.keyboard.type("If");
  await page.waitForTimeout(150);
  await page.keyboard.press("Enter");
  await expect(editor(page)).toContainText("imagePullPolicy: IfNotPresent");
  await page.keyboard.press("Enter");
  await page.keyboard.type("image");
  await expect(list).toBeVisible();
  await expect(list.locator("li", { hasText: "imagePullPolicy" })).toHaveCount(0);
});

test("names of ConfigMaps, volumes and ports of the same text are offered", async ({ page }) => {
  await open(page);
  await paste(page, `apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
data:
  LEVEL: info
---
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  volumes:
  - name: scratch
    emptyDir: {}
  containers:
  - name: app
    image: nginx:1.27
    ports:
    - name: http
      containerPort: 80
    envFrom:
    - configMapRef:
        name: `);
  const list = page.locator(".cm-tooltip-autocomplete");
  await page.keyboard.press("ControlOrMeta+End");
  await page.keyboard.type("s");
  await expect(list).toContainText("settings");
  await page.waitForTimeout(150);
  await page.keyboard.press("Enter");
  await expect(editor(page)).toContainText("name: settings");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Backspace");
  await page.keyboard.press("Backspace");
  await page.keyboard.type("volumeMounts:");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Home");
  await page.keyboard.press("Shift+End");
  await page.keyboard.type("    - name: scr");
  await expect(list).toContainText("scratch");
});

test("kubectl explain and help pages answer in the terminal, fetched when they are asked for", async ({ page }) => {
  const asked: string[] = [];
  page.on("request", (request) => { if (request.url().includes("/schema/")) asked.push(request.url()); });
  await open(page);
  await page.getByRole("tab", { name: "Terminal" }).click();
  expect(asked).toEqual([]);
  const terminal = page.getByTestId("terminal");
  await terminal.locator("input").fill("kubectl explain pod.spec.restartPolicy");
  await page.keyboard.press("Enter");
  await expect(terminal).toContainText("FIELD: restartPolicy <string>");
  await terminal.locator("input").fill("kubectl get -h");
  await page.keyboard.press("Enter");
  await expect(terminal).toContainText("Display one or many resources.");
  expect(asked.length).toBe(2);
});
