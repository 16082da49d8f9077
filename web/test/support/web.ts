// A small web server for tests: origins of pictures, and pages.
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";

export interface Answer {
  body: string | Buffer;
  type: string;
  headers?: Record<string, string>;
  status?: number;
}

export interface Web {
  url: string;
  /** What is answered for a path, as it stands in the request; asked each time. */
  put(path: string, answer: Answer | (() => Answer | Promise<Answer>)): string;
  /** Targets that were asked for, in order. */
  asked: { target: string; headers: IncomingHttpHeaders }[];
  close(): Promise<void>;
}

async function answerOf(found: Answer | (() => Answer | Promise<Answer>) | undefined): Promise<Answer | undefined> {
  try {
    return typeof found === "function" ? await found() : found;
  } catch (error) {
    return { body: String(error), type: "text/plain; charset=utf-8", status: 500 };
  }
}

/** Serves what is put there; the query does not count, unknown paths are 404. */
export async function web(port = 0): Promise<Web> {
  const answers = new Map<string, Answer | (() => Answer | Promise<Answer>)>();
  const asked: Web["asked"] = [];
  const server = createServer(async (request, response) => {
    const target = request.url ?? "/";
    asked.push({ target, headers: request.headers });
    const found = answers.get(target.replace(/\?.*/, ""));
    const { body, type, headers, status } = (await answerOf(found)) ?? {
      body: "not here",
      type: "text/plain",
      status: 404,
    };
    response.writeHead(status ?? 200, { "Content-Type": type, "Cache-Control": "no-store", ...headers }).end(body);
  });
  await new Promise<void>((ready) => server.listen(port, "127.0.0.1", ready));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    asked,
    put(path, answer) {
      answers.set(path, answer);
      return url + path;
    },
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}
