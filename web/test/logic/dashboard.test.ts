import { describe, expect, test } from "vitest";
import { results, type Pictures, type Sample } from "../../src/dashboard/api.js";
import { hitRatio, lately, percentile, sumOf } from "../../src/dashboard/sums.js";
import * as format from "../../src/shared/format.js";

const pictures = (byResult: Partial<Pictures["byResult"]>, more: Partial<Pictures> = {}): Pictures => ({
  byResult: { ...(Object.fromEntries(results.map((result) => [result, 0])) as Pictures["byResult"]), ...byResult },
  clientErrors: 0,
  serverErrors: 0,
  sentBytes: 0,
  originalBytes: 0,
  ...more,
});
const sample = (at: number, of: Pictures, total: number[] = []): Sample => ({
  at,
  seconds: 2,
  pictures: of,
  total,
  process: [],
  connections: 0,
  productions: 0,
  queued: 0,
});

describe("percentiles of a histogram", () => {
  const bounds = [1, 10, 100];
  test("lie between two bounds as if evenly spread", () => {
    expect(percentile([0, 10, 0, 0], bounds, 0.5)).toBeCloseTo(5.5);
    expect(percentile([5, 5, 0, 0], bounds, 0.5)).toBeCloseTo(1);
    expect(percentile([100, 0, 0, 0], bounds, 0.99)).toBeCloseTo(0.99);
  });
  test("beyond the last bound are told as that", () => expect(percentile([1, 0, 0, 99], bounds, 0.5)).toBe(100));
  test("of nothing are none", () => expect(percentile([0, 0, 0, 0], bounds, 0.5)).toBeNaN());
});

test("sums of samples", () => {
  const samples = [
    sample(1000, pictures({ "hit-memory": 3, miss: 1 }, { sentBytes: 10, originalBytes: 100 }), [1, 2]),
    sample(3000, pictures({ "hit-disk": 1, coalesced: 2 }, { serverErrors: 1 }), [10, 20]),
    sample(5000, pictures({ miss: 1 })),
  ];
  const sum = sumOf(samples.slice(0, 2));
  expect(sum).toMatchObject({ seconds: 4, requests: 7, serverErrors: 1, sentBytes: 10, originalBytes: 100, total: [11, 22] });
  expect(hitRatio(sum.byResult)).toBeCloseTo(4 / 7);
  expect(hitRatio(sumOf([]).byResult)).toBeNaN();
  expect(lately(samples, 3).map(({ at }) => at)).toEqual([3000, 5000]);
});

test("figures as people read them", () => {
  expect([0, 999, 1000, 84_213, 999_499, 999_500, 1e9, -2048].map(format.bytes)).toEqual([
    "0 B",
    "999 B",
    "1.00 kB",
    "84.2 kB",
    "999 kB",
    "1.00 MB",
    "1.00 GB",
    "−2.05 kB",
  ]);
  expect([0, 0.031, 0.5, 0.9999, 1, NaN].map(format.percent)).toEqual(["0%", "3.1%", "50%", "99.9%", "100%", "–"]);
  expect([0.034, 4.2, 42.4, 1500, 60_000, NaN].map(format.milliseconds)).toEqual(["0.03 ms", "4.2 ms", "42 ms", "1.5 s", "60 s", "–"]);
  expect([0, 1.5, 12_345, 1_200_000].map(format.count)).toEqual(["0", "1.5", "12,345", "1.20 M"]);
  expect([0, 40_000, 600_000, 7_200_000, 3e8].map((past) => format.ago(1e12 - past, 1e12))).toEqual([
    "just now",
    "40 s ago",
    "10 min ago",
    "2 h ago",
    "3 days ago",
  ]);
});
