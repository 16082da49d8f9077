import { defineConfig } from "vitest/config";

const real = { testTimeout: 60_000, hookTimeout: 90_000, fileParallelism: false };

export default defineConfig({
  esbuild: { jsx: "automatic", jsxImportSource: "preact" },
  test: {
    reporters: ["dot"],
    projects: [
      { extends: true, test: { name: "logic", include: ["test/logic/*.test.ts"] } },
      { extends: true, test: { name: "browser", include: ["test/browser/*.test.ts"], ...real } },
      // No test: makes the screenshots of docs/, for `make docs`.
      ...(process.argv.includes("pictures")
        ? [{ extends: true as const, test: { name: "pictures", include: ["test/pictures/*.ts"], ...real } }]
        : []),
    ],
  },
});
