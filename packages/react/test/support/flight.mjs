// Renders a server component as React's server does, and prints what goes to the browser. Run with --conditions=react-server.
import { createElement } from "react";
import { renderToPipeableStream } from "react-server-dom-webpack/server.node";
import { createPicture, Image, imcaxyUrl, ImcaxyProvider } from "../../dist/index.js";
import { createSigner } from "../../dist/sign.js";

const server = "https://img.example.com";
const src = "https://example.com/cat.jpg";
const size = { alt: "A cat", width: 800, height: 500 };
const key = process.argv[2];

// Every client module is known under its own name.
const manifest = new Proxy(
  {},
  { get: (_, id) => ({ id: String(id).replace(/.*\//, ""), chunks: [], name: String(id).replace(/.*#/, "") }) },
);
const Signed = createPicture({ server, sign: createSigner(key) });
const page = createElement(
  ImcaxyProvider,
  { server },
  createElement(Image, { src, ...size, priority: true }),
  createElement(Signed, { src, ...size, placeholder: "blur", sources: [{ media: "print", crop: "smart" }] }),
  imcaxyUrl(src, { server, width: 10 }),
);
renderToPipeableStream(page, manifest, { onError: (error) => console.error(error) }).pipe(process.stdout);
