// Pages with one of the two Reacts, rendered here and brought to life in a browser.
import { build } from "esbuild";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const root = process.cwd();

/** A page by name and what it needs to know, as HTML and as the same in the browser. */
export interface Bundle<Render> {
  script: string;
  render: Render;
}

/** `client` and `server` are modules; the server's has an export `render`. */
export async function bundle<Render>(client: string, server: string, react: 18 | 19): Promise<Bundle<Render>> {
  const common = {
    bundle: true,
    write: false,
    target: "es2022",
    jsx: "automatic",
    logLevel: "error",
    // What people get is what is tested: the built package, not its sources.
    alias: {
      "@imcaxy/react/network": resolve(root, "dist/network.js"),
      "@imcaxy/react": resolve(root, "dist/index.js"),
      ...(react === 18 && {
        react: resolve(root, "test/react18/node_modules/react"),
        "react-dom": resolve(root, "test/react18/node_modules/react-dom"),
      }),
    },
    // React's own warnings are part of what is tested.
    define: { "process.env.NODE_ENV": '"development"' },
  } as const;
  const [browser, node] = await Promise.all([
    build({ ...common, entryPoints: [client], format: "iife" }),
    build({ ...common, entryPoints: [server], format: "cjs", platform: "node" }),
  ]);
  const folder = mkdtempSync(join(tmpdir(), "imcaxy-pages-"));
  try {
    const file = join(folder, "server.cjs");
    writeFileSync(file, node.outputFiles[0]!.contents);
    const { render } = createRequire(file)(file) as { render: Render };
    return { script: browser.outputFiles[0]!.text, render };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
