import { pngDataURL, tinySides } from "./png.js";

const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~";

function number(text: string): number {
  return [...text].reduce((value, digit) => {
    const place = digits.indexOf(digit);
    if (place < 0) throw new Error(`imcaxy: "${digit}" is not part of a BlurHash`);
    return value * 83 + place;
  }, 0);
}

const toLight = (sample: number): number => (sample <= 10.31475 ? sample / 255 / 12.92 : ((sample / 255 + 0.055) / 1.055) ** 2.4);
const toSample = (light: number): number => Math.round(255 * (light <= 0.0031308 ? light * 12.92 : 1.055 * light ** (1 / 2.4) - 0.055));
const square = (value: number): number => value * Math.abs(value);

/** Pixels of a BlurHash (https://blurha.sh). */
export function decodeBlurhash(hash: string, width: number, height: number): Uint8Array {
  const size = number(hash.charAt(0));
  const [nx, ny] = [(size % 9) + 1, Math.floor(size / 9) + 1];
  if (hash.length !== 4 + 2 * nx * ny)
    throw new Error(`imcaxy: the BlurHash "${hash}" has ${hash.length} characters, and should have ${4 + 2 * nx * ny}`);
  const strongest = (number(hash.charAt(1)) + 1) / 166;
  const mean = number(hash.slice(2, 6));
  const colours: number[][] = [[mean >> 16, (mean >> 8) & 255, mean & 255].map(toLight)];
  for (let at = 6; at < hash.length; at += 2) {
    const value = number(hash.slice(at, at + 2));
    colours.push([Math.floor(value / 361), Math.floor(value / 19) % 19, value % 19].map((part) => square((part - 9) / 9) * strongest));
  }
  const rgba = new Uint8ClampedArray(4 * width * height).fill(255);
  for (let at = 0; at < width * height; at++) {
    const [x, y] = [(Math.PI * (at % width)) / width, (Math.PI * Math.floor(at / width)) / height];
    const light = [0, 0, 0].map((_, part) =>
      colours.reduce((sum, colour, k) => sum + (colour[part] as number) * Math.cos(x * (k % nx)) * Math.cos(y * Math.floor(k / nx)), 0),
    );
    rgba.set(
      light.map((value) => toSample(Math.max(0, value))),
      4 * at,
    );
  }
  return new Uint8Array(rgba.buffer);
}

/** A BlurHash as a `data:` URL; `ratio` is the picture's width by its height. For servers, as `thumbhashToDataURL`. */
export function blurhashToDataURL(hash: string, ratio: number): string {
  const [width, height] = tinySides(ratio);
  return pngDataURL(width, height, decodeBlurhash(hash, width, height));
}
