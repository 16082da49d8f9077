// Work that is begun anew when what it depends on changes, and then dropped.
import { useEffect, useRef, useState } from "preact/hooks";

export type Outcome<T> =
  { state: "none" } | { state: "waiting"; last?: T } | { state: "done"; value: T } | { state: "failed"; error: Error };

/** What `work` promises, `pause` milliseconds after the last change of `key`; while it is undefined, nothing. */
export function useWork<T>(
  key: string | undefined,
  pause: number,
  work: (signal: AbortSignal) => Promise<T>,
  drop?: (value: T) => void,
): Outcome<T> {
  const [outcome, set] = useState<Outcome<T>>({ state: "none" });
  const kept = useRef<T>(undefined);
  useEffect(() => {
    if (key === undefined) {
      set({ state: "none" });
      return;
    }
    const stop = new AbortController();
    set({ state: "waiting", ...(kept.current !== undefined && { last: kept.current }) });
    const timer = setTimeout(async () => {
      try {
        const value = await work(stop.signal);
        if (stop.signal.aborted) return drop?.(value);
        const old = kept.current;
        kept.current = value;
        set({ state: "done", value });
        if (old !== undefined) drop?.(old);
      } catch (error) {
        if (!stop.signal.aborted) set({ state: "failed", error: error as Error });
      }
    }, pause);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [key]);
  return outcome;
}

export const valueOf = <T>(outcome: Outcome<T>): T | undefined =>
  outcome.state === "done" ? outcome.value : outcome.state === "waiting" ? outcome.last : undefined;
