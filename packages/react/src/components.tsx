"use client";
import {
  createContext,
  forwardRef,
  useContext,
  useMemo,
  type ForwardRefExoticComponent,
  type ReactElement,
  type ReactNode,
  type RefAttributes,
} from "react";
import { Img } from "./img.js";
import type { ImageProps, ImcaxyConfig, PictureProps } from "./props.js";
import { resolveImage } from "./resolve.js";
import { imcaxyUrl, type Transform } from "./url.js";
import { snapWidth } from "./widths.js";

const Context = createContext<ImcaxyConfig>({});

/** Tells all pictures below it where they come from. What is left out is as in the provider around it. */
export function ImcaxyProvider({ children, ...config }: ImcaxyConfig & { children?: ReactNode }): ReactElement {
  const outer = useContext(Context);
  const { server, origin, sign, widths, quality, loader } = config;
  const value = useMemo(
    () => ({
      server: server ?? outer.server,
      origin: origin ?? outer.origin,
      sign: sign ?? outer.sign,
      widths: widths ?? outer.widths,
      quality: quality ?? outer.quality,
      loader: loader ?? outer.loader,
    }),
    [outer, server, origin, sign, widths, quality, loader],
  );
  return <Context.Provider value={value}>{children}</Context.Provider>;
}

/** A picture in the width and format that its screen needs. The element is a plain `<img>`, complete in the server's HTML. */
export const Image: ForwardRefExoticComponent<ImageProps & RefAttributes<HTMLImageElement>> = forwardRef(function Image(props, ref) {
  return <Img {...resolveImage(props as ImageProps, useContext(Context))} ref={ref} />;
});

/** `<Image>` with other pictures, cuts or sizes for some screens. The ref is that of the `<img>`. */
export const Picture: ForwardRefExoticComponent<PictureProps & RefAttributes<HTMLImageElement>> = forwardRef(function Picture(props, ref) {
  return <Img {...resolveImage(props as PictureProps, useContext(Context))} ref={ref} />;
});

/** A picture for CSS. */
export interface ImageUrl {
  /** For screens with one pixel for one of CSS'. */
  url: string;
  /** For `background-image`: the browser takes the version for its screen. */
  imageSet: string;
}

/** A picture for a background, a poster or a canvas. `width` is in CSS pixels, and becomes one of the ladder. */
export function useImageUrl(src: string, { width, height, ...transform }: Omit<Transform, "width"> & { width: number }): ImageUrl {
  const { loader, widths, quality, ...server } = useContext(Context);
  const urlFor = (density: number): string => {
    const pixels = snapWidth(density * width, widths);
    const asked = { quality, ...transform, width: pixels, height: height && Math.round((pixels * height) / width) };
    return loader ? loader({ src, ...asked }) : imcaxyUrl(src, { ...server, ...asked });
  };
  const [url, double] = [urlFor(1), urlFor(2)];
  return { url, imageSet: `image-set(url("${url}") 1x, url("${double}") 2x)` };
}
