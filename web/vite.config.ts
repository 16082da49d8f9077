import { resolve } from "node:path";
import { defineConfig } from "vite";

const page = (path: string): string => resolve(import.meta.dirname, path);

export default defineConfig({
  root: import.meta.dirname,
  // Relative, because a server may have a prefix in front of its routes.
  base: "./",
  esbuild: { jsx: "automatic", jsxImportSource: "preact", legalComments: "none" },
  build: {
    outDir: "dist/site",
    emptyOutDir: true,
    target: "es2022",
    // Nothing inline: the pages' Content-Security-Policy forbids it.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: { input: [page("index.html"), page("playground/index.html"), page("dashboard/index.html")] },
  },
});
