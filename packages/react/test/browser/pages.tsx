// The pages that the browser tests look at.
import type { ComponentType, CSSProperties, ReactElement } from "react";
import { useState } from "react";
import { Image, ImcaxyProvider, Picture, useImageUrl } from "@imcaxy/react";
import { useNetworkQuality } from "@imcaxy/react/network";

/** Where servers are, which differs from run to run. */
export interface World {
  imcaxy: string;
  origin: string;
}

/** 8 pixels by 8. */
const BLUE =
  "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAYAAADED76LAAABE0lEQVR4AQEIAff+AAAz//8AM///ADP//wAz//8AM///ADP//wAz//8AM///AAAz//8AM///ADP//wAz//8AM///ADP//wAz//8AM///AAAz//8AM///ADP//wAz//8AM///ADP//wAz//8AM///AAAz//8AM///ADP//wAz//8AM///ADP//wAz//8AM///AAAz//8AM///ADP//wAz//8AM///ADP//wAz//8AM///AAAz//8AM///ADP//wAz//8AM///ADP//wAz//8AM///AAAz//8AM///ADP//wAz//8AM///ADP//wAz//8AM///AAAz//8AM///ADP//wAz//8AM///ADP//wAz//8AM///3RGMQYNDOIIAAAAASUVORK5CYII=";
const box = { width: 800, height: 500 };
const far: CSSProperties = { height: 6000 };

function Background(): ReactElement {
  const { imageSet } = useImageUrl("/day.png", { width: 400, height: 200, crop: true });
  return <div id="background" style={{ width: 400, height: 200, backgroundImage: imageSet }} />;
}

function Slow(): ReactElement {
  return (
    <ImcaxyProvider quality={useNetworkQuality({ save: 20, slow: 45 })}>
      <Image id="picture" src="/day.png" alt="A landscape" {...box} />
    </ImcaxyProvider>
  );
}

function Saver(): ReactElement {
  return (
    <ImcaxyProvider quality={useNetworkQuality()}>
      <Image id="picture" src="/day.png" alt="A landscape" {...box} priority />
    </ImcaxyProvider>
  );
}

function Later(): ReactElement {
  const [open, setOpen] = useState(false);
  return (
    <>
      <button onClick={() => setOpen(true)}>more</button>
      {open && <Slow />}
    </>
  );
}

function Changing(): ReactElement {
  const [src, setSrc] = useState("/missing.png");
  return (
    <>
      <button onClick={() => setSrc("/night.png")}>next</button>
      <Image id="picture" src={src} alt="A landscape" {...box} fallback={false} placeholder="#336699" />
    </>
  );
}

function Heard(): ReactElement {
  const [heard, setHeard] = useState<string[]>([]);
  const hear = (what: string) => () => setHeard((before) => [...before, what]);
  return (
    <>
      <output>{heard.join(" ")}</output>
      <Image src="/day.png" alt="A landscape" {...box} onLoad={hear("loaded")} />
      <Image src="/missing.png" alt="A landscape" {...box} fallback={false} onError={hear("failed")} />
    </>
  );
}

export const pages: Record<string, ComponentType> = {
  layouts: () => (
    <>
      <Image id="constrained" src="/day.png" alt="A landscape" priority {...box} />
      <Image id="fixed" src="/day.png" alt="A landscape" layout="fixed" width={300} height={200} crop="north" />
      <Image id="fullWidth" src="/day.png" alt="A landscape" layout="fullWidth" aspectRatio={2} crop quality={60} />
      <div style={{ width: "50%" }}>
        {/* Its own quality: where a larger version is in memory, Chromium takes that. */}
        <Image id="half" src="/day.png" alt="A landscape" quality={70} {...box} />
      </div>
    </>
  ),
  one: () => <Image id="picture" src="/day.png" alt="A landscape" priority {...box} />,
  shifts: () => (
    <>
      <p>above</p>
      <Image src="/day.png" alt="A landscape" priority {...box} placeholder="blur" />
      <p>between</p>
      <Image src="/day.png" alt="A landscape" layout="fullWidth" aspectRatio={3} crop />
      <p>between</p>
      <Image src="/night.png" alt="A landscape" layout="fixed" width={300} height={100} placeholder="#336699" />
      <p>between</p>
      <Picture
        src="/night.png"
        alt="A landscape"
        {...box}
        sources={[{ media: "(max-width: 600px)", width: 400, height: 600, crop: true }]}
      />
      <p>below</p>
    </>
  ),
  placeholders: () => (
    <>
      <Image id="blur" src="/day.png" alt="A landscape" {...box} placeholder="blur" />
      <Image id="color" src="/day.png?2" alt="A landscape" {...box} placeholder="#aa3377" />
      <Image
        id="info"
        src="/day.png?3"
        alt="A landscape"
        info={{
          ...box,
          preview: BLUE,
        }}
      />
    </>
  ),
  broken: () => (
    <ImcaxyProvider server="http://127.0.0.1:9">
      <Image id="original" src="/day.png" alt="A landscape" {...box} placeholder="#336699" fallback={undefined} />
      <Image id="other" src="/day.png" alt="A landscape" {...box} fallback={BLUE} />
      <Image id="nothing" src="/day.png" alt="A landscape" {...box} placeholder="#336699" fallback={false} />
      <Picture id="picture" src="/day.png" alt="A landscape" {...box} sources={[{ media: "all", width: 100, height: 100 }]} />
    </ImcaxyProvider>
  ),
  art: () => (
    <Picture
      id="picture"
      src="/day.png"
      alt="A landscape"
      {...box}
      sources={[
        { media: "(max-width: 600px)", width: 400, height: 600, crop: true },
        { media: "(prefers-color-scheme: dark)", src: "/night.png" },
      ]}
    />
  ),
  lazy: () => (
    <>
      <Image id="near" src="/day.png" alt="A landscape" {...box} />
      <div style={far} />
      <Image id="far" src="/night.png" alt="A landscape" {...box} placeholder="blur" />
    </>
  ),
  background: Background,
  slow: Slow,
  saver: Saver,
  later: Later,
  changing: Changing,
  heard: Heard,
};

export function Page({ name, world }: { name: string; world: World }): ReactElement {
  const Content = pages[name] as ComponentType;
  return (
    <ImcaxyProvider server={world.imcaxy} origin={world.origin}>
      <Content />
    </ImcaxyProvider>
  );
}
