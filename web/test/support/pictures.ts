// Pictures made on the spot: PNG files of a landscape that looks like a photograph to an encoder.
import { crc32, deflateSync } from "node:zlib";

type Colour = [number, number, number];

const mix = (from: Colour, to: Colour, part: number): Colour =>
  from.map((value, i) => value + ((to[i] as number) - value) * Math.min(1, Math.max(0, part))) as Colour;

/** The same numbers for the same seed. */
function noise(seed: number): () => number {
  let state = seed * 2654435761 + 1;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return (state >>> 8) / 2 ** 24;
  };
}

/** Sky, sun and three hills; `seed` moves them and turns the hour. `night` is the same at night. */
export function landscape(width: number, height: number, { seed = 1, night = false } = {}): Buffer {
  const random = noise(seed);
  const dusk = random();
  const zenith: Colour = night ? [8, 12, 38] : mix([48, 110, 190], [70, 58, 120], dusk);
  const horizon: Colour = night ? [40, 44, 86] : mix([205, 225, 240], [250, 170, 110], dusk);
  const sun = { x: 0.2 + 0.6 * random(), y: 0.2 + 0.2 * random(), r: 0.06 };
  const near: Colour = night ? [6, 14, 16] : [38, 82, 48];
  const hills = [0, 1, 2].map((k) => ({
    base: 0.5 + 0.16 * k,
    colour: mix(horizon, near, 0.45 + 0.27 * k),
    waves: [0, 1, 2].map((n) => ({ f: (2 + 3 * n + 2 * random()) * (1 - 0.2 * k), a: 0.07 / (n + 1), p: 6.28 * random() })),
  }));
  const tops = hills.map((hill) =>
    Float64Array.from({ length: width }, (_, x) =>
      hill.waves.reduce((y, wave) => y + wave.a * Math.sin(((wave.f * x) / width) * 3.14 + wave.p), hill.base),
    ),
  );
  const pixels = Buffer.alloc((3 * width + 1) * height);
  for (let y = 0, at = 0; y < height; y++) {
    pixels[at++] = 0;
    const v = y / height;
    const sky = mix(zenith, horizon, v / 0.6);
    for (let x = 0; x < width; x++) {
      const hill = hills.findLastIndex((_, k) => v > (tops[k] as Float64Array)[x]!);
      let colour = sky;
      if (hill >= 0) colour = mix(hills[hill]!.colour, near, 1.6 * (v - (tops[hill] as Float64Array)[x]!));
      else {
        const distance = Math.hypot(((x / width - sun.x) * width) / height, v - sun.y);
        colour = mix(sky, night ? [225, 228, 240] : [255, 246, 214], 1 - (distance - sun.r) * (night ? 60 : 9));
      }
      const grain = 5 * (random() - 0.5);
      for (const part of colour) pixels[at++] = Math.min(255, Math.max(0, part + grain));
    }
  }
  return png(width, height, pixels);
}

/** `rows`: of each row a filter's number, 0, and its RGB samples. */
function png(width: number, height: number, rows: Buffer): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const parts = [chunk("IHDR", header), chunk("IDAT", deflateSync(rows, { level: 1 })), chunk("IEND", Buffer.alloc(0))];
  return Buffer.concat([Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), ...parts]);
}

function chunk(kind: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(kind, "latin1"), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, sum]);
}

/** The same JPEG, saying that it has to be turned: EXIF's orientation, 1 to 8. */
export function turned(jpeg: Buffer, orientation: number): Buffer {
  const entry = [0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0];
  const tiff = [0x4d, 0x4d, 0, 42, 0, 0, 0, 8, 0, 1, ...entry, 0, 0, 0, 0];
  const exif = [...Buffer.from("Exif\0\0", "latin1"), ...tiff];
  return Buffer.concat([jpeg.subarray(0, 2), Buffer.from([0xff, 0xe1, 0, exif.length + 2, ...exif]), jpeg.subarray(2)]);
}
