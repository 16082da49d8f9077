// What the server tells whoever has the token. Types as src/server/dashboard/json.cpp writes them.
import { root } from "../shared/root.js";

export const results = ["hit-memory", "hit-disk", "hit-shared", "coalesced", "miss", "none"] as const;
export type Result = (typeof results)[number];

export interface Pictures {
  byResult: Record<Result, number>;
  clientErrors: number;
  serverErrors: number;
  sentBytes: number;
  originalBytes: number;
}

/** Of whole pictures whose originals' size is known. */
export interface Saving {
  answers: number;
  sentBytes: number;
  originalBytes: number;
  /** Of those of which it is known what plain Imaginary would have sent. */
  imaginary: { answers: number; sentBytes: number; imaginaryBytes: number };
}

/** All together, and those of which there was an answer. */
export interface Savings extends Saving {
  byFormat: Record<string, Saving>;
  byClient: Record<string, Saving>;
  byNetwork: Record<string, Saving>;
}

/** What happened in `seconds` before `at`. */
export interface Sample {
  at: number;
  seconds: number;
  pictures: Pictures;
  /** How many took as long as each of `boundsMs`, and longer. */
  total: number[];
  process: number[];
  connections: number;
  productions: number;
  queued: number;
}

export interface Figure {
  name: string;
  label: string;
  help: string;
  counter: boolean;
  value: number;
}

export interface Failure {
  status: number;
  message: string;
  count: number;
  last: number;
  target: string;
  cause: string;
  id: string;
}

export interface Server {
  version: string;
  boundsMs: number[];
  memoryLimit: number;
  diskLimit: number;
}

export interface Event {
  server?: Server;
  samples: Sample[];
  sums: Pictures;
  savings: Savings;
  figures: Figure[];
  sources: { url: string; count: number }[];
  failures: Failure[];
}

export interface Entry {
  key: string;
  kind: string;
  target: string;
  operation: string;
  type: string;
  width: string | null;
  height: string | null;
  bytes: number;
  originalBytes: number;
  created: number;
  expires: number | null;
  hits: number | null;
  tiers: string[];
}

export interface Entries {
  url: string;
  entries: Entry[];
  more: boolean;
}

export interface Project {
  name: string;
  kept: number;
  latest: number;
}

export interface Invalidation {
  project: string;
  commit: string;
  at: number;
  requested: number;
  done: number;
  pictures: number;
  sources: string[];
  error: string | null;
}

const tokenName = "imcaxy-token";
export const keptToken = (): string => sessionStorage.getItem(tokenName) ?? "";
export const keepToken = (token: string): void => (token ? sessionStorage.setItem(tokenName, token) : sessionStorage.removeItem(tokenName));

export class WrongToken extends Error {}

export async function ask(path: string, token: string, init: RequestInit = {}): Promise<Response> {
  const headers = { ...init.headers, Authorization: `Bearer ${token}` };
  const answer = await fetch(new URL(path, root()), { ...init, headers, cache: "no-store" });
  if (answer.status === 401) throw new WrongToken("The server does not know this token.");
  if (!answer.ok && answer.status !== 500) throw new Error((await answer.text()).slice(0, 300) || `The server answered ${answer.status}.`);
  return answer;
}

export async function entries(url: string, token: string): Promise<Entries> {
  return (await (await ask(`dashboard/api/entries?url=${encodeURIComponent(url)}`, token)).json()) as Entries;
}

export async function projects(token: string): Promise<Project[]> {
  return ((await (await ask("dashboard/api/invalidations", token)).json()) as { projects: Project[] }).projects;
}

export async function invalidations(project: string, token: string): Promise<Invalidation[]> {
  const path = `dashboard/api/invalidations?project=${encodeURIComponent(project)}`;
  return ((await (await ask(path, token)).json()) as { invalidations: Invalidation[] }).invalidations;
}

/** The project that invalidations from this page are recorded under. */
export const ownProject = "dashboard";

/** How many pictures were forgotten. */
export async function invalidate(url: string, token: string): Promise<number> {
  const body = JSON.stringify({ projectName: ownProject, latestCommitHash: new Date().toISOString(), urls: [url] });
  const answer = await ask("invalidate", token, { method: "DELETE", headers: { "Content-Type": "application/json" }, body });
  const model = (await answer.json()) as { invalidatedImages: unknown[]; invalidationError: string | null };
  if (model.invalidationError) throw new Error(model.invalidationError);
  return model.invalidatedImages.length;
}

/** Server-sent events; EventSource could not send the token. Ends when the server ends the stream, or goes. */
export async function* live(token: string, signal: AbortSignal): AsyncGenerator<Event> {
  const answer = await ask("dashboard/api/live", token, { signal });
  const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    text += value;
    for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
      const data = text.slice(0, end).replace(/^data: /, "");
      text = text.slice(end + 2);
      yield JSON.parse(data) as Event;
    }
  }
}
