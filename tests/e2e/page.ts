// What every test needs: an opened page, and the few places that are read again and again.
import { expect, type FrameLocator, type Page } from "@playwright/test";

type Root = Page | FrameLocator;

export const status = (root: Root) => root.locator("[data-testid=pod-status]").first();
export const time = (root: Root) => root.locator("[data-testid=time]");
export const editor = (page: Page) => page.locator(".cm-content");
export const card = (root: Root, name: string) => root.locator(`.card[data-target$="/c/${name}"]`);

/** Opens the page and waits until it and its editor are there. Requests to anybody else fail the test. */
export async function open(page: Page, address = "./") {
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (!["127.0.0.1", ""].includes(url.hostname)) throw new Error(`a request left the page: ${url}`);
  });
  await page.goto(address);
  await expect(page.locator(".page")).toBeVisible();
  if (!address.includes("embed")) await expect(editor(page)).toBeVisible();
}

export async function pause(page: Page) {
  const transport = page.locator(".transport");
  if ((await transport.getAttribute("data-playing")) === "true") await page.getByRole("button", { name: /^Pause/ }).click();
  await expect(transport).toHaveAttribute("data-playing", "false");
}

/** Replaces the manifest as a paste would. */
export async function paste(page: Page, text: string) {
  await editor(page).click();
  await page.keyboard.press("ControlOrMeta+a");
  await page.evaluate((t) => {
    const data = new DataTransfer();
    data.setData("text/plain", t);
    document.querySelector(".cm-content")!.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
  }, text);
}

/** Runs from the start and stops at a time in seconds. */
export async function seek(page: Page, seconds: number) {
  await pause(page);
  await page.getByRole("slider", { name: "Time of the run" }).evaluate((element, ms) => {
    const input = element as HTMLInputElement;
    input.max = String(Math.max(Number(input.max), ms));
    input.value = String(ms);
    input.dispatchEvent(new InputEvent("input", { bubbles: true }));
  }, seconds * 1000);
  await expect.poll(async () => Number(await time(page).getAttribute("data-ms"))).toBe(seconds * 1000);
}

export const POD = `apiVersion: v1
kind: Pod
metadata:
  name: pasted
spec:
  initContainers:
  - name: first
    image: busybox:1.36
    command: ["sh", "-c", "echo one; sleep 3"]
  - name: second
    image: busybox:1.36
    command: ["sh", "-c", "echo two; sleep 3"]
  containers:
  - name: app
    image: nginx:1.27
    ports:
    - containerPort: 80
`;
