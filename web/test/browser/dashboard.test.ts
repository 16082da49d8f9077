import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Page } from "playwright-core";
import { landscape } from "../support/pictures.js";
import { appearances, overflow, Stage, token, violations } from "../support/stage.js";

let stage: Stage;
beforeAll(async () => void (stage = await Stage.open()));
afterEach(() => stage.leave());
afterAll(() => stage.close());

/** The value of a tile. */
const tile = (page: Page, name: string): Promise<string> => page.locator(".tile", { hasText: name }).locator(".value").innerText();
const region = (page: Page, name: string): ReturnType<Page["getByRole"]> => page.getByRole("region", { name, exact: true });

describe("the door", () => {
  test("lets nobody in with a wrong token", async () => {
    const { page } = await stage.visit("/dashboard/");
    await page.getByLabel("Token").fill("wrong");
    await page.getByRole("button", { name: "Open" }).click();
    await page.getByText("The server does not know this token.").waitFor();
    expect(await page.locator(".tiles").count()).toBe(0);
    expect(await page.evaluate(() => JSON.stringify({ ...sessionStorage }) + JSON.stringify({ ...localStorage }))).toBe("{}{}");
  });
  test("keeps the token for the tab, until it is forgotten", async () => {
    const { page, complaints, elsewhere } = await stage.dashboard();
    await page.reload();
    await page.locator(".tiles").waitFor();
    expect(await page.evaluate(() => localStorage.length)).toBe(0);
    expect(page.url()).not.toContain(token);
    await page.getByRole("button", { name: "Forget the token" }).click();
    await page.getByLabel("Token").waitFor();
    expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
    expect(complaints).toEqual([]);
    expect(elsewhere).toEqual([]);
  });
});

test("figures come in as they change", async () => {
  const { page } = await stage.dashboard();
  for (let i = 0; i < 20; i++) await stage.ask("resize", { width: "96", url: stage.picture("day.png") });
  const lastOf = (label: string): Promise<number> =>
    page
      .locator(".tile", { hasText: "From the cache" })
      .innerText()
      .then((text) => Number(new RegExp(`${label} (\\d+)%`).exec(text)?.[1] ?? -1));
  await page.waitForFunction(() => Number.parseFloat(document.querySelector(".tile .value")?.textContent ?? "") > 0);
  await expect.poll(() => tile(page, "From the cache"), { timeout: 10_000 }).toMatch(/^9\d(\.\d)?%$/);
  expect(await lastOf("since the start")).toBeGreaterThanOrEqual(90);
  expect(await tile(page, "Bytes saved")).toMatch(/^9\d(\.\d)?%$/);
  // What Imaginary would have sent is measured behind that, for the answers that come after.
  const saved = region(page, "Bytes saved, table");
  const all = async (): Promise<string> => {
    await stage.ask("resize", { width: "96", url: stage.picture("day.png") });
    return saved.getByRole("row", { name: /^All/ }).innerText();
  };
  await expect.poll(all, { timeout: 30_000, interval: 500 }).toMatch(/All\s+\d+\s+[\d.]+ k?B\s+−9\d(\.\d)?%\s+[−+]\d+(\.\d)?%/);
  expect(await saved.getByRole("row", { name: /^reads/ }).count()).toBeGreaterThan(0);
  expect(await region(page, "Bytes saved").innerText()).toMatch(/is known of \d+ of \d+ answers/);
  expect(await tile(page, "Median time")).toMatch(/ ms$/);
  const rows = region(page, "Top sources").getByRole("row");
  expect(await rows.first().innerText()).toMatch(/day\.png\s+\d+/);
  const tiers = region(page, "Cache by tier").getByRole("row");
  expect(await tiers.filter({ hasText: "Memory" }).innerText()).toMatch(/Memory\s+[1-9]/);
  // The chart is drawn, and told.
  expect(await region(page, "Answers a second").locator("canvas").count()).toBe(1);
  expect(await region(page, "Answers a second").getByRole("img").getAttribute("aria-label")).toMatch(/\d+ in this time/);
  await region(page, "Time of an answer").getByText("As a table").click();
  expect(await region(page, "Time of an answer").getByRole("row").count()).toBeGreaterThan(1);
});

