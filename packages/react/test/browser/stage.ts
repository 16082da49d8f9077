// What all plays in the browser share: the real server, an origin with pictures, pages, and Debian's Chromium.
import { chromium, type Browser, type BrowserContextOptions, type Page } from "playwright-core";
import { bundle, type Bundle } from "../support/bundle.js";
import { imcaxy, type Imcaxy } from "../support/imcaxy.js";
import { landscape } from "../support/pictures.js";
import { web, type Web } from "../support/web.js";
import type { World } from "./pages.js";

export const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";

export interface Visit extends BrowserContextOptions {
  /** Which React the page has. */
  react?: 18 | 19;
  /** Without the server's HTML, everything is rendered in the browser. */
  html?: boolean;
  headers?: Record<string, string>;
  /** The script is held back until `release`. */
  hold?: boolean;
  /** Before anything is loaded. */
  before?: (page: Page) => Promise<unknown>;
}

export interface Visited {
  page: Page;
  /** Complaints: errors and warnings of the console, exceptions. */
  complaints: string[];
  /** Lets the script run, and waits until it did. */
  release(): Promise<void>;
}

export class Stage {
  private readonly bundles = new Map<18 | 19, Bundle<(name: string, world: World) => string>>();
  private readonly pages: Page[] = [];
  private visits = 0;
  private constructor(
    readonly server: Imcaxy,
    readonly origin: Web,
    readonly site: Web,
    private readonly browser: Browser,
  ) {}

  static async open(): Promise<Stage> {
    const [server, origin, site] = await Promise.all([imcaxy(), web(), web()]);

    const browser = await chromium.launch({ executablePath, args: ["--disable-gpu"] });
    const stage = new Stage(server, origin, site, browser);
    for (const react of [18, 19] as const)
      stage.bundles.set(react, await bundle("test/browser/client.tsx", "test/browser/server.tsx", react));
    // Not larger, so that the many widths cost little: what a page asks for does not depend on it.
    origin.put("/day.png", { body: landscape(960, 600), type: "image/png" });
    origin.put("/night.png", { body: landscape(960, 600, { night: true }), type: "image/png" });
    return stage;
  }

  get world(): World {
    return { imcaxy: this.server.url, origin: this.origin.url };
  }

  /** Goes to one of `pages`, and waits until React is there unless the script is held or can't run. */
  async visit(name: string, { react = 19, html = true, headers = {}, hold = false, before, ...context }: Visit = {}): Promise<Visited> {
    const { script, render } = this.bundles.get(react) as Bundle<(name: string, world: World) => string>;
    let release = (): void => {};
    const held = new Promise<void>((go) => (release = go));
    const path = `/${name}-${++this.visits}`;
    this.site.put(`${path}.js`, async () => {
      if (hold) await held;
      return { body: script, type: "text/javascript" };
    });
    const content = html ? render(name, this.world) : "";
    const body = htmlOf(path, JSON.stringify({ name, world: this.world }), content);
    const url = this.site.put(path, { body, type: "text/html; charset=utf-8", headers });
    const page = await this.browser.newPage(context);
    this.pages.push(page);
    const complaints: string[] = [];
    page.on("pageerror", (error) => complaints.push(String(error)));
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) complaints.push(message.text());
    });
    await before?.(page);
    await page.goto(url, { waitUntil: "commit" });
    const ready = (): Promise<unknown> => page.waitForFunction(() => window.ready);
    if (!hold && context.javaScriptEnabled !== false) await ready();
    return {
      page,
      complaints,
      async release() {
        release();
        await ready();
      },
    };
  }

  async leave(): Promise<void> {
    for (const page of this.pages.splice(0)) await page.context().close();
  }

  async close(): Promise<void> {
    await this.leave();
    await this.browser.close();
    await Promise.all([this.server.close(), this.origin.close(), this.site.close()]);
  }
}

const htmlOf = (path: string, world: string, content: string): string =>
  `<!doctype html><html lang="en"><head><meta name="viewport" content="width=device-width"><title>play</title>
<link rel="icon" href="data:,"><style>body { margin: 0 } img { vertical-align: top }</style></head>
<body><div id="root">${content}</div><script>window.page = ${world}</script><script src="${path}.js"></script></body></html>`;

/** Waits until the pictures that match are there. */
export async function loaded(page: Page, selector = "img"): Promise<void> {
  await page.waitForFunction(
    (selector) => {
      const images = [...document.querySelectorAll<HTMLImageElement>(selector)];
      return images.length > 0 && images.every((image) => image.complete && image.naturalWidth > 0);
    },
    selector,
    { timeout: 20_000 },
  );
}

/** The width that the shown candidate was asked with, or its whole URL when it is none of ours. */
export async function chosen(page: Page, selector: string): Promise<number | string> {
  const url = await page.$eval(selector, (image) => (image as HTMLImageElement).currentSrc);
  return Number(new URL(url).searchParams.get("width")) || url;
}

/** The colour in the middle of an element, as a person sees it. */
export async function colour(page: Page, selector: string): Promise<number[]> {
  const box = await page.locator(selector).boundingBox();
  if (!box) throw new Error(`${selector} is not to be seen`);
  const clip = { x: box.x + box.width / 2 - 4, y: box.y + box.height / 2 - 4, width: 8, height: 8 };
  const shot = (await page.screenshot({ clip })).toString("base64");
  return page.evaluate(async (shot) => {
    const bitmap = await createImageBitmap(await (await fetch(`data:image/png;base64,${shot}`)).blob());
    const context = new OffscreenCanvas(1, 1).getContext("2d") as OffscreenCanvasRenderingContext2D;
    context.drawImage(bitmap, 0, 0, 1, 1);
    return [...context.getImageData(0, 0, 1, 1).data.slice(0, 3)];
  }, shot);
}
