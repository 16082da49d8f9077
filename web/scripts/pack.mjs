// Writes what Vite built as C++ that the server is linked with: dist/web_files.cpp, see src/server/web/file.hpp.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { extname, join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const site = "dist/site";
const types = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
};

// The pages hold the code of others, whose licences ask to be handed on.
const licences = ["preact", "uplot"].map((name) => `${name}\n\n${readFileSync(`node_modules/${name}/LICENSE`, "utf8").trim()}\n`);
writeFileSync(join(site, "licences.txt"), licences.join("\n----\n\n"));

const brotli = (bytes) =>
  brotliCompressSync(bytes, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
  });

const arrays = [];
const rows = [];

/** The name of an array with these bytes, as a view. */
function view(bytes) {
  if (bytes.length === 0) return "{}";
  const name = `bytes_${arrays.length}`;
  arrays.push(`const unsigned char ${name}[] = {${[...bytes].join(",")}};`);
  return `{reinterpret_cast<const char*>(${name}), sizeof ${name}}`;
}

for (const entry of readdirSync(site, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name).slice(site.length + 1))
  .sort()) {
  const bytes = readFileSync(join(site, entry));
  const type = types[extname(entry)];
  if (!type) throw new Error(`${entry}: which Content-Type should that have? Tell scripts/pack.mjs`);
  const smaller = (packed) => (packed.length < bytes.length * 0.95 ? packed : Buffer.alloc(0));
  const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 20);
  const views = [bytes, smaller(gzipSync(bytes, { level: 9 })), smaller(brotli(bytes))].map(view);
  rows.push(`    {"${entry}", "${type}", "${hash}", ${views.join(", ")}},`);
}

const source = `// Made by web/scripts/pack.mjs.
#include "server/web/file.hpp"

namespace imcaxy::server {
namespace {

${arrays.join("\n")}

const WebFile files[] = {
${rows.join("\n")}
};

}  // namespace

std::span<const WebFile> web_files() {
  return files;
}

}  // namespace imcaxy::server
`;
writeFileSync("dist/web_files.cpp.new", source);
renameSync("dist/web_files.cpp.new", "dist/web_files.cpp");
