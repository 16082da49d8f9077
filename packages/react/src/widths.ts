/**
 * The widths that pictures are asked for, in pixels. Few, so that a version is already made and cached when the next visitor
 * comes; and in the right places, because browsers take the smallest one that is not below what they need: on the widths
 * of screens, or just above a group of them (832: phones at 2; 1088, 1296: phones at 3; 1680: tablets and small laptops;
 * 1920, 2560, 3840: desktops), and below in steps of 1.4, since small pictures cost few bytes.
 */
export const IMCAXY_WIDTHS: readonly number[] = [160, 224, 320, 448, 608, 832, 1088, 1296, 1680, 1920, 2560, 3840];

/** The smallest rung that is not below `width`; the highest one when none is. */
export function snapWidth(width: number, widths: readonly number[] = IMCAXY_WIDTHS): number {
  const rungs = rising(widths);
  return rungs.find((rung) => rung >= width) ?? (rungs.at(-1) as number);
}

/** The rungs from `snapWidth(from)` up to `snapWidth(to)`. */
export function rungsBetween(from: number, to: number, widths: readonly number[] = IMCAXY_WIDTHS): number[] {
  const [low, high] = [snapWidth(from, widths), snapWidth(to, widths)];
  return rising(widths).filter((rung) => rung >= low && rung <= high);
}

function rising(widths: readonly number[]): number[] {
  if (!widths.length) throw new Error("imcaxy: `widths` is empty: give at least one width in pixels");
  return [...widths].sort((a, b) => a - b);
}
