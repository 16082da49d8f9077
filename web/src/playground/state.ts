// What is set in the playground, in the address after `#`, so that a link shares it.
import { operations, parameters } from "./grammar.js";

export interface Setting {
  /** Address of the picture; empty: none, `sample` is the drawing that the page makes itself. */
  url: string;
  operation: string;
  params: Record<string, string>;
}

export const sampleUrl = "sample";

export const first: Setting = { url: "", operation: "resize", params: { ...operations["resize"]!.start } };

export function toHash({ url, operation, params }: Setting): string {
  const query = new URLSearchParams({ op: operation, ...(url && { url }) });
  for (const [name, value] of Object.entries(params)) if (value) query.set(name, value);
  return `#${query}`;
}

/** Nothing that is no setting of ours: the address is anybody's. */
export function fromHash(hash: string): Setting | undefined {
  const query = new URLSearchParams(hash.replace(/^#/, ""));
  const operation = query.get("op") ?? "";
  if (!Object.hasOwn(operations, operation)) return undefined;
  const params: Record<string, string> = {};
  for (const [name, value] of query) if (Object.hasOwn(parameters, name)) params[name] = value;
  return { url: query.get("url") ?? "", operation, params };
}
