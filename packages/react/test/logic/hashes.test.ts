// The libraries that invented the hashes are the witnesses.
import { inflateSync } from "node:zlib";
import { decode, encode } from "blurhash";
import { rgbaToThumbHash, thumbHashToRGBA } from "thumbhash";
import { describe, expect, test } from "vitest";
import { blurhashToDataURL, decodeBlurhash } from "../../src/blurhash.js";
import { pngDataURL } from "../../src/png.js";
import { decodeThumbhash, thumbhashToDataURL } from "../../src/thumbhash.js";

function picture(width: number, height: number, alpha: boolean): Uint8ClampedArray {
  const rgba = new Uint8ClampedArray(4 * width * height);
  for (let at = 0; at < width * height; at++) {
    const [x, y] = [(at % width) / width, Math.floor(at / width) / height];
    rgba.set([255 * x, 128 + 100 * Math.sin(9 * y), 255 * (1 - x) * y, alpha ? 255 * y : 255], 4 * at);
  }
  return rgba;
}

const most = (a: ArrayLike<number>, b: ArrayLike<number>): number => Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i]!)));

describe("ThumbHash", () => {
  for (const [width, height] of [
    [60, 40],
    [40, 60],
    [50, 50],
    [90, 20],
  ] as const)
    for (const alpha of [false, true])
      test(`${width}x${height}${alpha ? " with alpha" : ""}`, () => {
        const hash = rgbaToThumbHash(width, height, picture(width, height, alpha));
        const expected = thumbHashToRGBA(hash);
        const got = decodeThumbhash(hash, 32);
        expect([got.width, got.height]).toEqual([expected.w, expected.h]);
        // Colours of what is nearly transparent are nobody's concern, and rounding is: theirs is downwards.
        expect(most(got.rgba, expected.rgba)).toBeLessThanOrEqual(1);
        expect(thumbhashToDataURL(Buffer.from(hash).toString("base64")).length).toBeLessThan(1600);
      });

  test("what is none", () => {
    expect(() => thumbhashToDataURL("AA==")).toThrow("at least 5 bytes");
    expect(decodeThumbhash(new Uint8Array(5)).rgba.length).toBeGreaterThan(0); // cut off: grey, not a crash
  });
});

describe("BlurHash", () => {
  for (const [nx, ny] of [
    [4, 3],
    [1, 1],
    [9, 9],
  ] as const)
    test(`${nx}x${ny}`, () => {
      const hash = encode(picture(60, 40, false), 60, 40, nx, ny);
      expect(most(decodeBlurhash(hash, 24, 16), decode(hash, 24, 16))).toBeLessThanOrEqual(1);
      expect(blurhashToDataURL(hash, 1.5)).toMatch(/^data:image\/png;base64,[\w+/=]{400,1500}$/);
    });

  test("what is none", () => {
    expect(() => decodeBlurhash("LEHV6nWB", 4, 4)).toThrow("has 8 characters, and should have 28");
    expect(() => decodeBlurhash("ä", 4, 4)).toThrow("is not part of a BlurHash");
    expect(() => decodeBlurhash("", 4, 4)).toThrow("has 0 characters");
  });
});

test("a PNG is one", () => {
  const pixels = new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);
  const file = Buffer.from(pngDataURL(2, 2, pixels).replace(/.*,/, ""), "base64");
  expect(file.readUInt32BE(16)).toBe(2);
  const data = file.subarray(file.indexOf("IDAT") + 4, file.indexOf("IEND") - 8);
  expect([...inflateSync(data)]).toEqual([0, ...pixels.subarray(0, 8), 0, ...pixels.subarray(8)]);
});
