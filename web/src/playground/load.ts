// Asks the server for pictures, and measures.
import { root } from "../shared/root.js";
import { query, withSource } from "./request.js";
import type { Setting } from "./state.js";

/** Where pictures come from: an address that the server fetches, or a file that is sent along. */
export type Source = { url: string; file?: undefined } | { url?: undefined; file: Blob };

export interface Loaded {
  /** Of a picture: to be shown. */
  shown: string;
  text?: string;
  type: string;
  bytes: number;
  width: number;
  height: number;
  took: number;
  cache: string;
  /** From Server-Timing: name and milliseconds. */
  timing: [string, number][];
  fallback: string;
}

export class Refused extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

const keyName = "imcaxy-api-key";
export const apiKey = (): string => sessionStorage.getItem(keyName) ?? "";
export const keepApiKey = (key: string): void => sessionStorage.setItem(keyName, key);

const accept = "image/avif,image/webp,image/*,*/*;q=0.8";

async function ask(path: string, source: Source, signal: AbortSignal): Promise<Response> {
  const headers: Record<string, string> = { Accept: accept };
  if (apiKey()) headers["API-Key"] = apiKey();
  const target = source.file ? path : withSource(path, source.url);
  const init: RequestInit = source.file ? { method: "POST", body: source.file } : {};
  if (source.file) headers["Content-Type"] = source.file.type || "application/octet-stream";
  // What this browser has kept would tell nothing of the server.
  const answer = await fetch(new URL(target, root()), { ...init, headers, signal, cache: "no-store" });
  if (answer.ok) return answer;
  throw new Refused(answer.status, reason(await answer.text(), answer.status));
}

function reason(text: string, status: number): string {
  try {
    const { message } = JSON.parse(text) as { message?: unknown };
    if (typeof message === "string") return message;
  } catch {
    // plain text, then
  }
  return text.slice(0, 500) || `the server answered ${status}`;
}

function timingOf(answer: Response): [string, number][] {
  return (answer.headers.get("Server-Timing") ?? "").split(",").flatMap((part) => {
    const [, name, took] = /^\s*(\w+);dur=([\d.]+)/.exec(part) ?? [];
    return name && Number(took) > 0 ? [[name, Number(took)] as [string, number]] : [];
  });
}

async function sizeOf(blob: Blob): Promise<{ width: number; height: number }> {
  try {
    const bitmap = await createImageBitmap(blob);
    const { width, height } = bitmap;
    bitmap.close();
    return { width, height };
  } catch {
    return { width: 0, height: 0 }; // a format that this browser doesn't show
  }
}

export async function load(setting: Setting, source: Source, signal: AbortSignal, more: Record<string, string> = {}): Promise<Loaded> {
  const started = performance.now();
  const answer = await ask(`imaginary/${query(setting, more)}`, source, signal);
  const blob = await answer.blob();
  const took = performance.now() - started;
  const type = answer.headers.get("Content-Type") ?? "";
  const isPicture = type.startsWith("image/");
  return {
    shown: isPicture ? URL.createObjectURL(blob) : "",
    ...(!isPicture && { text: await blob.text() }),
    type: type.replace(/^image\//, "").replace(/;.*/, ""),
    bytes: blob.size,
    ...(isPicture ? await sizeOf(blob) : { width: 0, height: 0 }),
    took,
    cache: answer.headers.get("X-Cache") ?? "",
    timing: timingOf(answer),
    fallback: answer.headers.get("X-Imcaxy-Fallback") ?? "",
  };
}

export interface Score {
  score: number;
  originalBytes: number;
}

let scoring: Promise<unknown> = Promise.resolve();

/** How much an answer looks like the same without losses. One after the other: the server scores few at a time. */
export function score(setting: Setting, source: Source, signal: AbortSignal, more: Record<string, string> = {}): Promise<Score> {
  const mine = scoring.then(() => scoreNow(setting, source, signal, more));
  scoring = mine.catch(() => undefined);
  return mine;
}

async function scoreNow(setting: Setting, source: Source, signal: AbortSignal, more: Record<string, string>): Promise<Score> {
  for (let attempt = 0; ; attempt++) {
    try {
      signal.throwIfAborted();
      return (await (await ask(`playground/api/score/${query(setting, more)}`, source, signal)).json()) as Score;
    } catch (error) {
      // Others ask for scores, too.
      if (!(error instanceof Refused) || error.status !== 429 || attempt === 4) throw error;
      await new Promise((later) => setTimeout(later, 700));
    }
  }
}

export interface Info {
  width: number;
  height: number;
  type: string;
  orientation: number;
}

/** Of the picture itself, as one sees it. */
export async function info(source: Source, signal: AbortSignal): Promise<Info> {
  const found = (await (await ask("imaginary/info?", source, signal)).json()) as Info;
  return found.orientation >= 5 ? { ...found, width: found.height, height: found.width } : found;
}

export interface Grammar {
  operations: string[];
  parameters: string[];
  types: string[];
  needsKey: boolean;
  needsSignature: boolean;
}

export async function grammar(): Promise<Grammar> {
  return (await (await fetch(new URL("playground/api/grammar", root()))).json()) as Grammar;
}
