// The real server, on a free port, with a data folder of its own.
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, openSync, closeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const binary = process.env.IMCAXY_BIN ?? resolve(import.meta.dirname, "../../../../bin/imcaxy");
const portOfNobody = resolve(import.meta.dirname, "../../../../scripts/free_port.py");

export interface Imcaxy {
  url: string;
  close(): Promise<void>;
}

/** `options` are the server's, by name: `{ IMCAXY_URL_SIGNATURE_KEY: ... }`. */
export async function imcaxy(options: Record<string, string> = {}): Promise<Imcaxy> {
  if (!existsSync(binary)) throw new Error(`${binary} is missing: run \`make build\`, or name another one in IMCAXY_BIN`);
  const home = mkdtempSync(join(tmpdir(), "imcaxy-react-"));
  const port = execFileSync(portOfNobody, { encoding: "utf8" }).trim();
  const mine = Object.entries(process.env).filter(([name]) => !name.startsWith("IMCAXY_") && name !== "PORT");
  const log = openSync(join(home, "log"), "w");
  const server = spawn(binary, ["serve"], {
    env: {
      ...Object.fromEntries(mine),
      IMCAXY_BIND: "127.0.0.1",
      IMCAXY_PORT: port,
      IMCAXY_DATA_DIR: join(home, "data"),
      IMCAXY_ALLOW_PRIVATE_SOURCES: "true",
      IMCAXY_OPTIMISER: "false", // answers stay what they are
      ...options,
    },
    stdio: ["ignore", log, log],
  });
  closeSync(log);
  const ended = new Promise<void>((done) => server.once("exit", () => done()));
  const kill = (): void => void server.kill("SIGKILL");
  process.once("exit", kill);
  const url = `http://127.0.0.1:${port}`;
  for (const end = Date.now() + 60_000; ; await new Promise((later) => setTimeout(later, 20))) {
    if (server.exitCode !== null || Date.now() > end)
      throw new Error(`the server did not start: ${readFileSync(join(home, "log"), "utf8")}`);
    if (
      await fetch(`${url}/ready`).then(
        (answer) => answer.ok,
        () => false,
      )
    )
      break;
  }
  return {
    url,
    async close() {
      kill();
      await ended;
      process.removeListener("exit", kill);
      rmSync(home, { recursive: true, force: true });
    },
  };
}