test("errors are told with an example, without keys", async () => {
  await stage.ask("resize", { width: "96", url: stage.picture("gone.png"), key: "secret-key" });
  await stage.ask("crop", { url: stage.picture("day.png") });
  const { page } = await stage.dashboard();
  const errors = region(page, "Errors");
  await errors.getByText("Missing required param: height or width").waitFor();
  expect(await errors.getByRole("row", { name: /gone\.png/ }).innerText()).toMatch(/404[\s\S]*\/imaginary\/resize\?width=96/);
  expect(await errors.innerText()).not.toContain("secret-key");
});

test("a source is looked up, invalidated, and seen to be gone", async () => {
  const url = stage.origin.put("/changing.png", { body: landscape(300, 200, { seed: 8 }), type: "image/png" });
  for (const width of ["50", "100", "150"]) await stage.ask("resize", { width, url });
  for (let i = 0; i < 3; i++) await stage.ask("resize", { width: "100", url });
  const { page } = await stage.dashboard();
  await page.getByLabel("Address of the original").fill(url);
  await page.getByRole("button", { name: "Look up", exact: true }).click();
  const list = region(page, "Variants, table");
  await list.waitFor();
  expect(await list.getByRole("row").count()).toBe(1 + 1 + 3); // head, original, pictures
  const hundred = await list.getByRole("row", { name: /width=100/ }).innerText();
  expect(hundred).toMatch(/[A-Z]+\s+100 × 67\s+[\d.]+ k?B\s+.*\s+3\s+memory/);

  stage.origin.put("/changing.png", { body: landscape(300, 200, { seed: 9 }), type: "image/png" });
  await page.getByRole("button", { name: "Invalidate all of it" }).click();
  await page.getByText("3 pictures were forgotten, nothing is left").waitFor();
  expect(await list.count()).toBe(0);
  expect((await stage.ask("resize", { width: "100", url })).headers.get("X-Cache")).toBe("miss");

  // And it is part of the history.
  const history = region(page, "Invalidations");
  await history.getByRole("row", { name: /changing\.png/ }).waitFor();
  expect(await history.getByLabel("Project").inputValue()).toBe("dashboard");
});

test("the history of each project", async () => {
  const invalidate = (project: string, commit: string, urls: string[]): Promise<Response> =>
    fetch(`${stage.server.url}/invalidate`, {
      method: "DELETE",
      headers: { Authorization: `Bearer ${token}` },
      body: JSON.stringify({ projectName: project, latestCommitHash: commit, urls }),
    });
  await invalidate("shop", "a".repeat(40), [stage.picture("1.png"), stage.picture("2.png")]);
  await invalidate("shop", "b".repeat(40), ["no address"]);
  await invalidate("blog", "c1", []);
  const { page } = await stage.dashboard();
  const history = region(page, "Invalidations");
  await history.getByText("nothing had changed").waitFor();
  await history.getByLabel("Project").selectOption("shop");
  await history.getByRole("row", { name: /aaaaaaaaaa/ }).waitFor();
  expect(await history.getByRole("row").nth(1).innerText()).toContain("'no address' is no http or https URL");
  await history.getByText("2 sources").click();
  expect(await history.getByText(stage.picture("2.png")).count()).toBe(1);
});

test("mistakes in an address are told", async () => {
  const { page } = await stage.dashboard();
  await page.getByLabel("Address of the original").fill("no address");
  await page.keyboard.press("Enter");
  await page.locator("#search .note.bad").waitFor();
  await page.getByLabel("Address of the original").fill("https://example.com/unknown.png");
  await page.keyboard.press("Enter");
  await page.getByText("is not in the cache").waitFor();
});

test("a server that is away is waited for", async () => {
  const other = await Stage.open();
  const { page } = await other.dashboard();
  await other.server.close();
  await page.getByText("connection lost, trying again").waitFor();
  await other.close();
});

describe("for everybody", () => {
  for (const [name, context] of appearances)
    test(`in ${name}`, async () => {
      const door = await stage.visit("/dashboard/", context);
      expect(await violations(door.page)).toEqual([]);
      expect(await overflow(door.page)).toBeLessThanOrEqual(0);
      await stage.ask("resize", { width: "64", url: stage.picture("dusk.png") });
      await stage.ask("resize", { url: stage.picture("dusk.png") });
      const { page, complaints } = await stage.dashboard(context);
      await page.getByLabel("Address of the original").fill(stage.picture("dusk.png"));
      await page.keyboard.press("Enter");
      await region(page, "Variants, table").waitFor();
      for (const summary of await page.locator("summary:visible").all()) await summary.click();
      expect(await violations(page)).toEqual([]);
      expect(await overflow(page)).toBeLessThanOrEqual(0);
      expect(complaints).toEqual([]);
    });
});
