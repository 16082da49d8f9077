import { blurhashToDataURL } from "./blurhash.js";
import { thumbhashToDataURL } from "./thumbhash.js";
import { imcaxyUrl, type ServerOptions } from "./url.js";

/** A kind of placeholder that the server makes. */
export type PlaceholderKind = "blurhash" | "thumbhash" | "lqip" | "color";

/** What is known about a picture. Plain data: keep it in a file or a database, and hand it to a component as `info`. */
export interface ImageInfo {
  /** In pixels, the picture upright. */
  width: number;
  /** In pixels, the picture upright. */
  height: number;
  /** The format of the original. */
  type?: string;
  hasAlpha?: boolean;
  /** What is shown until the picture is there: a `data:` URL, or a colour. */
  preview?: string;
  blurhash?: string;
  /** In Base64. */
  thumbhash?: string;
  /** A tiny picture as a `data:` URL. */
  lqip?: string;
  /** The main colour, `#rrggbb`. */
  color?: string;
}

export interface InfoOptions extends ServerOptions {
  /** Also ask for a placeholder, which becomes `preview`. */
  placeholder?: PlaceholderKind | undefined;
  /** Further settings of the request: `signal`, `headers` (an API key), `cache`. */
  request?: RequestInit | undefined;
}

/**
 * Asks the server for a picture's size and placeholder. For build time, loaders and server components: a page that waits
 * for it in the browser shows its pictures later.
 *
 * @throws when the server refuses or can't be reached; the message says why
 */
export async function getImageInfo(src: string, { placeholder, request, ...server }: InfoOptions): Promise<ImageInfo> {
  const url = imcaxyUrl(src, { ...server, operation: "info", params: { placeholder } });
  const answer = await fetch(url, request).catch((error: Error) => {
    throw new Error(`imcaxy: no info about ${src}: ${server.server} can't be reached: ${(error.cause as Error)?.message ?? error.message}`);
  });
  const body = (await answer.json().catch(() => ({}))) as ImageInfo & { orientation?: number; message?: string };
  if (!answer.ok) throw new Error(`imcaxy: no info about ${src}: ${answer.status} ${body.message ?? answer.statusText}`);
  if (!(body.width > 0 && body.height > 0)) throw new Error(`imcaxy: no info about ${src}: ${url} is no Imcaxy server`);
  // From the fifth of EXIF's orientations on, the file's rows are the picture's columns.
  const lies = (body.orientation ?? 0) > 4;
  const info: ImageInfo = { width: lies ? body.height : body.width, height: lies ? body.width : body.height };
  for (const name of ["type", "hasAlpha", "blurhash", "thumbhash", "lqip", "color"] as const)
    if (body[name] !== undefined) Object.assign(info, { [name]: body[name] });
  const preview = placeholder && previewOf(info, placeholder);
  if (preview) info.preview = preview;
  else if (placeholder) console.warn(`imcaxy: the server at ${server.server} makes no placeholder of the kind ${placeholder}`);
  return info;
}

/** What stands in CSS until the picture is there; undefined when `info` has no placeholder of that kind. */
export function previewOf(info: ImageInfo, kind: PlaceholderKind): string | undefined {
  if (kind === "blurhash") return info.blurhash && blurhashToDataURL(info.blurhash, info.width / info.height);
  if (kind === "thumbhash") return info.thumbhash && thumbhashToDataURL(info.thumbhash, info.width / info.height);
  return info[kind];
}
