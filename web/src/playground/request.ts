// From a setting to what people copy: the address, and the React component.
import type { Setting } from "./state.js";

/** Path and query below `/imaginary/`, in the order in which people read them; without the source. */
export function query({ operation, params }: Setting, more: Record<string, string> = {}): string {
  const all = { ...params, ...more };
  const pairs = Object.entries(all).filter(([name, value]) => value !== "" && !(name === "quality" && value === "0"));
  // JSON as people write it has blanks that nobody needs in an address.
  const compact = ([name, value]: [string, string]): [string, string] => [name, name === "operations" ? oneLine(value) : value];
  return `${operation}?${pairs
    .map(compact)
    .map(([name, value]) => `${name}=${encodeURIComponent(value).replace(/%2C/g, ",").replace(/%3A/g, ":")}`)
    .join("&")}`;
}

function oneLine(json: string): string {
  try {
    return JSON.stringify(JSON.parse(json));
  } catch {
    return json;
  }
}

export function withSource(target: string, url: string): string {
  return `${target}${target.endsWith("?") ? "" : "&"}url=${encodeURIComponent(url)}`;
}

/** The whole address of the answer. */
export const address = (root: URL, setting: Setting): string => new URL(`imaginary/${withSource(query(setting), setting.url)}`, root).href;

const literal = (value: string): string => JSON.stringify(value);
const attribute = (name: string, value: string): string =>
  /["\\\n{}<>&]/.test(value) ? `${name}={${literal(value)}}` : `${name}="${value}"`;

/** `<Image>` of @imcaxy/react; `size`: of the answer. */
export function reactSnippet(setting: Setting, size: { width: number; height: number } | undefined): string {
  const { operation, url } = setting;
  const { width, height, quality, type, gravity, ...rest } = setting.params;
  const lines = [attribute("src", url || "https://example.com/photo.jpg"), `alt=""`];
  if (size) lines.push(`width={${size.width}} height={${size.height}}`);
  else if (width && height) lines.push(`width={${width}} height={${height}}`);
  const params = Object.fromEntries(Object.entries(rest).filter(([, value]) => value));
  if (operation === "smartcrop") lines.push(`crop="smart"`);
  else if (operation === "crop") lines.push(gravity ? attribute("crop", gravity) : "crop");
  else if (operation !== "resize") {
    lines.push(`operation="${operation}"`);
    if (gravity) params["gravity"] = gravity;
  }
  if (Object.keys(params).length > 0) lines.push(`params={${object(params)}}`);
  if (quality && quality !== "0") lines.push(`quality={${quality}}`);
  if (type) lines.push(attribute("format", type));
  return `<Image\n${lines.map((line) => `  ${line}`).join("\n")}\n/>`;
}

function object(params: Record<string, string>): string {
  const typed = (name: string, value: string): string =>
    /^(?:0|[1-9]\d*)(?:\.\d+)?$/.test(value) || value === "true" ? value : literal(name === "operations" ? oneLine(value) : value);
  return `{ ${Object.entries(params)
    .map(([name, value]) => `${name}: ${typed(name, value)}`)
    .join(", ")} }`;
}
