import type { CSSProperties, ImgHTMLAttributes } from "react";
import type { ImageInfo } from "./info.js";
import type { Quality, ServerOptions, Transform } from "./url.js";

/** What a loader has to make a URL of. */
export interface LoaderRequest extends Transform {
  src: string;
  width: number;
}

/** Makes the URLs of pictures, instead of `imcaxyUrl`. */
export type Loader = (request: LoaderRequest) => string;

/** What is common to all pictures of an app. */
export interface ImcaxyConfig extends ServerOptions {
  /** The widths that pictures may be asked for; `IMCAXY_WIDTHS` when left out. */
  widths?: readonly number[] | undefined;
  /** The server's own choice when left out. */
  quality?: Quality | undefined;
  /** Makes the URLs, for instance of another image server. */
  loader?: Loader | undefined;
}

/**
 * - `constrained`: as wide as its container, but never wider than `width`.
 * - `fixed`: always `width` wide.
 * - `fullWidth`: as wide as its container.
 */
export type Layout = "constrained" | "fixed" | "fullWidth";

/** At least so much has to be known that the page can keep the room before the picture is there. */
export type Size =
  | { /** In CSS pixels. */ width: number; /** In CSS pixels. */ height: number; aspectRatio?: never; info?: ImageInfo | undefined }
  | { width: number; height?: never; /** Width by height. */ aspectRatio: number; info?: ImageInfo | undefined }
  | {
      width?: number | undefined;
      height?: number | undefined;
      aspectRatio?: number | undefined;
      /** What `getImageInfo` said: it gives size and placeholder. */ info: ImageInfo;
    };

export type LayoutProps =
  | ({ layout?: "constrained" | "fixed" | undefined } & Size)
  | ({ layout: "fullWidth" } & (
      Size | { width?: never; height?: never; /** Width by height. */ aspectRatio: number; info?: ImageInfo | undefined }
    ));

type OwnNames = "src" | "srcSet" | "alt" | "width" | "height" | "placeholder" | "crossOrigin";

interface OwnProps extends Omit<Transform, "width" | "height"> {
  /** An address (`https://...`), one relative to `origin` (`/cat.jpg`), or a file of the server's mounted folder (`file:cat.jpg`). */
  src: string;
  /** What the picture says, for those who do not see it; `""` when it only decorates. */
  alt: string;
  /** The width on the page as CSS tells it, where the layout's own guess is wrong: `(min-width: 800px) 50vw, 100vw`. */
  sizes?: string | undefined;
  /** The picture that the page is about: loaded at once, before others. One or two a page. */
  priority?: boolean | undefined;
  /**
   * What is shown until the picture is decoded.
   * - `none`: nothing, the default unless `info` has a preview.
   * - `blur`: `info`'s preview, or else 24 pixels of the picture, which cost a small request.
   * - `color`, `blurhash`, `thumbhash`: what `getImageInfo` was asked for.
   * - a colour (`#rrggbb`) or a `data:` URL of your own.
   */
  placeholder?: "none" | "blur" | "color" | "blurhash" | "thumbhash" | `#${string}` | `data:${string}` | undefined;
  /** Shown instead of a picture that can't be loaded: a URL; the original when left out; `false`: nothing. */
  fallback?: string | false | undefined;
  /** Other candidates than the ladder's, in pixels. */
  widths?: readonly number[] | undefined;
  /** Makes this picture's URLs. Functions can't be handed from a server component to a client component: see `createImage`. */
  loader?: Loader | undefined;
  crossOrigin?: "anonymous" | "use-credentials" | "" | undefined;
  style?: CSSProperties | undefined;
}

/** All of `<img>`, and: */
export type ImageProps = Omit<ImgHTMLAttributes<HTMLImageElement>, OwnNames | keyof OwnProps> & OwnProps & LayoutProps;

/** Another picture, cut or size for some screens. What is left out is as in the `<Picture>` around it. */
export interface PictureSource extends Omit<Transform, "width" | "height"> {
  /** When it is taken: `(max-width: 600px)`, `(prefers-color-scheme: dark)`. The first that holds wins. */
  media: string;
  src?: string | undefined;
  /** In CSS pixels; with `height`, it keeps the room on these screens. */
  width?: number | undefined;
  height?: number | undefined;
  sizes?: string | undefined;
}

/** As `<Image>`, and: */
export type PictureProps = ImageProps & {
  /** Art direction: the first source whose `media` holds is shown, the picture's own `src` otherwise. */
  sources: readonly PictureSource[];
};
