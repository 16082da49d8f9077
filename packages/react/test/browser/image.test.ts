import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Page, Request, Response } from "playwright-core";
import { clientHintHeaders } from "../../src/hints.js";
import { chosen, colour, loaded, Stage, type Visit, type Visited } from "./stage.js";

let stage: Stage;
beforeAll(async () => void (stage = await Stage.open()));
afterEach(() => stage.leave());
afterAll(() => stage.close());

const phone: Visit = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2 };

/** Holds all pictures that ask for more than the tiny one of a placeholder, until it is called. */
async function holdPictures(page: Page): Promise<() => void> {
  let release = (): void => {};
  const held = new Promise<void>((go) => (release = go));
  await page.route(/\/imaginary\/(?!.*width=24&?)/, async (route) => {
    await held;
    await route.continue();
  });
  return release;
}

const isPicture = (of: { url(): string }): boolean => of.url().includes("/imaginary/");

/** Visits, and notes the pictures that the page asks for, as it does. */
async function watch(name: string, visit: Visit): Promise<{ visited: Visited; asked: Request[] }> {
  const asked: Request[] = [];
  const before = async (page: Page): Promise<void> => {
    page.on("request", (request) => void (isPicture(request) && asked.push(request)));
    await visit.before?.(page);
  };
  return { visited: await stage.visit(name, { ...visit, before }), asked };
}

const placeholderOf = (page: Page, selector: string): Promise<string> =>
  page.$eval(selector, (image) => [getComputedStyle(image)].map((css) => `${css.backgroundColor} ${css.backgroundImage}`)[0] as string);
const none = "rgba(0, 0, 0, 0) none";

describe("the right candidate", () => {
  // Of a picture constrained to 800, one fixed at 300, one as wide as the page, one in half of the page.
  const expected: Record<string, [number, number, number, number]> = {
    "390 at 1": [448, 320, 448, 224],
    "390 at 2": [832, 608, 832, 448],
    "390 at 3": [1296, 608, 1296, 608],
    "820 at 1": [832, 320, 832, 448],
    "820 at 2": [1680, 608, 1680, 832],
    "820 at 3": [1680, 608, 2560, 1296],
    "1280 at 1": [832, 320, 1296, 832],
    "1280 at 2": [1680, 608, 2560, 1296],
    "1280 at 3": [1680, 608, 3840, 1680],
  };
  for (const [screen, widths] of Object.entries(expected))
    test(`on a screen of ${screen}`, async () => {
      const [width, deviceScaleFactor] = screen.split(" at ").map(Number) as [number, number];
      const { page } = await stage.visit("layouts", { viewport: { width, height: 2400 }, deviceScaleFactor });
      await loaded(page);
      const got = [];
      for (const id of ["constrained", "fixed", "fullWidth", "half"]) got.push(await chosen(page, `#${id}`));
      expect(got).toEqual(widths);
    });

  test("comes as AVIF, and is asked for once", async () => {
    const types: (string | undefined)[] = [];
    const { page } = await stage.visit("one", {
      ...phone,
      before: async (page) => page.on("response", (answer) => void (isPicture(answer) && types.push(answer.headers()["content-type"]))),
    });
    await loaded(page);
    expect(types).toEqual(["image/avif"]);
  });

  test("art direction: another cut on narrow screens, another picture in the dark", async () => {
    const shown = async (visit: Visit): Promise<[string, number]> => {
      const { page } = await stage.visit("art", visit);
      await loaded(page);
      const { src, ratio } = await page.$eval("#picture", (element) => {
        const image = element as HTMLImageElement;
        return { src: image.currentSrc, ratio: image.clientWidth / image.clientHeight };
      });
      return [new URL(new URL(src).searchParams.get("url") as string).pathname, ratio];
    };
    const wide = { viewport: { width: 1000, height: 800 } };
    expect(await shown(wide)).toEqual(["/day.png", 1.6]);
    expect(await shown({ ...wide, colorScheme: "dark" })).toEqual(["/night.png", 1.6]);
    const [path, ratio] = await shown(phone);
    expect([path, Math.round(1000 * ratio)]).toEqual(["/day.png", 667]);
  });

  test("a background takes the version for its screen", async () => {
    for (const [deviceScaleFactor, width] of [
      [1, "448"],
      [2, "832"],
    ] as const) {
      const { asked } = await watch("background", { deviceScaleFactor });
      await expect.poll(() => asked.map((request) => new URL(request.url()).searchParams.get("width"))).toEqual([width]);
    }
  });
});

