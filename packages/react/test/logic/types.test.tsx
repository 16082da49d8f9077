// What the types forbid: tsc fails where one of these is no mistake any more.
import { expect, test } from "vitest";
import { Image, Picture } from "../../src/index.js";

const src = "https://example.com/cat.jpg";

export const mistakes = [
  // @ts-expect-error alt is missing
  <Image src={src} width={1} height={1} />,
  // @ts-expect-error no size
  <Image src={src} alt="" />,
  // @ts-expect-error half of a size
  <Image src={src} alt="" width={1} />,
  // @ts-expect-error proportions alone are no size, unless it is as wide as the page
  <Image src={src} alt="" aspectRatio={1} />,
  // @ts-expect-error no such layout
  <Image src={src} alt="" width={1} height={1} layout="fill" />,
  // @ts-expect-error neither a kind, a colour nor data
  <Image src={src} alt="" width={1} height={1} placeholder="red" />,
  // @ts-expect-error made by the component
  <Image src={src} alt="" width={1} height={1} srcSet="" />,
  // @ts-expect-error no sources
  <Picture src={src} alt="" width={1} height={1} />,
];

export const right = [
  <Image src={src} alt="" width={1} height={1} />,
  <Image src={src} alt="" width={1} aspectRatio={1} layout="fixed" />,
  <Image src={src} alt="" aspectRatio={1} layout="fullWidth" />,
  <Image src={src} alt="" info={{ width: 1, height: 1 }} placeholder="thumbhash" />,
  <Image src={src} alt="" width={1} height={1} id="a" aria-hidden onClick={() => {}} data-x="1" crossOrigin="anonymous" ref={() => {}} />,
  <Picture src={src} alt="" width={1} height={1} sources={[{ media: "print", crop: "smart" }]} />,
];

test("types are checked by tsc", () => expect(mistakes.length + right.length).toBeGreaterThan(10));
