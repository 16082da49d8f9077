// From samples to what is shown of them.
import { count, percent } from "../shared/format.js";
import { results, type Pictures, type Result, type Sample, type Saving } from "./api.js";

export const requestsOf = (pictures: Pictures): number => results.reduce((sum, result) => sum + pictures.byResult[result], 0);

/** The samples of the last so many seconds. */
export function lately(samples: Sample[], seconds: number): Sample[] {
  const from = (samples.at(-1)?.at ?? 0) - seconds * 1000;
  return samples.filter((sample) => sample.at > from);
}

export interface Sum {
  seconds: number;
  requests: number;
  byResult: Record<Result, number>;
  clientErrors: number;
  serverErrors: number;
  sentBytes: number;
  originalBytes: number;
  total: number[];
  process: number[];
}

const added = (a: number[], b: number[]): number[] => (a.length === 0 ? [...b] : a.map((value, i) => value + (b[i] ?? 0)));

export function sumOf(samples: Sample[]): Sum {
  const sum: Sum = {
    seconds: 0,
    requests: 0,
    byResult: Object.fromEntries(results.map((result) => [result, 0])) as Record<Result, number>,
    clientErrors: 0,
    serverErrors: 0,
    sentBytes: 0,
    originalBytes: 0,
    total: [],
    process: [],
  };
  for (const { seconds, pictures, total, process } of samples) {
    sum.seconds += seconds;
    sum.requests += requestsOf(pictures);
    for (const result of results) sum.byResult[result] += pictures.byResult[result];
    sum.clientErrors += pictures.clientErrors;
    sum.serverErrors += pictures.serverErrors;
    sum.sentBytes += pictures.sentBytes;
    sum.originalBytes += pictures.originalBytes;
    sum.total = added(sum.total, total);
    sum.process = added(sum.process, process);
  }
  return sum;
}

/** The share of answers that nothing had to be made for. */
export function hitRatio(byResult: Record<Result, number>): number {
  const hits = byResult["hit-memory"] + byResult["hit-disk"] + byResult["hit-shared"];
  const all = hits + byResult.coalesced + byResult.miss;
  return all > 0 ? hits / all : NaN;
}

/** How much less was sent than would have been, as a share of that; below 0 where it was more. */
export const savedShare = (sent: number, otherwise: number): number => (otherwise > 0 ? 1 - sent / otherwise : NaN);

/** What the comparison with Imaginary is worth: how many answers it covers, in words. */
export function sharesCompared({ answers, imaginary }: Saving): string {
  if (answers === 0) return "No picture was answered yet.";
  const share = percent(Math.floor((imaginary.answers / answers) * 100) / 100);
  return `What plain Imaginary would have sent is known of ${count(imaginary.answers)} of ${count(answers)} answers (${share}): it is measured for what is asked for again, when a core is idle.`;
}

/** The time that a share of all stayed below, in milliseconds, as far as the bounds of a histogram tell: between two of
 * them as if evenly spread, as Prometheus does it. NaN of nothing. */
export function percentile(counts: number[], bounds: number[], share: number): number {
  const all = counts.reduce((sum, count) => sum + count, 0);
  if (all === 0) return NaN;
  const wanted = all * share;
  let below = 0;
  for (const [i, count] of counts.entries()) {
    if (count > 0 && below + count >= wanted) {
      if (i >= bounds.length) return bounds.at(-1)!;
      const from = i === 0 ? 0 : bounds[i - 1]!;
      return from + ((bounds[i]! - from) * (wanted - below)) / count;
    }
    below += count;
  }
  return bounds.at(-1)!;
}
