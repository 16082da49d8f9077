import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Page } from "playwright-core";
import { operations, parameters, withoutControl } from "../../src/playground/grammar.js";
import { landscape } from "../support/pictures.js";
import { appearances, overflow, Stage, violations } from "../support/stage.js";

let stage: Stage;
beforeAll(async () => void (stage = await Stage.open()));
afterEach(() => stage.leave());
afterAll(() => stage.close());

const link = (operation: string, parameters: Record<string, string>, picture = "day.png"): string =>
  `/playground/#${new URLSearchParams({ op: operation, url: stage.picture(picture), ...parameters })}`;

/** The figure under that name. */
const figure = (page: Page, name: string): Promise<string> =>
  page.locator(".figures > div", { hasText: name }).locator("dd").first().innerText();

/** Waits until the answer, what it is compared to, and its score are there. */
async function complete(page: Page): Promise<void> {
  await page.locator(".compare img.before").waitFor();
  await page.waitForFunction(() => /\d/.test(document.querySelector(".figures > div:nth-child(3) dd")?.textContent ?? ""));
}

/** Waits until a picture with these sides is shown as the answer. */
async function shows(page: Page, width: number, height: number): Promise<void> {
  await page.waitForFunction(
    ([width, height]) => {
      const image = document.querySelector<HTMLImageElement>(".compare img.after");
      return image?.complete && image.naturalWidth === width && image.naturalHeight === height;
    },
    [width, height],
    { timeout: 20_000 },
  );
}

test("operations and parameters are those of the server", async () => {
  const grammar = (await (await fetch(`${stage.server.url}/playground/api/grammar`)).json()) as {
    operations: string[];
    parameters: string[];
    types: string[];
  };
  expect(Object.keys(operations).sort()).toEqual([...grammar.operations].sort());
  expect([...Object.keys(parameters), ...Object.keys(withoutControl)].sort()).toEqual([...grammar.parameters].sort());
  const types = parameters["type"]!;
  expect(
    types.kind === "choice" &&
      types.choices
        .map(([type]) => type)
        .filter(Boolean)
        .sort(),
  ).toEqual([...grammar.types].sort());
});

test("every operation has an answer from what it starts with", async () => {
  for (const [name, { start, text }] of Object.entries(operations)) {
    const more = {
      extract: { left: "10", top: "10", areawidth: "200", areaheight: "100" },
      watermarkimage: { image: stage.picture("dusk.png") },
    }[name];
    const { page } = await stage.visit(link(name, { ...start, ...more }));
    await page
      .locator(text ? ".json" : ".compare img.after, .answer .note")
      .first()
      .waitFor();
    expect(await page.getByRole("alert").allInnerTexts(), name).toEqual([]);
    await stage.leave();
  }
});

test("an address, an operation, its figures", async () => {
  const { page, complaints, elsewhere } = await stage.visit("/playground/");
  await page.getByLabel("Picture", { exact: true }).fill(stage.picture("day.png"));
  await page.getByRole("button", { name: "Load" }).click();
  await complete(page);
  expect(await page.getByText("960 × 600, PNG").count()).toBe(1);
  await shows(page, 800, 500);
  expect(await figure(page, "Format")).toBe("AVIF");
  expect(await figure(page, "Size")).toMatch(/^\d.* kB$/);
  expect(Number(await figure(page, "Quality score"))).toBeGreaterThan(60);
  expect(await figure(page, "Time")).toMatch(/^[\d.]+ (ms|s)$/);
  expect(await page.getByText(/of [\d.]+ [kM]B: \d+(\.\d)?% saved/).count()).toBe(1);

  await page.getByLabel("Format", { exact: true }).selectOption("jpeg");
  await page.locator("#p-quality").fill("20");
  await page.waitForFunction(() => document.querySelector(".figures > div:nth-child(2) dd")?.textContent === "JPEG");
  await complete(page);
  const poor = Number(await figure(page, "Quality score"));
  await page.locator("#p-quality").fill("95");
  await page.waitForFunction((poor) => Number(document.querySelector(".figures > div:nth-child(3) dd")?.textContent) > poor + 5, poor);

  // What is copied is what was asked.
  const address = await page.getByRole("region", { name: "Address" }).innerText();
  expect(address).toBe(
    `${stage.server.url}/imaginary/resize?width=800&type=jpeg&quality=95&url=${encodeURIComponent(stage.picture("day.png"))}`,
  );
  expect((await fetch(address)).headers.get("content-type")).toBe("image/jpeg");
  expect(await page.getByRole("region", { name: "React" }).innerText()).toContain("width={800} height={500}");
  expect(complaints).toEqual([]);
  expect(elsewhere).toEqual([]);
});

