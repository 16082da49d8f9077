// Prints what each entry costs a browser (minified, gzip, React not counted), and fails beyond its bound.
import { build } from "esbuild";
import { gzipSync } from "node:zlib";

const entries = [
  ["all of @imcaxy/react in a browser", `export { Image, Picture, ImcaxyProvider, useImageUrl } from "./dist/index.js"`, 4000],
  ["<Image> alone", `export { Image } from "./dist/index.js"`, 4000],
  ["imcaxyUrl alone", `export { imcaxyUrl } from "./dist/index.js"`, 1000],
  ["@imcaxy/react/network", `export * from "./dist/network.js"`, 1000],
  ["@imcaxy/react/server (on servers)", `export * from "./dist/server.js"`, 8000],
];

let tooLarge = false;
for (const [name, contents, bound] of entries) {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: "." },
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    target: "es2022",
    packages: "external",
    logLevel: "error",
  });
  const bytes = gzipSync(outputFiles[0].contents, { level: 9 }).length;
  tooLarge ||= bytes > bound;
  console.log(`   ${name}: ${bytes} bytes, ${bytes > bound ? "MORE THAN" : "at most"} ${bound}`);
}
process.exit(tooLarge ? 1 : 0);
