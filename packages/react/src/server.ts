// Everything that runs without a browser and without hooks: for server components, build scripts and loaders.
export * from "./adapters.js";
export { blurhashToDataURL } from "./blurhash.js";
export * from "./create.js";
export * from "./hints.js";
export { getImageInfo, type ImageInfo, type InfoOptions, type PlaceholderKind } from "./info.js";
export type * from "./props.js";
export { getImageProps } from "./resolve.js";
export { thumbhashToDataURL } from "./thumbhash.js";
export {
  imcaxyUrl,
  type Format,
  type Gravity,
  type Operation,
  type Quality,
  type ServerOptions,
  type Sign,
  type Transform,
  type UrlOptions,
} from "./url.js";
export { IMCAXY_WIDTHS, snapWidth } from "./widths.js";
