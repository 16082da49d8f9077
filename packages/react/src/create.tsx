import type { ReactElement } from "react";
import { Img } from "./img.js";
import type { ImageProps, ImcaxyConfig, PictureProps } from "./props.js";
import { resolveImage } from "./resolve.js";

/**
 * `<Image>` for server components, bound to a server instead of a provider's. URLs are made and signed where it renders; the
 * browser gets plain attributes, and never sees `sign` or its key.
 *
 * @example export const Image = createImage({ server, sign: createSigner(process.env.IMCAXY_URL_SIGNATURE_KEY) });
 */
export function createImage(config: ImcaxyConfig): (props: ImageProps) => ReactElement {
  return function Image(props) {
    return <Img {...resolveImage(props, config)} />;
  };
}

/** `<Picture>` for server components, as `createImage`. */
export function createPicture(config: ImcaxyConfig): (props: PictureProps) => ReactElement {
  return function Picture(props) {
    return <Img {...resolveImage(props, config)} />;
  };
}
