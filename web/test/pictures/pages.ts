// Makes docs/pictures/{playground,dashboard}*.png: the pages as they are, with traffic behind them.
import { resolve } from "node:path";
import { afterAll, beforeAll, test } from "vitest";
import { landscape } from "../support/pictures.js";
import { Stage } from "../support/stage.js";

const pictures = resolve(import.meta.dirname, "../../../docs/pictures");

let stage: Stage;
beforeAll(async () => void (stage = await Stage.open()));
afterAll(() => stage.close());

test("the playground", async () => {
  const { page } = await stage.visit("/playground/#op=crop&url=sample&width=720&height=480&focal=0.68,0.36", { colorScheme: "light" });
  await page.locator(".compare img.before").waitFor();
  await page.waitForFunction(() => /\d/.test(document.querySelector(".figures > div:nth-child(3) dd")?.textContent ?? ""));
  await page.screenshot({ path: `${pictures}/playground.png`, fullPage: true });
  console.log("   docs/pictures/playground.png");
});

test("the dashboard", async () => {
  const urls = [1, 2, 3, 4, 5].map((seed) =>
    stage.origin.put(`/hills-${seed}.png`, { body: landscape(800, 500, { seed }), type: "image/png" }),
  );
  const until = Date.now() + 22_000;
  for (let i = 0; Date.now() < until; i++) {
    const width = String([160, 240, 320, 480, 640][i % 5]);
    const url = urls[Math.floor(5 * ((i * 0.618) % 1) ** 2)]!;
    await Promise.all(Array.from({ length: 6 + Math.round(5 * Math.sin(i / 15)) }, () => stage.ask("resize", { width, url })));
    if (i % 50 === 0) await stage.ask("resize", { width: "300", url: stage.picture("gone.png") });
    await new Promise((later) => setTimeout(later, 60));
  }
  const { page } = await stage.dashboard({ colorScheme: "dark" });
  await page.getByLabel("Address of the original").fill(urls[0]!);
  await page.keyboard.press("Enter");
  await page.getByRole("region", { name: "Variants, table" }).waitFor();
  await page.screenshot({ path: `${pictures}/dashboard.png`, fullPage: true });
  console.log("   docs/pictures/dashboard.png");
});
