// The example as a web server: its page, its script, and the originals of its pictures.
import { bundle } from "../test/support/bundle.js";
import { landscape } from "../test/support/pictures.js";
import { web, type Web } from "../test/support/web.js";
import type { render as Render } from "./server.js";

/** `imcaxy` is the address of the image server. */
export async function startExample(imcaxy: string, port = 0): Promise<Web> {
  const [site, { script, render }] = await Promise.all([web(port), bundle<typeof Render>("example/client.tsx", "example/server.tsx", 19)]);
  const picture = (name: string, seed: number, night: boolean): void => {
    let body: Buffer | undefined; // made when it is asked for
    site.put(name, () => ({ body: (body ??= landscape(1200, 800, { seed, night })), type: "image/png" }));
  };
  for (const seed of [1, 2, 3, 4]) picture(`/hills-${seed}.png`, seed, false);
  picture("/night.png", 4, true);
  site.put("/client.js", { body: script, type: "text/javascript" });
  site.put("/", async () => {
    const { html, headers } = await render(imcaxy, site.url);
    return { body: html, type: "text/html; charset=utf-8", headers };
  });
  return site;
}
