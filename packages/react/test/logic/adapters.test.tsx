import { Image as Unpic, Source } from "@unpic/react/base";
import { renderToString } from "react-dom/server";
import { describe, expect, test } from "vitest";
import {
  clientHintHeaders,
  clientHintMeta,
  createLoader,
  createTransformer,
  type ServerOptions,
  type TransformerOperations,
} from "../../src/index.js";

const server = "https://img.example.com";
const src = "https://example.com/cat.jpg";

describe("the loader for next/image", () => {
  test("makes a URL of what Next.js asks for", () => {
    const loader = createLoader({ server, quality: 70, origin: "https://www.example.com" });
    expect(loader({ src, width: 640 })).toBe(`${server}/imaginary/resize?quality=70&url=https%3A%2F%2Fexample.com%2Fcat.jpg&width=640`);
    expect(loader({ src: "/cat.jpg", width: 640, quality: 50 })).toMatch(/quality=50&url=https%3A%2F%2Fwww.example.com%2Fcat.jpg/);
  });
});

describe("the transformer for unpic", () => {
  const transformer = createTransformer({ server });

  test("cuts to both sides, resizes to one", () => {
    expect(transformer(src, { width: "400", height: 300, format: "webp", quality: "60" })).toBe(
      `${server}/imaginary/crop?height=300&quality=60&type=webp&url=https%3A%2F%2Fexample.com%2Fcat.jpg&width=400`,
    );
    expect(transformer(new URL(src), { width: 400 })).toContain("/imaginary/resize?url=https%3A%2F%2Fexample.com%2Fcat.jpg&width=400");
    expect(transformer(src, { width: 4, height: 3, operation: "fit", params: { sigma: 2 } })).toMatch(/\/fit\?height=3&sigma=2&/);
  });

  test("works in the components of @unpic/react", () => {
    const html = renderToString(
      <Unpic<TransformerOperations, ServerOptions>
        src={src}
        width={800}
        height={600}
        transformer={transformer}
        alt="A cat"
        operations={{ crop: "north" }}
      />,
    );
    expect(html).toMatch(/srcset="https:\/\/img\.example\.com\/imaginary\/crop\?gravity=north&amp;height=\d+&amp;url=/i);
    expect(
      renderToString(<Source<TransformerOperations, ServerOptions> src={src} layout="fullWidth" transformer={transformer} media="print" />),
    ).toContain("/imaginary/resize?");
  });
});

test("client hints are delegated to the image server's origin", () => {
  expect(clientHintHeaders("https://img.example.com/api/v1")).toEqual({
    "Accept-CH": "Sec-CH-DPR, Sec-CH-Width, Sec-CH-Viewport-Width, ECT, Downlink, RTT",
    "Permissions-Policy": ["dpr", "width", "viewport-width", "ect", "downlink", "rtt"]
      .map((hint) => `ch-${hint}=(self "https://img.example.com")`)
      .join(", "),
  });
  expect(clientHintMeta(server)).toMatch(/^sec-ch-dpr https:\/\/img.example.com; .*; rtt https:\/\/img.example.com$/);
});