describe("loading", () => {
  test("far pictures wait, together with their placeholders' reveal", async () => {
    const {
      asked,
      visited: { page },
    } = await watch("lazy", phone);
    await loaded(page, "#near");
    await new Promise((later) => setTimeout(later, 300));
    expect(asked.filter((request) => request.url().includes("night") && !request.url().includes("width=24"))).toEqual([]);
    await page.evaluate(() => document.querySelector("#far")?.scrollIntoView());
    await loaded(page, "#far");
    await expect.poll(() => placeholderOf(page, "#far")).toBe(none);
  });

  test.each([18, 19] as const)("with React %i, a priority is high and comes before the script", async (react) => {
    const { page, release } = await stage.visit("one", { ...phone, react, hold: true });
    await loaded(page, "#picture");
    await release();
    const image = await page.$eval("#picture", (image) => ["fetchpriority", "loading"].map((name) => image.getAttribute(name)));
    expect(image).toEqual(["high", "eager"]);
  });

  test("in the browser, too, React 19 preloads it, and it is loaded once", async () => {
    const {
      asked,
      visited: { page },
    } = await watch("one", { ...phone, html: false });
    await loaded(page);
    expect(await page.$$eval("link[rel=preload][as=image]", (links) => links.length)).toBe(1);
    expect(asked.length).toBe(1);
  });
});

describe("no layout shift", () => {
  const shifts = (page: Page): Promise<number> =>
    page.evaluate(
      () =>
        new Promise<number>((done) => {
          let sum = 0;
          new PerformanceObserver((list) => {
            for (const entry of list.getEntries()) sum += (entry as PerformanceEntry & { value: number }).value;
          }).observe({ type: "layout-shift", buffered: true });
          setTimeout(() => done(sum), 300);
        }),
    );

  for (const viewport of [
    { width: 390, height: 844 },
    { width: 1280, height: 900 },
  ])
    test(`at a width of ${viewport.width}`, async () => {
      let release = (): void => {};
      const { page } = await stage.visit("shifts", { viewport, before: async (page) => (release = await holdPictures(page)) });
      await new Promise((later) => setTimeout(later, 300));
      const before = await page.evaluate(() => document.documentElement.scrollHeight);
      release();
      for (const image of await page.$$("img")) await image.scrollIntoViewIfNeeded();
      await loaded(page);
      expect(await shifts(page)).toBe(0);
      expect(await page.evaluate(() => document.documentElement.scrollHeight)).toBe(before);
    });

  test("and the browser would tell of one", async () => {
    const { page } = await stage.visit("shifts", { viewport: { width: 390, height: 844 } });
    await loaded(page, "img[fetchpriority]");
    await page.evaluate(() => document.querySelector("img")?.insertAdjacentHTML("beforebegin", "<div style='height: 300px'>late</div>"));
    expect(await shifts(page)).toBeGreaterThan(0.1);
  });
});

