import { describe, expect, test } from "vitest";
import { imcaxyUrl } from "../../src/url.js";
import { createSigner } from "../../src/sign.js";

const server = "https://img.example.com";
const queryOf = (url: string): Record<string, string> => Object.fromEntries(new URL(url).searchParams);

describe("imcaxyUrl", () => {
  test("resizes", () => {
    expect(imcaxyUrl("https://example.com/cat.jpg", { server, width: 400 })).toBe(
      "https://img.example.com/imaginary/resize?url=https%3A%2F%2Fexample.com%2Fcat.jpg&width=400",
    );
  });

  test("is the same whatever the order, and says nothing of what is undefined", () => {
    const one = imcaxyUrl("https://a/b", { server, width: 4, quality: 5, params: { sigma: 1, page: undefined, blur: false } });
    const other = imcaxyUrl("https://a/b", { params: { blur: false, sigma: 1 }, height: undefined, quality: 5, width: 4, server });
    expect(one).toBe(other);
    expect(queryOf(one)).toEqual({ url: "https://a/b", width: "4", quality: "5", sigma: "1", blur: "false" });
  });

  test("cuts", () => {
    const cut = (crop: true | "north"): string => imcaxyUrl("https://a/b", { server, width: 4, height: 4, crop });
    expect(new URL(cut(true)).pathname).toBe("/imaginary/crop");
    expect(queryOf(cut("north"))).toMatchObject({ gravity: "north" });
    expect(imcaxyUrl("https://a/b", { server, operation: "smartcrop", crop: true })).toContain("/imaginary/smartcrop?");
  });

  test.each([
    "https://example.com/a b.jpg?x=1&y=2#z",
    "https://example.com/100%25+1.jpg",
    "https://example.com/naïve-猫-🐈.jpg",
    "https://example.com/(1),[2],'3',\"4\",*5*,!6!,~7~,;8,\\9.jpg",
    "https://example.com/a\tb\nc.jpg",
    "https://user:pass@example.com:8080/?url=https://other/&width=9",
  ])("hands on %s as it is", (src) => {
    const url = imcaxyUrl(src, { server, width: 1 });
    expect(queryOf(url)).toEqual({ url: src, width: "1" });
    // A srcset is split at blanks and commas, CSS ends at quotes and brackets.
    expect(url).not.toMatch(/[\s,"'()\\<>]/);
  });

  test("half of a surrogate pair does not stop the page", () => {
    expect(imcaxyUrl("https://a/\ud83d.jpg", { server })).toContain("%EF%BF%BD");
  });

  test("relative sources need an origin", () => {
    expect(queryOf(imcaxyUrl("/cat.jpg", { server, origin: "https://www.example.com" })).url).toBe("https://www.example.com/cat.jpg");
    expect(queryOf(imcaxyUrl("//cdn/cat.jpg", { server, origin: "https://www.example.com" })).url).toBe("https://cdn/cat.jpg");
    expect(() => imcaxyUrl("/cat.jpg", { server })).toThrow('the source "/cat.jpg" is not an http(s) address: give `origin`');
  });

  test("files of the mounted folder", () => {
    expect(queryOf(imcaxyUrl("file:a/cat.jpg", { server }))).toEqual({ file: "a/cat.jpg" });
  });

  test("what is in the page stays in the page", () => {
    for (const src of ["data:image/gif;base64,R0", "blob:https://a/1"]) expect(imcaxyUrl(src, {})).toBe(src);
  });

  test("servers with a prefix, a slash, or on the same host; none is a mistake", () => {
    expect(imcaxyUrl("https://a/b", { server: "https://x/api/v1/" })).toMatch(/^https:\/\/x\/api\/v1\/imaginary\/resize\?/);
    expect(imcaxyUrl("https://a/b", { server: "" })).toMatch(/^\/imaginary\/resize\?/);
    expect(() => imcaxyUrl("https://a/b", {})).toThrow("no server: use <ImcaxyProvider server=...>");
  });
});

describe("createSigner", () => {
  const key = "4f46feebafc4b5e988f131c4ff8b5997";

  test("signs path and query", () => {
    const url = imcaxyUrl("https://example.com/cat.jpg", { server, width: 300, sign: createSigner(key) });
    expect(queryOf(url).sign).toMatch(/^[\w-]{43}$/);
    expect(url.replace(/&sign=.*/, "")).toBe(imcaxyUrl("https://example.com/cat.jpg", { server, width: 300 }));
  });

  test("refuses keys that the server would refuse", () => {
    expect(() => createSigner("short")).toThrow("32 characters or more");
    expect(() => createSigner(process.env.NO_SUCH_KEY as string)).toThrow("32 characters or more");
  });
});
