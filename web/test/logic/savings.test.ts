import { expect, test } from "vitest";
import { savedShare, sharesCompared } from "../../src/dashboard/sums.js";
import type { Saving } from "../../src/dashboard/api.js";

const saving = (answers: number, compared: number): Saving => ({
  answers,
  sentBytes: 0,
  originalBytes: 0,
  imaginary: { answers: compared, sentBytes: 0, imaginaryBytes: 0 },
});

test("a share of what would have been sent", () => {
  expect(savedShare(25, 100)).toBe(0.75);
  expect(savedShare(150, 100)).toBe(-0.5);
  expect(savedShare(0, 0)).toBeNaN();
});

test("the figure says what it covers", () => {
  expect(sharesCompared(saving(0, 0))).toBe("No picture was answered yet.");
  expect(sharesCompared(saving(1200, 0))).toContain("of 0 of 1,200 answers");
  expect(sharesCompared(saving(1000, 995))).toContain("of 995 of 1,000 answers (99%)");
});