describe("placeholders", () => {
  test.each([18, 19] as const)("with React %i, are seen, and gone when the picture is there", async (react) => {
    let release = (): void => {};
    const tall = { viewport: { width: 800, height: 1600 } };
    const { page, complaints } = await stage.visit("placeholders", {
      ...tall,
      react,
      before: async (page) => (release = await holdPictures(page)),
    });
    const tiny = page.waitForResponse(/width=24/).catch(() => undefined);
    await Promise.race([tiny, new Promise((later) => setTimeout(later, 1500))]);
    expect(await placeholderOf(page, "#blur")).toContain("width=24");
    expect(await colour(page, "#color")).toEqual([0xaa, 0x33, 0x77]);
    expect(await colour(page, "#info")).toEqual([0, 0x33, 0xff]);
    // The tiny picture has the landscape's own colours.
    const blurred = await colour(page, "#blur");
    release();
    await loaded(page);
    for (const id of ["blur", "color", "info"]) await expect.poll(() => placeholderOf(page, `#${id}`)).toBe(none);
    const sharp = await colour(page, "#blur");
    for (const i of [0, 1, 2]) expect(Math.abs(blurred[i]! - sharp[i]!)).toBeLessThan(40);
    expect(await colour(page, "#color")).not.toEqual([0xaa, 0x33, 0x77]);
    expect(complaints).toEqual([]);
  });

  test("go, too, when the picture was there before React", async () => {
    const { page, release } = await stage.visit("placeholders", { viewport: { width: 800, height: 1600 }, hold: true });
    await loaded(page);
    expect(await placeholderOf(page, "#color")).not.toBe(none);
    await release();
    for (const id of ["blur", "color", "info"]) await expect.poll(() => placeholderOf(page, `#${id}`)).toBe(none);
  });
});

describe("a picture that can't be loaded", () => {
  const early = { viewport: { width: 800, height: 2400 } };
  async function isReplaced(page: Page): Promise<void> {
    await loaded(page, "#original, #other, #picture");
    const sources = await page.$$eval("img", (images) => images.map((image) => image.currentSrc));
    expect(sources[0]).toBe(stage.origin.url + "/day.png");
    expect(sources[1]).toMatch(/^data:image\/png/);
    expect(sources[3]).toBe(stage.origin.url + "/day.png");
    expect(await page.$eval("#original", (image) => image.clientHeight)).toBe(500);
    // Nothing is left behind the alternative text.
    await expect.poll(() => placeholderOf(page, "#nothing")).toBe(none);
  }

  test.each([18, 19] as const)("is replaced, with React %i", async (react) => {
    // Chromium keeps every second failure to itself: see img.tsx.
    for (let n = 0; n < 4; n++) await isReplaced((await stage.visit("broken", { ...early, react, html: false })).page);
  });

  test("is replaced when it failed before React was there", async () => {
    const { page, release } = await stage.visit("broken", { ...early, hold: true });
    await page.waitForFunction(() => [...document.images].every((image) => image.complete));
    await release();
    await isReplaced(page);
  });

  test("is forgotten when src changes", async () => {
    const { page } = await stage.visit("changing", phone);
    await expect.poll(() => placeholderOf(page, "#picture")).toBe(none);
    await page.click("button");
    await loaded(page, "#picture");
    expect(await page.$eval("#picture", (image) => (image as HTMLImageElement).currentSrc)).toContain("night.png");
  });
});

describe("onLoad and onError", () => {
  for (const hold of [false, true])
    test(`are heard once, when it happened ${hold ? "before" : "after"} React was there, too`, async () => {
      const { page, release } = await stage.visit("heard", { viewport: { width: 800, height: 1200 }, hold });
      await page.waitForFunction(() => [...document.images].every((image) => image.complete));
      if (hold) await release();
      const heard = async (): Promise<string[]> => ((await page.textContent("output")) ?? "").split(" ").sort();
      await expect.poll(heard).toEqual(["failed", "loaded"]);
      await new Promise((later) => setTimeout(later, 200));
      expect(await heard()).toEqual(["failed", "loaded"]);
    });
});

describe("without JavaScript", () => {
  test("pictures are there, of the right size, and cover their placeholder", async () => {
    const { page } = await stage.visit("placeholders", { viewport: { width: 800, height: 1600 }, javaScriptEnabled: false });
    await loaded(page);
    expect(await chosen(page, "#blur")).toBe(832);
    expect(await page.$eval("#blur", (image) => [image.clientWidth, image.clientHeight])).toEqual([800, 500]);
  });
});