test("the score is that of the answer that was shown", async () => {
  const query = new URLSearchParams({ width: "300", type: "jpeg", quality: "60", url: stage.picture("day.png") });
  const answer = await fetch(`${stage.server.url}/imaginary/resize?${query}`);
  const score = (await (await fetch(`${stage.server.url}/playground/api/score/resize?${query}`)).json()) as Record<string, number | string>;
  expect(score).toMatchObject({
    type: "image/jpeg",
    bytes: (await answer.arrayBuffer()).byteLength,
    originalBytes: landscape(960, 600).length,
  });
  query.set("type", "png");
  expect(await (await fetch(`${stage.server.url}/playground/api/score/resize?${query}`)).json()).toMatchObject({ score: 100 });
});

test("a link shares what is set, and going back works", async () => {
  const { page } = await stage.visit(link("crop", { width: "200", height: "300", focal: "0.2,0.4" }));
  await shows(page, 200, 300);
  expect(await page.getByLabel("Focal point", { exact: true }).inputValue()).toBe("0.2,0.4");
  await page.getByLabel("Operation", { exact: true }).selectOption("blur");
  await shows(page, 800, 500);
  expect(new URLSearchParams(new URL(page.url()).hash.slice(1)).get("sigma")).toBe("6");
  const other = await stage.visit(page.url().slice(stage.server.url.length));
  await shows(other.page, 800, 500);
  expect(await other.page.getByLabel("Operation", { exact: true }).inputValue()).toBe("blur");
});

describe("a file", () => {
  const file = { name: "hills.png", mimeType: "image/png", buffer: landscape(500, 400, { seed: 5 }) };
  test("that is chosen", async () => {
    const { page, complaints } = await stage.visit("/playground/#op=resize&width=250");
    await page.locator("#file").setInputFiles(file);
    await complete(page);
    await shows(page, 250, 200);
    expect(await page.getByText(/hills\.png, [\d.]+ kB: 500 × 400, PNG/).count()).toBe(1);
    expect(await page.getByRole("region", { name: "Command" }).innerText()).toContain("curl --data-binary @'hills.png'");
    expect(complaints).toEqual([]);
  });
  test("that is dropped", async () => {
    const { page } = await stage.visit("/playground/#op=resize&width=250");
    const data = await page.evaluateHandle(
      (bytes) => {
        const transfer = new DataTransfer();
        transfer.items.add(new File([new Uint8Array(bytes)], "dropped.png", { type: "image/png" }));
        return transfer;
      },
      [...file.buffer],
    );
    await page.dispatchEvent("body", "drop", { dataTransfer: data });
    await shows(page, 250, 200);
  });
  test("that is no picture is refused in the server's words", async () => {
    const { page } = await stage.visit("/playground/");
    await page.locator("#file").setInputFiles({ name: "a.txt", mimeType: "text/plain", buffer: Buffer.from("no picture at all") });
    await page.getByText("Unsupported media type").first().waitFor();
  });
});

