import type { CSSProperties, ImgHTMLAttributes } from "react";
import { fetchPriorityOf } from "./fetch_priority.js";
import type { ImcaxyConfig, ImageProps, Layout, PictureSource } from "./props.js";
import type { ImageInfo } from "./info.js";
import { imcaxyUrl, isInline, originalUrl, type Transform } from "./url.js";
import { IMCAXY_WIDTHS, rungsBetween, snapWidth } from "./widths.js";

/** Attributes of a `<source>`. */
export interface SourceAttributes {
  media: string;
  srcSet: string;
  sizes: string;
  width?: number | undefined;
  height?: number | undefined;
}

/** Everything that a picture needs in the browser; plain data, which may cross from server to client components. */
export interface ResolvedImage {
  img: ImgHTMLAttributes<HTMLImageElement> & { src: string };
  /** Styles until the picture is decoded. */
  placeholder?: CSSProperties | undefined;
  /** The URL that is tried when the picture can't be loaded. */
  fallback?: string | undefined;
  priority?: boolean | undefined;
  sources?: SourceAttributes[] | undefined;
}

/** More than this many pixels for one of CSS' are not to be seen, but cost their bytes. */
const MAX_DENSITY = 2;

interface Picture extends Transform {
  src: string;
  layout: Layout;
  lazy: boolean;
  /** Width by height. */
  ratio: number;
  sizes: string | undefined;
  info: ImageInfo | undefined;
}

type UrlOf = (of: Picture, pixels: number, extra?: Transform) => string;

/** Whether the answer has the proportions of both sides, and not the original's. */
const boxed = ({ operation, crop }: Transform): boolean => /^(smart)?crop$|^fit$|^enlarge$/.test(operation ?? (crop ? "crop" : ""));

/**
 * What the components render, as attributes. Pure: it runs on servers and in browsers, and gives the same on both.
 *
 * @throws when the server or the size is missing, or `src` can't be fetched by a server
 */
export function resolveImage(props: ImageProps & { sources?: readonly PictureSource[] | undefined }, config: ImcaxyConfig): ResolvedImage {
  const { src, info, layout = "constrained", sizes, priority, placeholder, fallback, sources, style, aspectRatio: _, ...others } = props;
  const { operation, crop, quality = config.quality, format, params, ...unused } = others;
  const { loader = config.loader, widths = config.widths, loading = priority ? "eager" : "lazy", ...rest } = unused;
  const { width, height, ratio } = boxOf(props);
  const transform = { operation, crop, quality, format, params };
  const picture: Picture = { ...transform, src, layout, lazy: loading === "lazy", ratio, sizes, info, width };
  const urlOf: UrlOf = ({ src, operation, crop, quality, format, params, ...of }, pixels, extra) => {
    const height = boxed({ operation, crop }) ? Math.round(pixels / of.ratio) : undefined;
    const asked = { operation, crop, quality, format, params, ...extra, width: pixels, height };
    return loader ? loader({ src, ...asked }) : imcaxyUrl(src, { ...config, ...asked });
  };
  const img = {
    loading,
    fetchPriority: priority ? ("high" as const) : undefined,
    decoding: priority ? undefined : ("async" as const),
    ...rest,
    width,
    height,
    style: { ...styleOf(layout, width, sources ? undefined : ratio, crop), ...style },
    // Browsers that read attributes one by one, as React sets them, must not meet src first.
    ...candidates(picture, widths, urlOf),
  };
  return {
    img,
    placeholder: placeholderOf(placeholder, info, () => urlOf(picture, 24, { params: { sigma: 1, ...params } })),
    fallback: fallback === false ? undefined : (fallback ?? originalUrl(src, config.origin)),
    priority,
    sources: sources?.map((source) => {
      const own = source.width && source.height;
      const other = {
        ...picture,
        ...defined(source),
        src: source.src ?? src,
        info: source.src ? undefined : info,
        ratio: own ? (source.width as number) / (source.height as number) : ratio,
      } as Picture;
      const { srcSet = other.src, sizes: known = "100vw" } = candidates(other, widths, urlOf);
      return { media: source.media, srcSet, sizes: known, width: own ? source.width : width, height: own ? source.height : height };
    }),
  };
}

