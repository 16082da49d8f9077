// npm run example: needs a server that may fetch from this machine, as by
//   IMCAXY_ALLOW_PRIVATE_SOURCES=127.0.0.0/8 make run
import { build } from "esbuild";

const imcaxy = process.env.IMCAXY_SERVER ?? "http://127.0.0.1:8080";
const file = "node_modules/.cache/imcaxy-example.mjs";
await build({ entryPoints: ["example/start.ts"], bundle: true, platform: "node", format: "esm", packages: "external", outfile: file });
const { startExample } = await import(`../${file}`);
const { url } = await startExample(imcaxy, Number(process.env.PORT ?? 5173));
console.log(`${url}, with pictures from ${imcaxy} (IMCAXY_SERVER names another one)`);