test("the drawing needs no other site", async () => {
  const { page, elsewhere } = await stage.visit("/playground/");
  await page.getByRole("button", { name: "Use a drawing" }).click();
  await complete(page);
  await shows(page, 800, 534);
  expect(page.url()).toContain("url=sample");
  expect(elsewhere).toEqual([]);
});

describe("on the picture", () => {
  const number = async (page: Page, name: string): Promise<number> => Number(await page.locator(`#p-${name}`).inputValue());

  test("the box is dragged, and its corners", async () => {
    const { page } = await stage.visit(link("extract", { left: "200", top: "100", areawidth: "400", areaheight: "200" }));
    await shows(page, 400, 200);
    const stageBox = (await page.locator(".stage").boundingBox())!;
    const scale = 960 / stageBox.width;
    const area = (await page.locator(".area").boundingBox())!;
    await page.mouse.move(area.x + area.width / 2, area.y + area.height / 2);
    await page.mouse.down();
    await page.mouse.move(area.x + area.width / 2 + 50, area.y + area.height / 2 + 20, { steps: 4 });
    await page.mouse.up();
    expect(Math.abs((await number(page, "left")) - (200 + 50 * scale))).toBeLessThan(3);
    expect(Math.abs((await number(page, "top")) - (100 + 20 * scale))).toBeLessThan(3);
    const corner = (await page.locator(".corner.se").boundingBox())!;
    await page.mouse.move(corner.x + 12, corner.y + 12);
    await page.mouse.down();
    await page.mouse.move(corner.x + 12 - 40, corner.y + 12 + 10, { steps: 4 });
    await page.mouse.up();
    expect(Math.abs((await number(page, "areawidth")) - (400 - 40 * scale))).toBeLessThan(3);
    // And the answer follows.
    await shows(page, await number(page, "areawidth"), await number(page, "areaheight"));
  });

  test("the box stays within, by keys, too", async () => {
    const { page } = await stage.visit(link("extract", { left: "10", top: "10", areawidth: "400", areaheight: "300" }));
    await shows(page, 400, 300);
    await page.locator(".area").focus();
    for (let i = 0; i < 3; i++) await page.keyboard.press("ArrowLeft");
    expect(await number(page, "left")).toBe(0);
    await page.keyboard.press("Shift+ArrowRight");
    expect(await number(page, "left")).toBe(1);
    await page.keyboard.press("Tab");
    expect(await page.evaluate(() => document.activeElement?.className)).toBe("corner nw");
    await page.locator(".corner.se").focus();
    for (let i = 0; i < 60; i++) await page.keyboard.press("ArrowRight");
    expect((await number(page, "left")) + (await number(page, "areawidth"))).toBe(960);
  });

  test("the focal point is pressed, and moved by keys", async () => {
    const { page } = await stage.visit(link("crop", { width: "200", height: "200" }));
    await shows(page, 200, 200);
    const box = (await page.locator(".stage").boundingBox())!;
    await page.mouse.click(box.x + box.width * 0.25, box.y + box.height * 0.75);
    const [x, y] = (await page.locator("#p-focal").inputValue()).split(",").map(Number);
    expect(x).toBeCloseTo(0.25, 2);
    expect(y).toBeCloseTo(0.75, 2);
    await page.locator(".point").focus();
    await page.keyboard.press("ArrowRight");
    expect(Number((await page.locator("#p-focal").inputValue()).split(",")[0])).toBeCloseTo(0.3, 2);
    expect(await page.locator(".point").getAttribute("aria-label")).toContain("30% from the left");
  });
});

