import { createHmac } from "node:crypto";
import type { Sign } from "./url.js";

/**
 * Signs URLs with the key of the server's `IMCAXY_URL_SIGNATURE_KEY`. For code that runs on a server only: who has the
 * key can ask for anything.
 *
 * @param key at least 32 characters, from the environment and from nowhere else
 */
export function createSigner(key: string): Sign {
  if (typeof document !== "undefined") throw new Error("imcaxy: createSigner is for servers: a key in a browser is no secret");
  if (!key || key.length < 32) throw new Error("imcaxy: a signature key has 32 characters or more");
  return (path, query) =>
    createHmac("sha256", key)
      .update(path + query)
      .digest("base64url");
}
