// What all plays share: the real server, an origin with pictures, and Debian's Chromium.
import { chromium, type Browser, type BrowserContextOptions, type Page } from "playwright-core";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { imcaxy, type Imcaxy } from "./imcaxy.js";
import { landscape } from "./pictures.js";
import { web, type Web } from "./web.js";

export const token = "token-of-the-play";
const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
const axe = resolve(import.meta.dirname, "../../node_modules/axe-core/axe.min.js");

export interface Visited {
  page: Page;
  /** Errors and warnings of the console, exceptions, what the Content-Security-Policy refused. */
  complaints: string[];
  /** What was asked of another origin than the server. */
  elsewhere: string[];
}

export class Stage {
  private constructor(
    readonly server: Imcaxy,
    readonly origin: Web,
    private readonly browser: Browser,
  ) {}

  static async open(options: Record<string, string> = {}): Promise<Stage> {
    const [server, origin] = await Promise.all([imcaxy({ IMCAXY_INVALIDATE_SECURITY_TOKEN: token, ...options }), web()]);
    const browser = await chromium.launch({ executablePath, args: ["--disable-gpu"] });
    const stage = new Stage(server, origin, browser);
    origin.put("/day.png", { body: landscape(960, 600), type: "image/png" });
    origin.put("/dusk.png", { body: landscape(640, 400, { seed: 3 }), type: "image/png" });
    return stage;
  }

  /** The address of a picture at the origin. */
  picture(name: string): string {
    return `${this.origin.url}/${name}`;
  }

  async visit(path: string, context: BrowserContextOptions = {}): Promise<Visited> {
    const page = await (await this.browser.newContext({ viewport: { width: 1280, height: 900 }, ...context })).newPage();
    const complaints: string[] = [];
    const elsewhere: string[] = [];
    page.on("console", (message) => void (["error", "warning"].includes(message.type()) && complaints.push(message.text())));
    page.on("pageerror", (error) => void complaints.push(String(error)));
    page.on(
      "request",
      (request) =>
        void (/^(blob|data):|^about:/.test(request.url()) || request.url().startsWith(this.server.url) || elsewhere.push(request.url())),
    );
    await page.goto(this.server.url + path);
    return { page, complaints, elsewhere };
  }

  /** Behind the door. */
  async dashboard(context: BrowserContextOptions = {}): Promise<Visited> {
    const visited = await this.visit("/dashboard/", context);
    await visited.page.getByLabel("Token").fill(token);
    await visited.page.getByRole("button", { name: "Open" }).click();
    await visited.page.getByRole("region", { name: "At a glance" }).waitFor();
    return visited;
  }

  /** Asks the server for a picture as a browser does. */
  async ask(operation: string, parameters: Record<string, string>): Promise<Response> {
    const answer = await fetch(`${this.server.url}/imaginary/${operation}?${new URLSearchParams(parameters)}`, {
      headers: { Accept: "image/avif,image/webp,*/*" },
    });
    await answer.arrayBuffer();
    return answer;
  }

  async leave(): Promise<void> {
    for (const context of this.browser.contexts()) await context.close();
  }

  async close(): Promise<void> {
    await this.browser.close();
    await Promise.all([this.server.close(), this.origin.close()]);
  }
}

/** Serious and critical violations of accessibility rules, as axe-core finds them. */
export async function violations(page: Page): Promise<string[]> {
  // By the debugger's protocol, so that the page's policy stays as it is.
  await page.evaluate(readFileSync(axe, "utf8") + ";0");
  return page.evaluate(async () => {
    interface Violation {
      id: string;
      impact: string;
      help: string;
      nodes: { html: string; failureSummary: string }[];
    }
    const run = (globalThis as unknown as { axe: { run(): Promise<{ violations: Violation[] }> } }).axe;
    const { violations } = await run.run();
    return violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .map(
        ({ id, help, nodes }) => `${id}: ${help}: ${nodes.map((node) => `${node.html.slice(0, 200)} ${node.failureSummary}`).join(" | ")}`,
      );
  });
}

/** By how many pixels the page is wider than the screen. */
export const overflow = (page: Page): Promise<number> =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

/** Every appearance that a page has to look well in. */
export const appearances: [string, BrowserContextOptions][] = [
  ["light", { colorScheme: "light" }],
  ["dark", { colorScheme: "dark" }],
  ["a narrow screen", { viewport: { width: 360, height: 780 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true }],
];
