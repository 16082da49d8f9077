// A drawing to try things with, made here: the page asks no other site for anything.

type Colour = [number, number, number];
const mix = (from: Colour, to: Colour, part: number): Colour =>
  from.map((value, i) => value + (to[i]! - value) * Math.min(1, Math.max(0, part))) as Colour;

/** Hills under an evening sky, with the grain of a photograph. The same each time. */
export async function sample(): Promise<File> {
  const [width, height] = [1600, 1067];
  let state = 7;
  // Mulberry32: the same numbers each time, and no pattern in them that is seen.
  const random = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const zenith: Colour = [44, 62, 132];
  const horizon: Colour = [252, 186, 120];
  const near: Colour = [18, 44, 46];
  const sun = { x: 0.68, y: 0.36, r: 0.055 };
  const hills = [0, 1, 2, 3].map((k) => ({
    base: 0.5 + 0.13 * k,
    colour: mix(horizon, near, 0.35 + 0.21 * k),
    waves: [0, 1, 2, 3, 4].map((n) => ({
      f: (1.6 + 2.7 * n + 2 * random()) * (1 + 0.2 * k),
      a: 0.085 / (n + 1) ** 1.3,
      p: 6.28 * random(),
    })),
  }));
  const tops = hills.map((hill) =>
    Float64Array.from({ length: width }, (_, x) =>
      hill.waves.reduce((y, wave) => y + wave.a * Math.sin((wave.f * x * 3.14) / width + wave.p), hill.base),
    ),
  );
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d")!;
  const pixels = context.createImageData(width, height);
  for (let y = 0, at = 0; y < height; y++) {
    const v = y / height;
    const sky = mix(zenith, horizon, (v / 0.62) ** 1.15);
    for (let x = 0; x < width; x++) {
      const hill = hills.findLastIndex((_, k) => v > tops[k]![x]!);
      let colour = sky;
      if (hill >= 0) {
        const depth = v - tops[hill]![x]!;
        // Trees, closer and larger from hill to hill, and light from the sun's side on their slopes.
        const trees = Math.sin(x * 0.11 * (5 - hill) + 2.6 * Math.sin(x * 0.013 * (hill + 1))) * Math.sin(y * 0.16 * (5 - hill) + x * 0.02);
        const slope = tops[hill]![Math.min(width - 1, x + 6)]! - tops[hill]![Math.max(0, x - 6)]!;
        colour = mix(hills[hill]!.colour, near, 1.9 * depth + 0.07 * trees * hill - 9 * slope);
      } else {
        const distance = Math.hypot(((x / width - sun.x) * width) / height, v - sun.y);
        colour = mix(sky, [255, 243, 214], distance < sun.r ? 1 : 0.75 - (distance - sun.r) * 3.2);
      }
      const grain = 7 * (random() - 0.5);
      for (const part of colour) pixels.data[at++] = part + grain;
      pixels.data[at++] = 255;
    }
  }
  context.putImageData(pixels, 0, 0);
  return new File([await canvas.convertToBlob({ type: "image/png" })], "sample.png", { type: "image/png" });
}
