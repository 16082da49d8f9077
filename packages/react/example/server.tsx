import { renderToString } from "react-dom/server";
import { clientHintHeaders, getImageInfo } from "@imcaxy/react";
import { App, type World } from "./app.js";

const style = `
:root { color-scheme: light dark; --page: #fff; --ink: #16181d; --edge: #d5d8de; --back: #f6f7f9; --quiet: #555b66 }
@media (prefers-color-scheme: dark) { :root { --page: #14161a; --ink: #e8eaee; --edge: #3a3f48; --back: #1d2026; --quiet: #a9b0bb } }
body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.5 system-ui, sans-serif }
main { max-width: 1000px; margin: 0 auto; padding: 24px 16px 48px }
h1 { margin: 0; font-size: 28px } h2 { margin: 40px 0 12px; font-size: 19px }
img { display: block; border-radius: 8px }
pre { margin: 8px 0 0; padding: 12px; overflow-x: auto; border: 1px solid var(--edge); border-radius: 8px; background: var(--back); font-size: 13px }
.cost { margin: 6px 0 0; color: var(--quiet); font-size: 14px }
.grid { display: grid; grid-template-columns: repeat(auto-fit, minmax(220px, 1fr)); gap: 16px }
figure { margin: 0 } figcaption { margin-top: 4px; color: var(--quiet); font-size: 14px }
.faces { display: flex; flex-wrap: wrap; gap: 12px } .faces img { border-radius: 50% }
.banner { display: grid; place-items: center; min-height: 160px; padding: 16px; border-radius: 8px; background-size: cover; background-position: center; color: #fff; font-size: 20px; text-align: center }
`;

/** The page, complete: it shows its pictures without the script, too. */
export async function render(imcaxy: string, origin: string): Promise<{ html: string; headers: Record<string, string> }> {
  const names = ["/hills-2.png", "/hills-3.png", "/hills-4.png"];
  const infos = await Promise.all(names.map(async (name) => [name, await getImageInfo(origin + name, { server: imcaxy })] as const));
  const world: World = { imcaxy, origin, infos: Object.fromEntries(infos) };
  const html = `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>@imcaxy/react</title><link rel="icon" href="data:,"><style>${style}</style></head>
<body><div id="root">${renderToString(<App world={world} />)}</div>
<script type="application/json" id="world">${JSON.stringify(world).replace(/</g, "\\u003c")}</script>
<script src="/client.js" defer></script></body></html>`;
  return { html, headers: clientHintHeaders(imcaxy) };
}
