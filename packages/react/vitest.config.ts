import { resolve } from "node:path";
import { defineConfig } from "vitest/config";

const react18 = resolve(import.meta.dirname, "test/react18/node_modules");

export default defineConfig({
  test: {
    reporters: ["dot"],
    projects: [
      { test: { name: "react 19", include: ["test/logic/*.test.{ts,tsx}"] } },
      {
        test: { name: "react 18", include: ["test/logic/markup.test.tsx"] },
        resolve: { alias: { react: `${react18}/react`, "react-dom": `${react18}/react-dom` } },
      },
      {
        test: {
          name: "real",
          include: ["test/server/*.test.ts", "test/browser/*.test.ts"],
          testTimeout: 60_000,
          hookTimeout: 90_000,
        },
      },
    ],
  },
});
