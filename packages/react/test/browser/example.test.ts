import axe from "axe-core";
import { mkdirSync } from "node:fs";
import { chromium, type Browser, type BrowserContextOptions, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startExample } from "../../example/start.js";
import { imcaxy, type Imcaxy } from "../support/imcaxy.js";
import type { Web } from "../support/web.js";
import { executablePath, loaded } from "./stage.js";

let server: Imcaxy, example: Web, browser: Browser;
beforeAll(async () => {
  server = await imcaxy();
  [example, browser] = await Promise.all([startExample(server.url), chromium.launch({ executablePath, args: ["--disable-gpu"] })]);
});
afterAll(() => Promise.all([server.close(), example.close(), browser.close()]));

/** Opens the example and looks at all of it. */
async function open(context: BrowserContextOptions): Promise<{ page: Page; complaints: string[] }> {
  const page = await browser.newPage(context);
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  await page.goto(example.url);
  for (const image of await page.$$("img")) await image.scrollIntoViewIfNeeded();
  await loaded(page);
  return { page, complaints };
}

const wide = { viewport: { width: 1280, height: 900 } };
const views: Record<string, BrowserContextOptions> = {
  wide,
  dark: { ...wide, colorScheme: "dark" },
  narrow: { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2 },
};

for (const [name, context] of Object.entries(views))
  test(`the example, ${name}: all pictures, no complaint, nothing for axe-core, nothing wider than the screen`, async () => {
    const { page, complaints } = await open(context);
    // The one picture whose server is away says so.
    expect(complaints.filter((complaint) => !complaint.includes("net::ERR_UNSAFE_PORT"))).toEqual([]);
    await page.evaluate(axe.source);
    const violations = await page.evaluate(async () => (await (window as unknown as { axe: typeof axe }).axe.run()).violations);
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" ")}`)).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
    const folder = process.env.SCREENSHOTS;
    if (folder) {
      mkdirSync(folder, { recursive: true });
      await page.evaluate(() => scrollTo(0, 0));
      await page.screenshot({ path: `${folder}/react-${name}.png`, fullPage: true });
    }
    await page.close();
  });
