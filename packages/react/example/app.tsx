// One page with everything that the library does.
import { useState, type ReactElement, type ReactNode, type SyntheticEvent } from "react";
import { Image, ImcaxyProvider, Picture, useImageUrl, type ImageInfo } from "@imcaxy/react";

/** What the server knows when it renders the page, and hands to the browser with it. */
export interface World {
  /** The address of Imcaxy. */
  imcaxy: string;
  /** The address of the originals: here, this example itself. */
  origin: string;
  /** What `getImageInfo` said about the originals. */
  infos: Record<string, ImageInfo>;
}

/** Tells what the browser chose and what that cost, as the browser itself knows it. */
function useCost(): [text: string, onLoad: (event: SyntheticEvent<HTMLImageElement>) => void] {
  const [text, setText] = useState("");
  return [
    text,
    ({ currentTarget: { currentSrc, clientWidth } }) => {
      const width = new URL(currentSrc).searchParams.get("width");
      const [entry] = performance.getEntriesByName(currentSrc) as PerformanceResourceTiming[];
      const bytes = entry?.encodedBodySize ? `, ${(entry.encodedBodySize / 1000).toFixed(1)} kB` : "";
      setText(`${clientWidth} CSS pixels on this screen: ${width ? `asked for ${width} pixels` : "the original"}${bytes}`);
    },
  ];
}

function Example({ title, code, cost, children }: { title: string; code: string; cost?: string; children: ReactNode }): ReactElement {
  return (
    <section>
      <h2>{title}</h2>
      {children}
      {cost !== undefined && <p className="cost">{cost || "\u00a0"}</p>}
      <pre tabIndex={0} aria-label={`Code: ${title}`}>
        <code>{code}</code>
      </pre>
    </section>
  );
}

function Hero(): ReactElement {
  const [cost, onLoad] = useCost();
  return (
    <Example
      title="The first thing to see"
      cost={cost}
      code={`<Image src="/hills-1.png" alt="…" layout="fullWidth" aspectRatio={2.4} crop priority\n  sizes="(min-width: 1032px) 1000px, 100vw" />`}
    >
      <Image
        src="/hills-1.png"
        alt="Hills under a low sun"
        layout="fullWidth"
        aspectRatio={2.4}
        crop
        priority
        sizes="(min-width: 1032px) 1000px, 100vw"
        onLoad={onLoad}
      />
    </Example>
  );
}

function Cards({ infos }: { infos: World["infos"] }): ReactElement {
  const [cost, onLoad] = useCost();
  return (
    <Example
      title="In a grid, loaded when it is needed"
      cost={cost}
      code={`const info = await getImageInfo(src, { server });   // on the server: size and placeholder\n<Image src={src} info={info} alt="…" width={400} height={300} crop placeholder="blur" />`}
    >
      <div className="grid">
        {["/hills-2.png", "/hills-3.png", "/hills-4.png"].map((src) => (
          <figure key={src}>
            <Image src={src} info={infos[src]} alt="" width={400} height={300} crop placeholder="blur" onLoad={onLoad} />
            <figcaption>{src.slice(1)}</figcaption>
          </figure>
        ))}
      </div>
    </Example>
  );
}

function Faces(): ReactElement {
  const [cost, onLoad] = useCost();
  return (
    <Example title="Always of one size" cost={cost} code={`<Image src={src} alt="…" layout="fixed" width={72} height={72} crop="smart" />`}>
      <div className="faces">
        {[1, 2, 3, 4].map((n) => (
          <Image key={n} src={`/hills-${n}.png`} alt="" layout="fixed" width={72} height={72} crop="smart" onLoad={onLoad} />
        ))}
      </div>
    </Example>
  );
}

function Art(): ReactElement {
  const [cost, onLoad] = useCost();
  return (
    <Example
      title="Another cut on narrow screens, another picture in the dark"
      cost={cost}
      code={`<Picture src="/hills-4.png" alt="…" width={1000} height={500} crop sources={[\n  { media: "(max-width: 600px)", width: 400, height: 500 },\n  { media: "(prefers-color-scheme: dark)", src: "/night.png" },\n]} />`}
    >
      <Picture
        src="/hills-4.png"
        alt="Hills, by day or by night"
        width={1000}
        height={500}
        crop
        placeholder="#8899aa"
        onLoad={onLoad}
        sources={[
          { media: "(max-width: 600px) and (prefers-color-scheme: dark)", src: "/night.png", width: 400, height: 500 },
          { media: "(max-width: 600px)", width: 400, height: 500 },
          { media: "(prefers-color-scheme: dark)", src: "/night.png" },
        ]}
      />
    </Example>
  );
}

function Background(): ReactElement {
  const { imageSet } = useImageUrl("/hills-3.png", { width: 1000, height: 160, crop: true });
  return (
    <Example title="Behind text" code={`const { imageSet } = useImageUrl("/hills-3.png", { width: 1000, height: 160, crop: true });`}>
      <div className="banner" style={{ backgroundImage: `linear-gradient(#0007, #0007), ${imageSet}` }}>
        A background for this screen's density
      </div>
    </Example>
  );
}

function Broken(): ReactElement {
  const [cost, onLoad] = useCost();
  return (
    <Example title="When the image server is away" cost={cost} code={`<Image … />   // the original; or fallback="…", or fallback={false}`}>
      <ImcaxyProvider server="http://127.0.0.1:1">
        <Image src="/hills-2.png" alt="Hills, straight from the origin" width={400} height={266} placeholder="#8899aa" onLoad={onLoad} />
      </ImcaxyProvider>
    </Example>
  );
}

export function App({ world }: { world: World }): ReactElement {
  return (
    <ImcaxyProvider server={world.imcaxy} origin={world.origin}>
      <main>
        <h1>@imcaxy/react</h1>
        <p>Make the window wider or narrower, or change its zoom, and load again: other widths are asked for.</p>
        <Hero />
        <Cards infos={world.infos} />
        <Faces />
        <Art />
        <Background />
        <Broken />
      </main>
    </ImcaxyProvider>
  );
}
