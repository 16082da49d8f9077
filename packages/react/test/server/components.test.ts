import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";

test("server components make and sign URLs; the browser gets them, and neither key nor function", () => {
  const key = "a-key-that-has-to-stay-on-the-server";
  const loader = ["--conditions=react-server", "--no-warnings", "--experimental-loader=./test/support/flight_loader.mjs"];
  const flight = execFileSync(process.execPath, [...loader, "test/support/flight.mjs", key], { encoding: "utf8" });
  expect(flight).toMatch(/"components\.js#ImcaxyProvider"/);
  expect(flight).toMatch(/"components\.js#Image"/);
  expect(flight).toMatch(/"img\.js#Img"/);
  expect(flight.match(/&sign=[\w-]{43}/g)?.length).toBeGreaterThan(10);
  expect(flight).toContain("https://img.example.com/imaginary/resize?url=https%3A%2F%2Fexample.com%2Fcat.jpg&width=10");
  expect(flight).not.toContain(key);
});
