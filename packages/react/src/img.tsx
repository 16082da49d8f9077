"use client";
import { forwardRef, useEffect, useImperativeHandle, useRef, useState, type ForwardRefExoticComponent, type RefAttributes } from "react";
import * as ReactDOM from "react-dom";
import { fetchPriorityOf } from "./fetch_priority.js";
import type { ResolvedImage } from "./resolve.js";

/** Since React 19. */
type Preload = (
  href: string,
  options: { as: "image"; imageSrcSet?: string | undefined; imageSizes?: string | undefined; fetchPriority: "high" },
) => void;
const { preload } = ReactDOM as { preload?: Preload };

/** `<img>`, or `<picture>` with one inside: its placeholder goes when it is decoded, its fallback comes when it fails. */
export const Img: ForwardRefExoticComponent<ResolvedImage & RefAttributes<HTMLImageElement>> = forwardRef(function Img(
  { img: { fetchPriority, style, onLoad, onError, alt, ...img }, placeholder, fallback, priority, sources },
  ref,
) {
  const element = useRef<HTMLImageElement>(null);
  const [shown, setShown] = useState(false);
  const [failed, setFailed] = useState("");
  const heard = useRef("");
  useImperativeHandle(ref, () => element.current as HTMLImageElement, []);

  const { src } = img;
  const broken = failed === src;
  const show = (): void => {
    if (placeholder) setShown(true);
  };

  // Some events came before React was there, and Chromium leaves some out when a picture with `sizes=auto` changes its width
  // meanwhile, as a broken one does when its alternative text is laid out. They are sent again. decode() waits for what is being
  // loaded, and loads nothing by itself.
  useEffect(() => {
    let tries = 4;
    let timer: ReturnType<typeof setTimeout>;
    const send = (image: HTMLImageElement, event: string): void => {
      // The real one may be on its way.
      timer = setTimeout(() => heard.current !== src && image.dispatchEvent(new Event(event)), 50);
    };
    const watch = (image: HTMLImageElement | null): void => {
      if (!image?.decode || tries-- < 1) return;
      image.decode().then(
        () => tries < 0 || send(image, "load"),
        // It also fails when another candidate is chosen.
        () => (image.complete && image.currentSrc && tries >= 0 ? send(image, image.naturalWidth ? "load" : "error") : watch(image)),
      );
    };
    watch(element.current);
    return () => {
      tries = -1;
      clearTimeout(timer);
    };
  }, [src]);

  if (priority && preload && !sources) preload(src, { as: "image", imageSrcSet: img.srcSet, imageSizes: img.sizes, fetchPriority: "high" });
  const attributes = broken && fallback ? { ...img, src: fallback, srcSet: undefined, sizes: undefined } : img;
  const picture = (
    <img
      {...fetchPriorityOf(fetchPriority)}
      alt={alt}
      {...attributes}
      style={shown ? style : { ...placeholder, ...style }}
      ref={element}
      onLoad={(event) => {
        const { currentTarget: image } = event;
        heard.current = src;
        if (image.decode) image.decode().then(show, show);
        else show();
        onLoad?.(event);
      }}
      onError={(event) => {
        heard.current = src;
        // Nothing else will come; the alternative text is not to be read on a placeholder.
        if (broken || !fallback) show();
        setFailed(src);
        onError?.(event);
      }}
    />
  );
  if (!sources) return picture;
  return (
    <picture>
      {!broken && sources.map((source) => <source key={source.media} {...source} />)}
      {picture}
    </picture>
  );
});
