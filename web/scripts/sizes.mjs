// Prints what each page costs a browser (brotli, all of its files), and fails beyond its bound.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync } from "node:zlib";

const site = "dist/site";
const pages = [
  ["start page", "index.html", 4000],
  ["playground", "playground/index.html", 26000],
  ["dashboard", "dashboard/index.html", 44000],
];

let tooLarge = false;
for (const [name, path, bound] of pages) {
  const html = readFileSync(join(site, path), "utf8");
  const files = [path, ...new Set([...html.matchAll(/(?:src|href)="([^"]*assets\/[^"]+)"/g)].map(([, file]) => join(path, "..", file)))];
  const bytes = files.reduce((sum, file) => sum + brotliCompressSync(readFileSync(join(site, file))).length, 0);
  tooLarge ||= bytes > bound;
  console.log(`   ${name}: ${bytes} bytes in ${files.length} files, ${bytes > bound ? "MORE THAN" : "at most"} ${bound}`);
}
process.exit(tooLarge ? 1 : 0);
