/** A `data:` URL of a PNG without compression: for the few pixels of a placeholder that is cheaper than code that compresses. */
export function pngDataURL(width: number, height: number, rgba: Uint8Array): string {
  const row = 4 * width + 1;
  const raw = new Uint8Array(row * height); // each row begins with the number of its filter, 0
  for (let y = 0; y < height; y++) raw.set(rgba.subarray(4 * width * y, 4 * width * (y + 1)), row * y + 1);
  const stored = [1, raw.length & 255, raw.length >> 8, ~raw.length & 255, (~raw.length >> 8) & 255];
  const bytes = [
    ...[137, 80, 78, 71, 13, 10, 26, 10],
    ...chunk("IHDR", [...be32(width), ...be32(height), 8, 6, 0, 0, 0]),
    ...chunk("IDAT", [0x78, 1, ...stored, ...raw, ...be32(adler32(raw))]),
    ...chunk("IEND", []),
  ];
  return `data:image/png;base64,${btoa(String.fromCharCode(...bytes))}`;
}

const be32 = (value: number): number[] => [24, 16, 8, 0].map((shift) => (value >>> shift) & 255);

function chunk(kind: string, data: number[]): number[] {
  const named = [...kind].map((letter) => letter.charCodeAt(0)).concat(data);
  return [...be32(data.length), ...named, ...be32(crc32(named))];
}

function crc32(bytes: number[]): number {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 && 0xedb88320);
  }
  return ~crc;
}

function adler32(bytes: Uint8Array): number {
  let [a, b] = [1, 0];
  for (const byte of bytes) {
    a = (a + byte) % 65521;
    b = (b + a) % 65521;
  }
  return (b << 16) | a;
}

/** The sides of a placeholder with these proportions: few pixels, which the browser blurs by enlarging them. */
export function tinySides(ratio: number, longest = 16): [width: number, height: number] {
  const side = (value: number): number => Math.max(1, Math.round(value));
  return ratio > 1 ? [longest, side(longest / ratio)] : [side(longest * ratio), longest];
}
