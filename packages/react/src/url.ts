/** An operation of the server: the part after `/imaginary/` in a URL. */
export type Operation =
  | "resize"
  | "crop"
  | "smartcrop"
  | "fit"
  | "thumbnail"
  | "enlarge"
  | "extract"
  | "zoom"
  | "rotate"
  | "autorotate"
  | "flip"
  | "flop"
  | "blur"
  | "convert"
  | "watermark"
  | "watermarkimage"
  | "pipeline"
  | "info";

/** The part of a picture that stays when it is cut. */
export type Gravity = "centre" | "north" | "south" | "east" | "west" | "smart";

/** A format of an answer; `auto`, or none, is the smallest one that the browser reads. */
export type Format = "auto" | "jpeg" | "png" | "webp" | "avif" | "gif" | "tiff" | "heif" | "jxl" | "jp2k";

/** 1 to 100, or what the server makes of a word: `low` is for those who have to save bytes. */
export type Quality = number | "low" | "normal" | "high";

/** What is done to a picture. */
export interface Transform {
  /** `crop` when `crop` is given, else `resize`. */
  operation?: Operation | undefined;
  /** Cut to the proportions of `width` and `height`; a side or `smart` says what stays, `true` the centre. */
  crop?: boolean | Gravity | undefined;
  /** In pixels of the picture, not of the page. */
  width?: number | undefined;
  /** In pixels of the picture, not of the page. */
  height?: number | undefined;
  /** The server's own choice when it is left out. */
  quality?: Quality | undefined;
  /** Only where it has to be a certain one: without it each browser gets the best it can read. */
  format?: Format | undefined;
  /** Any other parameter of the server, by its name there: `{ sigma: 5, background: "255,255,255" }`. */
  params?: Readonly<Record<string, string | number | boolean | undefined>> | undefined;
}

/**
 * Gives the signature of a path and its query (names in order, without `?`), as the server's `IMCAXY_URL_SIGNATURE_KEY` wants it.
 * Made by `createSigner` of `@imcaxy/react/sign`, on a server: a key in a browser is no secret.
 */
export type Sign = (path: string, query: string) => string;

/** Where pictures are served from. */
export interface ServerOptions {
  /** The server's address, with its path prefix if it has one: `https://img.example.com`; `""` is the page's own host. */
  server?: string | undefined;
  /** What sources that begin with `/` are relative to: `https://www.example.com`. */
  origin?: string | undefined;
  /** Signs every URL. Only where components are rendered on a server and nowhere else. */
  sign?: Sign | undefined;
}

export type UrlOptions = Transform & ServerOptions;

/** Pictures that are in the page already: no server can fetch them. */
export const isInline = (src: string): boolean => /^(data|blob):/i.test(src);

/**
 * The URL of a picture.
 *
 * `src` is an address (`https://...`), one relative to `origin` (`/cat.jpg`), or a file of the server's mounted folder (`file:cat.jpg`).
 * `data:` and `blob:` come back as they are. Equal pictures have equal URLs: parameters are in alphabetical order.
 *
 * @throws when `server` is missing, or `src` is relative and there is no `origin`.
 * @example imcaxyUrl("https://example.com/cat.jpg", { server: "https://img.example.com", width: 400 })
 */
export function imcaxyUrl(src: string, options: UrlOptions): string {
  if (isInline(src)) return src;
  const { server, origin, sign, crop, operation = crop ? "crop" : "resize", width, height, quality, format } = options;
  if (server === undefined)
    throw new Error("imcaxy: no server: use <ImcaxyProvider server=...>, createImage({ server }), or the option `server`");
  const query = new URLSearchParams();
  const add = (name: string, value: unknown): void => {
    if (value !== undefined && value !== null) query.set(name, String(value));
  };
  for (const [name, value] of Object.entries(options.params ?? {})) add(name, value);
  if (typeof crop === "string") add("gravity", crop);
  add("width", width && Math.round(width));
  add("height", height && Math.round(height));
  add("quality", quality);
  add("type", format);
  if (isMounted(src)) add("file", src.slice(5));
  else add("url", absolute(src, origin));
  query.sort();
  // As the server escapes when it checks a signature; nor could these hurt a srcset or CSS.
  const text = query.toString().replace(/\*/g, "%2A").replace(/%7E/g, "~");
  const path = `/imaginary/${operation}`;
  return `${server.replace(/\/+$/, "")}${path}?${text}${sign ? `&sign=${sign(path, text)}` : ""}`;
}

/** Where the original can be had without the server; undefined for what is not on the web. */
export function originalUrl(src: string, origin: string | undefined): string | undefined {
  if (/^https?:/i.test(src)) return src;
  return origin && !isInline(src) && !isMounted(src) ? new URL(src, origin).href : undefined;
}

const isMounted = (src: string): boolean => /^file:/i.test(src);

function absolute(src: string, origin: string | undefined): string {
  const url = originalUrl(src, origin);
  if (url) return url;
  throw new Error(`imcaxy: the source "${src}" is not an http(s) address: give \`origin\` for those that are relative to it`);
}
