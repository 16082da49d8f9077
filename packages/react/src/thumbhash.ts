import { pngDataURL, tinySides } from "./png.js";

/** What the 5 bytes (6 with alpha) in front of a ThumbHash say. */
interface Header {
  l: number;
  p: number;
  q: number;
  a: number;
  scales: { l: number; p: number; q: number; a: number };
  hasAlpha: boolean;
  lx: number;
  ly: number;
  /** Of the picture, roughly. */
  ratio: number;
}

/** The frequencies of a channel of nx by ny: the triangle without its first one, which is the mean. */
function frequencies(nx: number, ny: number): [x: number, y: number][] {
  const found: [number, number][] = [];
  for (let y = 0; y < ny; y++) for (let x = y ? 0 : 1; x * ny < nx * (ny - y); x++) found.push([x, y]);
  return found;
}

function header(hash: Uint8Array): Header {
  const byte = (at: number): number => hash[at] ?? 0;
  const [first, second] = [byte(0) | (byte(1) << 8) | (byte(2) << 16), byte(3) | (byte(4) << 8)];
  const hasAlpha = first >> 23 === 1;
  const [long, short] = [hasAlpha ? 5 : 7, second & 7];
  const landscape = second >> 15 === 1;
  return {
    l: (first & 63) / 63,
    p: ((first >> 6) & 63) / 31.5 - 1,
    q: ((first >> 12) & 63) / 31.5 - 1,
    a: hasAlpha ? (byte(5) & 15) / 15 : 1,
    scales: {
      l: ((first >> 18) & 31) / 31,
      p: ((second >> 3) & 63) / 63,
      q: ((second >> 9) & 63) / 63,
      a: (byte(5) >> 4) / 15,
    },
    hasAlpha,
    lx: Math.max(3, landscape ? long : short),
    ly: Math.max(3, landscape ? short : long),
    ratio: landscape ? long / (short || 1) : (short || 1) / long,
  };
}

/** Pixels of a ThumbHash (https://evanw.github.io/thumbhash/), at most `longest` on a side. */
export function decodeThumbhash(hash: Uint8Array, longest?: number, ratio?: number): { width: number; height: number; rgba: Uint8Array } {
  if (hash.length < 5) throw new Error("imcaxy: a ThumbHash has at least 5 bytes");
  const { l, p, q, a, scales, hasAlpha, lx, ly, ...guess } = header(hash);
  let at = hasAlpha ? 12 : 10; // in half bytes
  const read = (nx: number, ny: number, scale: number): [x: number, y: number, factor: number][] =>
    frequencies(nx, ny).map(([x, y]) => {
      const half = ((hash[at >> 1] ?? 0) >> (4 * (at & 1))) & 15;
      at++;
      return [x, y, (half / 7.5 - 1) * scale];
    });
  // Colours are taken 1.25 times as strong, since they were rounded down.
  const channels = {
    l: read(lx, ly, scales.l),
    p: read(3, 3, scales.p * 1.25),
    q: read(3, 3, scales.q * 1.25),
    a: hasAlpha ? read(5, 5, scales.a) : [],
  };
  const [width, height] = tinySides(ratio ?? guess.ratio, longest);
  const rgba = new Uint8ClampedArray(4 * width * height);
  for (let at = 0; at < width * height; at++) {
    const [x, y] = [(Math.PI / width) * ((at % width) + 0.5), (Math.PI / height) * (Math.floor(at / width) + 0.5)];
    const sum = (start: number, factors: [number, number, number][]): number =>
      factors.reduce((total, [cx, cy, factor]) => total + 2 * factor * Math.cos(x * cx) * Math.cos(y * cy), start);
    const light = sum(l, channels.l);
    const blue = light - (2 / 3) * sum(p, channels.p);
    const redGreen = sum(q, channels.q);
    const red = (3 * light - blue + redGreen) / 2;
    rgba.set(
      [red, red - redGreen, blue, sum(a, channels.a)].map((value) => 255 * value),
      4 * at,
    );
  }
  return { width, height, rgba: new Uint8Array(rgba.buffer) };
}

/**
 * A ThumbHash (in Base64) as a `data:` URL. For servers: it costs about a kilobyte where the hash has 30 bytes. `ratio` is the
 * picture's width by its height; the hash itself knows it roughly.
 */
export function thumbhashToDataURL(base64: string, ratio?: number): string {
  const hash = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const { width, height, rgba } = decodeThumbhash(hash, undefined, ratio);
  return pngDataURL(width, height, rgba);
}