describe("hydration", () => {
  const some = ["layouts", "one", "placeholders", "art"];
  const all = [...some, "shifts", "lazy", "background", "slow"];
  for (const react of [18, 19] as const)
    for (const name of react === 18 ? some : all)
      test(`${name} with React ${react}: no complaint, nothing is loaded twice`, async () => {
        const {
          asked,
          visited: { page, complaints },
        } = await watch(name, { ...phone, react });
        if (name !== "background" && name !== "lazy") {
          for (const image of await page.$$("img")) await image.scrollIntoViewIfNeeded();
          await loaded(page);
        }
        await new Promise((later) => setTimeout(later, 200));
        expect(complaints).toEqual([]);
        const urls = asked.map((request) => request.url());
        // The same picture may stand on a page more than once, but Chromium asks for it once.
        expect(urls).toEqual([...new Set(urls)]);
        if (name === "one") expect(urls.length).toBe(1);
      });
});

describe("the network", () => {
  const slow: Visit = {
    ...phone,
    before: (page) => page.addInitScript(() => Object.defineProperty(navigator, "connection", { value: { effectiveType: "3g" } })),
  };
  const quality = (page: Page): Promise<string | null> =>
    page.$eval("#picture", (image) => new URL((image as HTMLImageElement).currentSrc).searchParams.get("quality"));

  test("is in the URLs of what is rendered in the browser", async () => {
    const { page } = await stage.visit("slow", { ...slow, html: false });
    await loaded(page);
    expect(await quality(page)).toBe("45");
  });

  test("does not load again what the server's HTML began", async () => {
    const { page, complaints } = await stage.visit("slow", slow);
    await loaded(page);
    expect(await quality(page)).toBe(null);
    expect(complaints).toEqual([]);
  });

  test("is known to what appears later", async () => {
    const { page } = await stage.visit("later", slow);
    await page.click("button");
    await loaded(page);
    expect(await quality(page)).toBe("45");
  });
});

describe("who saves data", () => {
  /** The bytes of the picture of a page, and the quality in its URL. */
  async function sizeOf(name: string, saves: boolean, visit: Visit = {}): Promise<{ bytes: number; quality: string | null }> {
    const answers: Response[] = [];
    const before = async (page: Page): Promise<void> => {
      page.on("response", (answer) => void (isPicture(answer) && answers.push(answer)));
      const devTools = await page.context().newCDPSession(page);
      await devTools.send("Emulation.setDataSaverOverride", { dataSaverEnabled: saves });
    };
    const { page } = await stage.visit(name, { ...phone, ...visit, before });
    await loaded(page);
    expect(answers.length).toBe(1);
    const [answer] = answers as [Response];
    expect((await answer.request().allHeaders())["save-data"]).toBe(saves ? "on" : undefined);
    return { bytes: (await answer.body()).length, quality: new URL(answer.url()).searchParams.get("quality") };
  }

  test("gets smaller pictures, by the header alone", async () => {
    const usual = await sizeOf("one", false);
    const saving = await sizeOf("one", true);
    expect([usual.quality, saving.quality]).toEqual([null, null]);
    expect(saving.bytes).toBeLessThan(0.9 * usual.bytes);
  });

  test("and by the URL, where the page is rendered in the browser: the same picture", async () => {
    const header = await sizeOf("one", true);
    expect(await sizeOf("saver", true, { html: false })).toEqual({ bytes: header.bytes, quality: "low" });
    expect((await sizeOf("saver", false, { html: false })).quality).toBe(null);
  });
});

describe("client hints", () => {
  const hintsSent = async (headers: Record<string, string>): Promise<string[]> => {
    const { asked, visited } = await watch("one", { ...phone, headers });
    await loaded(visited.page);
    const sent = Object.keys(await (asked[0] as Request).allHeaders());
    return sent.filter((name) => /^(sec-ch-(dpr|width|viewport-width)|ect|rtt|downlink)$/.test(name)).sort();
  };

  test("reach the image server of another origin when the page has the headers, and only then", async () => {
    expect(await hintsSent({})).toEqual([]);
    const sent = await hintsSent(clientHintHeaders(stage.server.url));
    expect(sent).toEqual(["downlink", "ect", "rtt", "sec-ch-dpr", "sec-ch-viewport-width", "sec-ch-width"]);
  });
});
