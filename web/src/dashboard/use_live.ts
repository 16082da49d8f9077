// The stream of figures, kept open, and the last minutes of it.
import { useEffect, useState } from "preact/hooks";
import { live, WrongToken, type Event, type Sample, type Server } from "./api.js";

export interface Live {
  state: "connecting" | "live" | "lost";
  server?: Server;
  latest?: Event;
  samples: Sample[];
}

const mostSamples = 300;

export function useLive(token: string, refused: (why: string) => void): Live {
  const [now, set] = useState<Live>({ state: "connecting", samples: [] });
  useEffect(() => {
    if (!token) return;
    const stop = new AbortController();
    set({ state: "connecting", samples: [] });
    void follow(token, stop.signal, refused, set);
    return () => stop.abort();
  }, [token]);
  return now;
}

async function follow(
  token: string,
  signal: AbortSignal,
  refused: (why: string) => void,
  set: (change: (old: Live) => Live) => void,
): Promise<void> {
  for (let pause = 1000; !signal.aborted; pause = Math.min(pause * 2, 15_000)) {
    try {
      for await (const event of live(token, signal)) {
        pause = 1000;
        set((old) => ({
          state: "live",
          latest: event,
          ...((event.server ?? old.server) && { server: (event.server ?? old.server)! }),
          // A stream begins with all that the server has of the last minutes.
          samples: event.server ? event.samples : [...old.samples, ...event.samples].slice(-mostSamples),
        }));
      }
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof WrongToken) return refused(error.message);
    }
    if (signal.aborted) return;
    set((old) => ({ ...old, state: "lost" }));
    await new Promise((later) => setTimeout(later, pause));
  }
}
