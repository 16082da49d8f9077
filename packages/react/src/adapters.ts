import { imcaxyUrl, type ServerOptions, type Transform } from "./url.js";
import { IMCAXY_WIDTHS } from "./widths.js";

/**
 * A loader for `next/image`. In the file that `images.loaderFile` of next.config.js names:
 *
 * @example export default createLoader({ server: process.env.NEXT_PUBLIC_IMCAXY_SERVER });
 */
export function createLoader(
  options: ServerOptions & Transform,
): (request: { src: string; width: number; quality?: number | undefined }) => string {
  return ({ src, width, quality }) => imcaxyUrl(src, { ...options, width, quality: quality ?? options.quality });
}

/** For `images` in next.config.js, so that Next.js asks for the widths of this server's ladder. */
export const nextImageSizes: { deviceSizes: number[]; imageSizes: number[] } = {
  deviceSizes: IMCAXY_WIDTHS.filter((width) => width > 600),
  imageSizes: IMCAXY_WIDTHS.filter((width) => width <= 600),
};

/** What `@unpic/react/base` hands to its transformer. */
export interface TransformerOperations extends Omit<Transform, "width" | "height" | "quality" | "format"> {
  width?: number | string;
  height?: number | string;
  quality?: number | string;
  format?: string;
}

/**
 * A transformer for `<Image>` and `<Source>` of `@unpic/react/base`. With both sides given, pictures are cut to them.
 *
 * @example <Image transformer={createTransformer({ server })} src="https://example.com/cat.jpg" width={800} height={600} />
 */
export function createTransformer(
  server: ServerOptions,
): (src: string | URL, operations: TransformerOperations, options?: ServerOptions) => string {
  return (src, { width, height, quality, format, ...transform }, options) =>
    imcaxyUrl(String(src), {
      ...(width && height ? { crop: true } : {}),
      ...transform,
      ...server,
      ...options,
      width: number(width),
      height: number(height),
      quality: number(quality),
      format: format as Transform["format"],
    });
}

const number = (value: number | string | undefined): number | undefined => (value ? Number(value) : undefined);
