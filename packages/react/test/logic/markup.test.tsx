// What the server's HTML says, with either React.
import { version, type ReactElement } from "react";
import { renderToString } from "react-dom/server";
import { describe, expect, test, vi } from "vitest";
import {
  createImage,
  getImageProps,
  Image,
  ImcaxyProvider,
  Picture,
  useImageUrl,
  type ImageProps,
  type PictureProps,
} from "../../src/index.js";
import type { ImageInfo } from "../../src/info.js";

const server = "https://img.example.com";
const src = "https://example.com/cat.jpg";
const box = { width: 800, height: 500 };

interface Tag {
  name: string;
  [attribute: string]: string;
}

/** The tags of some HTML, with their attributes. */
function tags(html: string): Tag[] {
  const decode = (text: string): string =>
    text
      .replace(/&quot;/g, '"')
      .replace(/&#x27;/g, "'")
      .replace(/&amp;/g, "&");
  return [...html.matchAll(/<(\w+)([^>]*)>/g)].map(([, name, rest]) => ({
    name: name as string,
    ...Object.fromEntries([...rest!.matchAll(/([\w-]+)="([^"]*)"/g)].map(([, key, value]) => [key!.toLowerCase(), decode(value!)])),
  }));
}

/** Renders, and React has nothing to complain about. */
function render(element: ReactElement): Tag[] {
  const complaint = vi.spyOn(console, "error").mockImplementation(() => {});
  const html = renderToString(<ImcaxyProvider server={server}>{element}</ImcaxyProvider>);
  expect(complaint.mock.calls).toEqual([]);
  complaint.mockRestore();
  return tags(html);
}

const image = (props: Partial<ImageProps> = {}): Tag =>
  render(<Image {...({ src, alt: "A cat", ...(props.info || props.aspectRatio ? {} : box), ...props } as ImageProps)} />).find(
    ({ name }) => name === "img",
  ) as Tag;
const widths = (srcset: string | undefined): number[] => (srcset ?? "").split(", ").map((one) => Number(/ (\d+)w$/.exec(one)?.[1]));
const parameters = (srcset: string | undefined): Record<string, string>[] =>
  (srcset ?? "").split(", ").map((one) => Object.fromEntries(new URL(one.split(" ")[0]!).searchParams));

test("both Reacts are tested", ({ task }) => {
  expect(`react ${version.slice(0, 2)}`).toBe(task.file.projectName);
});

describe("layouts", () => {
  test("constrained: up to twice its width, laid out before it is there", () => {
    const tag = image();
    expect(widths(tag.srcset)).toEqual([160, 224, 320, 448, 608, 832, 1088, 1296, 1680]);
    expect(tag.sizes).toBe("auto, (min-width: 800px) 800px, 100vw");
    expect(tag.src).toContain("width=832");
    expect(tag).toMatchObject({ width: "800", height: "500", alt: "A cat", loading: "lazy", decoding: "async" });
    expect(tag.style).toBe("width:100%;max-width:800px;height:auto;aspect-ratio:1.6;object-fit:cover");
  });

  test("fixed: for densities of 1 to 2", () => {
    const tag = image({ layout: "fixed", width: 300, height: 300 });
    expect([widths(tag.srcset), tag.sizes]).toEqual([[320, 448, 608], "300px"]);
    expect(tag.style).toMatch(/^width:300px;height:auto;aspect-ratio:1;/);
  });

  test("fullWidth: the whole ladder", () => {
    const tag = image({ layout: "fullWidth", aspectRatio: 2 } as ImageProps);
    expect([widths(tag.srcset).at(-1), tag.sizes]).toEqual([3840, "auto, 100vw"]);
    expect(tag.style).toMatch(/^width:100%;height:auto;aspect-ratio:2;/);
    expect(tag.width).toBe(undefined);
  });

  test("your own sizes, widths and style win", () => {
    const tag = image({ sizes: "50vw", widths: [900, 300], style: { objectFit: "contain" }, className: "hero" });
    expect([tag.sizes, widths(tag.srcset), tag.class]).toEqual(["50vw", [300, 900], "hero"]);
    expect(tag.style).toContain("object-fit:contain");
  });

  test("info gives the size, and no candidate has more pixels than the original", () => {
    const info = { width: 1000, height: 400 };
    const tag = image({ info });
    expect([tag.width, tag.height]).toEqual(["1000", "400"]);
    expect(widths(tag.srcset)).toEqual([160, 224, 320, 448, 608, 832, 1000]);
    expect(parameters(tag.srcset).at(-1)?.width).toBe("1088");
    expect(image({ info, width: 300 } as ImageProps).height).toBe("120");
    expect(widths(image({ info, crop: true, width: 500, height: 500 } as ImageProps).srcset)).toEqual([160, 224, 320, 400]);
    expect(widths(image({ info: { width: 100, height: 50 }, layout: "fixed", width: 300 } as ImageProps).srcset)).toEqual([100]);
  });

  test("no room is a mistake", () => {
    for (const props of [
      { width: 100, height: undefined },
      { width: 0, height: 0 },
      { width: NaN, height: 100 },
    ])
      expect(() => image(props as unknown as ImageProps)).toThrow("needs `width` and `height`, `aspectRatio`, or `info`");
  });
});

describe("transforms", () => {
  test("a crop has both sides at each width, and the same proportions", () => {
    const all = parameters(image({ crop: "north", quality: 60, format: "webp", params: { sigma: 2 } }).srcset);
    expect(all[0]).toEqual({ url: src, width: "160", height: "100", gravity: "north", quality: "60", type: "webp", sigma: "2" });
    for (const { width, height } of all) expect(Number(width) / Number(height)).toBeCloseTo(1.6, 1);
  });

  test("a resize has the width alone, so that nothing is filled up", () => {
    expect(Object.keys(parameters(image().srcset)[0]!)).toEqual(["url", "width"]);
  });

  test("a loader gets all of it", () => {
    const asked: unknown[] = [];
    const tag = image({ loader: (request) => `/x?${asked.push(request)}`, crop: true, quality: 5 });
    expect(tag.src).toMatch(/^\/x\?\d+$/);
    expect(asked[0]).toMatchObject({ src, width: 160, height: 100, crop: true, quality: 5 });
  });

  test("data: and blob: are shown as they are", () => {
    const tag = image({ src: "data:image/gif;base64,R0" });
    expect([tag.src, tag.srcset, tag.sizes, tag.width]).toEqual(["data:image/gif;base64,R0", undefined, undefined, "800"]);
  });
});

describe("priority", () => {
  test("is loaded at once and first", () => {
    const tag = image({ priority: true });
    expect(tag).toMatchObject({ loading: "eager", fetchpriority: "high", sizes: "(min-width: 800px) 800px, 100vw" });
    expect(tag.decoding).toBe(undefined);
  });

  test("React 19 preloads the same candidates, once", () => {
    const links = render(<Image src={src} alt="" {...box} priority />).filter(({ name }) => name === "link");
    expect(links.length).toBe(version.startsWith("19") ? 1 : 0);
    for (const link of links)
      expect(link).toMatchObject({ rel: "preload", as: "image", fetchpriority: "high", imagesizes: "(min-width: 800px) 800px, 100vw" });
  });

  test("attributes of your own win", () => {
    expect(image({ loading: "eager", decoding: "sync", fetchPriority: "low" })).toMatchObject({
      loading: "eager",
      decoding: "sync",
      fetchpriority: "low",
      sizes: "(min-width: 800px) 800px, 100vw",
    });
  });
});

describe("placeholders", () => {
  const info: ImageInfo = { ...box, preview: "data:image/png;base64,AAAA", color: "#112233" };
  const background = (props: Partial<ImageProps>): string | undefined =>
    /background-(?:color|image):(.*?)(?:;background|;width|$)/.exec(image(props).style!)?.[1];

  test("none, unless there is one", () => {
    expect(background({})).toBe(undefined);
    expect(background({ info })).toContain("data:image/png;base64,AAAA");
    expect(background({ info, placeholder: "none" })).toBe(undefined);
  });

  test("blur: the preview, or a tiny picture", () => {
    expect(background({ info, placeholder: "blur" })).toContain("data:image/png;base64,AAAA");
    expect(background({ placeholder: "blur" })).toMatch(/imaginary\/resize\?sigma=1&url=[^&]*&width=24/);
    expect(background({ placeholder: "blur", crop: true })).toMatch(/imaginary\/crop\?height=15&sigma=1&/);
  });

  test("colours and data", () => {
    expect(background({ placeholder: "#abcdef" })).toBe("#abcdef");
    expect(background({ info, placeholder: "color" })).toBe("#112233");
    expect(background({ placeholder: 'data:image/svg+xml,<svg a="1"/>' })).toContain("a=%221%22");
  });

  test("hashes that the server does not know of leave nothing", () => {
    expect(background({ info: box, placeholder: "thumbhash" })).toBe(undefined);
  });
});

describe("Picture", () => {
  const picture = (props: Partial<PictureProps>): Tag[] =>
    render(<Picture {...({ src, alt: "A cat", ...box, sources: [], ...props } as PictureProps)} />);

  test("has a source for each screen, which keeps its own room", () => {
    const [outer, source, dark, img] = picture({
      sources: [
        { media: "(max-width: 600px)", width: 400, height: 600, crop: "smart" },
        { media: "(prefers-color-scheme: dark)", src: "https://example.com/night.jpg" },
      ],
    });
    expect(outer?.name).toBe("picture");
    expect(source).toMatchObject({ media: "(max-width: 600px)", width: "400", height: "600" });
    expect(parameters(source?.srcset)[0]).toEqual({ url: src, width: "160", height: "240", gravity: "smart" });
    expect(widths(source?.srcset).at(-1)).toBe(832);
    expect(dark).toMatchObject({ width: "800", height: "500" });
    expect(parameters(dark?.srcset)[0]).toEqual({ url: "https://example.com/night.jpg", width: "160" });
    expect(img?.name).toBe("img");
    expect(img?.style).not.toContain("aspect-ratio"); // the sources' differ
  });
});

describe("configuration", () => {
  test("inner providers add to outer ones", () => {
    const [tag] = render(
      <ImcaxyProvider quality={50} origin="https://www.example.com">
        <ImcaxyProvider widths={[500, 1000]}>
          <Image src="/cat.jpg" alt="" {...box} />
        </ImcaxyProvider>
      </ImcaxyProvider>,
    );
    expect(parameters(tag?.srcset)).toEqual(
      ["500", "1000"].map((width) => ({ url: "https://www.example.com/cat.jpg", quality: "50", width })),
    );
    expect(tag?.srcset).toContain(server);
  });

  test("without a server it says what to do", () => {
    expect(() => renderToString(<Image src={src} alt="" {...box} />)).toThrow("use <ImcaxyProvider server=...>");
  });

  test("createImage makes and signs URLs by itself, and hands plain data to the browser", () => {
    const Bound = createImage({ server: "https://other", sign: (path, query) => `${path.length}.${query.length}` });
    const element = Bound({ src, alt: "A cat", ...box, placeholder: "blur" });
    expect(structuredClone(element.props)).toEqual(element.props);
    const [tag] = tags(renderToString(<Bound src={src} alt="A cat" {...box} />));
    expect(tag?.srcset).toMatch(/^https:\/\/other\/imaginary\/resize\?url=[^&]*&width=160&sign=17\.\d+ 160w/);
  });

  test("getImageProps is for a plain <img>", () => {
    const props = getImageProps({ src, alt: "A cat", ...box, placeholder: "#abcdef" }, { server });
    const [tag] = tags(renderToString(<img {...props} alt="A cat" />));
    expect(tag?.style).toContain("background-color:#abcdef");
    expect(tag?.srcset).toBe(image().srcset);
  });
});

test("useImageUrl gives a URL, and a set of two for CSS", () => {
  function Hero(): ReactElement {
    const { url, imageSet } = useImageUrl(src, { width: 300, height: 150, crop: true });
    return <div title={url} style={{ backgroundImage: imageSet }} />;
  }
  const [tag] = render(<Hero />);
  expect(tag?.title).toMatch(/crop\?height=160&url=.*&width=320$/);
  expect(tag?.style).toMatch(/^background-image:image-set\(url\(".*width=320"\) 1x, url\(".*height=304.*width=608"\) 2x\)$/);
});