/** The attributes of a plain `<img>`, for where no component is wanted. Its placeholder stays behind the picture. */
export function getImageProps(props: ImageProps, config: ImcaxyConfig = {}): ImgHTMLAttributes<HTMLImageElement> & { src: string } {
  const { img, placeholder } = resolveImage(props, config);
  const { fetchPriority, ...attributes } = img;
  return { ...fetchPriorityOf(fetchPriority), ...attributes, style: { ...placeholder, ...img.style } };
}

function boxOf({ layout, src, info, aspectRatio, ...given }: ImageProps): { width?: number; height?: number; ratio: number } {
  let { width, height } = given;
  const ratio = aspectRatio ?? (width && height ? width / height : info && info.width / info.height);
  if (!ratio || !(ratio > 0 && ratio < Infinity) || !(width || height || info || layout === "fullWidth"))
    throw new Error(`imcaxy: ${src} needs \`width\` and \`height\`, \`aspectRatio\`, or \`info\`, so that the page can keep its room`);
  width ??= height ? Math.round(height * ratio) : info?.width;
  height ??= width && Math.round(width / ratio);
  return { ...(width && { width }), ...(height && { height }), ratio };
}

function candidates(
  picture: Picture,
  widths: readonly number[] = IMCAXY_WIDTHS,
  urlOf: UrlOf,
): { sizes?: string; srcSet?: string; src: string } {
  const { src, layout, info, lazy } = picture;
  if (isInline(src)) return { src };
  // Without a width of its own, a picture may be as wide as the widest screen.
  const width = (layout !== "fullWidth" && picture.width) || Infinity;
  // An original has no more pixels than it has.
  const most = info ? (boxed(picture) ? Math.min(info.width, info.height * picture.ratio) : info.width) : Infinity;
  const rungs = rungsBetween(layout === "fixed" ? Math.min(width, most) : 0, Math.min(MAX_DENSITY * width, most), widths);
  const guess = layout === "fixed" ? `${width}px` : layout === "fullWidth" ? "100vw" : `(min-width: ${width}px) ${width}px, 100vw`;
  return {
    // A lazy picture is laid out before it is chosen: browsers that know `auto` take that width, others what follows.
    sizes: picture.sizes ?? (lazy && layout !== "fixed" ? `auto, ${guess}` : guess),
    srcSet: rungs.map((rung) => `${urlOf(picture, rung)} ${Math.min(rung, Math.ceil(most))}w`).join(", "),
    src: urlOf(picture, snapWidth(Math.min(width, 1440), rungs)),
  };
}

function styleOf(layout: Layout, width: number | undefined, ratio: number | undefined, crop: Transform["crop"]): CSSProperties {
  const side = typeof crop === "string" && { north: "top", south: "bottom", west: "left", east: "right", centre: "", smart: "" }[crop];
  return {
    ...(layout === "fixed" ? { width } : { width: "100%", ...(layout === "constrained" && { maxWidth: width }) }),
    height: "auto",
    ...(ratio && { aspectRatio: String(Math.round(ratio * 1e4) / 1e4) }),
    objectFit: "cover",
    ...(side && { objectPosition: side }),
  };
}

function placeholderOf(wanted: ImageProps["placeholder"], info: ImageInfo | undefined, tiny: () => string): CSSProperties | undefined {
  const known = wanted === "color" ? (info?.color ?? info?.preview) : info?.preview;
  const shown =
    wanted === "none" ? undefined : wanted && /^(#|data:)/.test(wanted) ? wanted : (known ?? (wanted === "blur" ? tiny() : undefined));
  if (!shown) return undefined;
  if (shown.startsWith("#")) return { backgroundColor: shown };
  return {
    backgroundImage: `url("${shown.replace(/["\\\n]/g, encodeURIComponent)}")`,
    backgroundSize: "cover",
    backgroundPosition: "center",
  };
}

/** So that what is undefined does not hide what is known. */
const defined = <T extends object>(values: T): Partial<T> =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<T>;