test("before and after are parted where one wants, by pointer and by keys", async () => {
  const { page } = await stage.visit(link("resize", { width: "600" }));
  await complete(page);
  const at = (): Promise<string> =>
    page.locator(".pictures").evaluate((element) => (element as HTMLElement).style.getPropertyValue("--at"));
  const slider = page.getByRole("slider", { name: "Where the comparison ends" });
  await slider.focus();
  await page.keyboard.press("Home");
  expect(await at()).toBe("0%");
  const box = (await slider.boundingBox())!;
  await page.mouse.click(box.x + box.width * 0.75, box.y + box.height / 2);
  expect(Math.abs(Number.parseFloat(await at()) - 75)).toBeLessThan(3);
  await page.getByRole("button", { name: "200%" }).click();
  expect(Math.round((await page.locator(".pictures").boundingBox())!.width)).toBe(1200);
});

test("formats side by side, each with its bytes and score", async () => {
  const { page } = await stage.visit(link("resize", { width: "400" }));
  await complete(page);
  await page.getByRole("button", { name: "Compare AVIF, WebP and JPEG" }).click();
  await page.waitForFunction(
    () =>
      document.querySelectorAll(".formats figcaption").length === 3 &&
      [...document.querySelectorAll(".formats figcaption")].every((caption) => /kB.*score \d/s.test(caption.textContent ?? "")),
    undefined,
    { timeout: 30_000 },
  );
  expect(await page.locator(".formats strong").allInnerTexts()).toEqual(["AVIF", "WEBP", "JPEG"]);
});

test("mistakes are told in the server's words", async () => {
  const { page } = await stage.visit(link("resize", {}));
  await page.getByText("Missing required param: height or width").waitFor();
  const gone = await stage.visit(link("resize", { width: "100" }, "gone.png"));
  await gone.page
    .getByText(/error fetching remote http image/)
    .first()
    .waitFor();
});

test("a server with a key asks for it", async () => {
  const locked = await Stage.open({ IMCAXY_API_KEY: "secret" });
  try {
    const { page } = await locked.visit(
      `/playground/#${new URLSearchParams({ op: "resize", width: "100", url: locked.picture("day.png") })}`,
    );
    await page.getByText("Invalid or missing API key").first().waitFor();
    await page.getByLabel("API key").fill("secret");
    await page.keyboard.press("Enter");
    await page.locator(".compare img.after").waitFor();
    expect(page.url()).not.toContain("secret");
  } finally {
    await locked.close();
  }
});

describe("for everybody", () => {
  for (const [name, context] of appearances)
    test(`in ${name}`, async () => {
      const { page, complaints } = await stage.visit(link("crop", { width: "300", height: "300", focal: "0.3,0.6" }), context);
      await complete(page);
      await page.getByRole("button", { name: "Compare AVIF" }).click();
      await page.getByText(/^\d+ more parameters$/).click();
      expect(await violations(page)).toEqual([]);
      expect(await overflow(page)).toBeLessThanOrEqual(0);
      const extract = await stage.visit(link("extract", { left: "10", top: "10", areawidth: "400", areaheight: "300" }), context);
      await extract.page.locator(".area").waitFor();
      expect(await violations(extract.page)).toEqual([]);
      const home = await stage.visit("/", context);
      expect(await violations(home.page)).toEqual([]);
      expect(await overflow(home.page)).toBeLessThanOrEqual(0);
      await home.page.getByRole("link", { name: /Playground/ }).click();
      expect(new URL(home.page.url()).pathname).toBe("/playground/");
      expect(complaints).toEqual([]);
    });

  test("all of it is reached with the tabulator", async () => {
    const { page } = await stage.visit(link("resize", { width: "300" }));
    await complete(page);
    const names: string[] = [];
    await page.keyboard.press("Tab");
    for (let i = 0; i < 40; i++) {
      names.push(
        await page.evaluate(
          () =>
            document.activeElement?.id || document.activeElement?.textContent || document.activeElement?.getAttribute("aria-label") || "",
        ),
      );
      await page.keyboard.press("Tab");
    }
    expect(names[0]).toBe("Skip to the content");
    for (const name of ["url", "operation", "p-width", "p-type", "Compare AVIF, WebP and JPEG", "Copy"]) expect(names).toContain(name);
  });
});
