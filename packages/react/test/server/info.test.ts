// What the library tells the real server, and hears from it.
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { getImageInfo } from "../../src/info.js";
import { createSigner } from "../../src/sign.js";
import { imcaxyUrl, type Transform } from "../../src/url.js";
import { imcaxy, type Imcaxy } from "../support/imcaxy.js";
import { landscape, turned } from "../support/pictures.js";
import { web, type Web } from "../support/web.js";

const key = "4f46feebafc4b5e988f131c4ff8b5997";

let plain: Imcaxy, signed: Imcaxy, origin: Web;
beforeAll(async () => {
  [plain, signed, origin] = await Promise.all([imcaxy(), imcaxy({ IMCAXY_URL_SIGNATURE_KEY: key }), web()]);
  origin.put("/a.png", { body: landscape(320, 200), type: "image/png" });
});
afterAll(() => Promise.all([plain.close(), signed.close(), origin.close()]));

const sizeOf = async (url: string): Promise<[number, number]> => {
  const { width, height } = (await fetch(url).then((answer) => answer.json())) as { width: number; height: number };
  return [width, height];
};

describe("getImageInfo", () => {
  test("tells size and format", async () => {
    expect(await getImageInfo(`${origin.url}/a.png`, { server: plain.url })).toEqual({
      width: 320,
      height: 200,
      type: "png",
      hasAlpha: false,
    });
  });

  test("tells the size of the upright picture", async () => {
    const url = imcaxyUrl(`${origin.url}/a.png`, { server: plain.url, operation: "convert", format: "jpeg" });
    const jpeg = Buffer.from((await fetch(url).then((answer) => answer.arrayBuffer())) as ArrayBuffer);
    for (const orientation of [1, 3, 6, 8]) {
      const src = origin.put(`/${orientation}.jpg`, { body: turned(jpeg, orientation), type: "image/jpeg" });
      const { width, height } = await getImageInfo(src, { server: plain.url });
      // A resized picture stands upright, and has these proportions.
      const shown = imcaxyUrl(src, { server: plain.url, width: 100, format: "png" });
      const [w, h] = await sizeOf(imcaxyUrl(shown, { server: plain.url, operation: "info" }));
      expect([orientation, width / height]).toEqual([orientation, w > h ? 1.6 : 0.625]);
    }
  });

  test("says why there is none", async () => {
    await expect(getImageInfo(`${origin.url}/missing.png`, { server: plain.url })).rejects.toThrow(/no info about .*missing\.png: 404 /);
    await expect(getImageInfo(`${origin.url}/a.png`, { server: signed.url })).rejects.toThrow(/: (400|403) /);
    await expect(getImageInfo("https://a/b", { server: "http://127.0.0.1:2" })).rejects.toThrow(
      "no info about https://a/b: http://127.0.0.1:2 can't be reached: connect ECONNREFUSED",
    );
    await expect(getImageInfo(`${origin.url}/a.png`, { server: origin.url })).rejects.toThrow(/no info about/);
  });

  test("the real server's placeholders, where it makes them", async () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    for (const placeholder of ["color", "lqip", "blurhash", "thumbhash"] as const) {
      const info = await getImageInfo(`${origin.url}/a.png`, { server: plain.url, placeholder });
      if (!warn.mock.calls.length) expect(info.preview).toMatch(placeholder === "color" ? /^#[0-9a-f]{6}$/ : /^data:image\//);
    }
    warn.mockRestore();
  });

  test("a server that makes no such placeholder costs a warning, not the picture", async () => {
    const old = origin.put("/imaginary/info", { body: '{"width":3,"height":2}', type: "application/json" });
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    const server = old.replace("/imaginary/info", "");
    expect(await getImageInfo("https://a/b", { server, placeholder: "thumbhash" })).toEqual({ width: 3, height: 2 });
    expect(warn.mock.calls[0]?.[0]).toContain("makes no placeholder of the kind thumbhash");
    warn.mockRestore();
  });

  test.each([
    ["color", '"color":"#aabbcc"', "#aabbcc"],
    ["lqip", '"lqip":"data:image/webp;base64,AAAA"', "data:image/webp;base64,AAAA"],
    ["blurhash", '"blurhash":"LEHV6nWB2yk8pyo0adR*.7kCMdnj"', /^data:image\/png;base64,/],
    ["thumbhash", '"thumbhash":"1QcSHQRnh493V4dIh4eXh1h4kJUI"', /^data:image\/png;base64,/],
  ] as const)("a %s becomes the preview", async (placeholder, field, preview) => {
    origin.put("/imaginary/info", { body: `{"width":32,"height":21,${field}}`, type: "application/json" });
    const info = await getImageInfo("https://a/b", { server: origin.url, placeholder });
    expect(info.preview).toMatch(preview);
    expect(origin.asked.at(-1)?.target).toContain(`placeholder=${placeholder}`);
  });
});

describe("signatures", () => {
  const ask = async (src: string, transform: Transform, sign = createSigner(key)): Promise<number> =>
    (await fetch(imcaxyUrl(src, { server: signed.url, sign, ...transform }))).status;

  test.each<[string, Transform]>([
    ["plain", { width: 100 }],
    ["with many parameters", { width: 100, height: 50, crop: "north", quality: 50, params: { sigma: 1.5, background: "1,2,3" } }],
    ["with text", { width: 100, operation: "watermark", params: { text: "(a) *b* ~c~ 'd' !e! ü + 100% &f=g", textwidth: 50 } }],
    ["of info", { operation: "info" }],
  ])("are accepted: %s", async (_, transform) => {
    expect(await ask(`${origin.url}/a.png?x=a b+c`, transform)).toBe(200);
  });

  test("are needed", async () => {
    expect(await ask(`${origin.url}/a.png`, { width: 10 }, () => "")).toBe(403);
    expect(await ask(`${origin.url}/a.png`, { width: 10 }, createSigner(key.replace("4", "5")))).toBe(403);
  });
});

test("odd addresses reach the origin", async () => {
  const odd = { "/a%20b.png": "/a b.png", "/n%C3%A4h%2Bx.png": "/n%C3%A4h%2Bx.png", "/(1),[2].png": "/(1),[2].png" };
  for (const [path, src] of Object.entries(odd)) {
    origin.put(path, { body: landscape(32, 20), type: "image/png" });
    const answer = await fetch(imcaxyUrl(`${origin.url}${src}?q=1&r=%26`, { server: plain.url, width: 10 }));
    expect([src, answer.status]).toEqual([src, 200]);
    expect(origin.asked.at(-1)?.target).toMatch(/\?q=1&r=%26$/);
  }
});
