// The few figures that tell whether all is well.
import type { JSX } from "preact";
import { bytes, count, milliseconds, percent } from "../shared/format.js";
import type { Server } from "./api.js";
import { hitRatio, lately, percentile, sumOf } from "./sums.js";
import type { Live } from "./use_live.js";

export function Tiles({ live, server }: { live: Live; server: Server }): JSX.Element {
  const minute = sumOf(lately(live.samples, 60));
  const sums = live.latest!.sums;
  const last = live.samples.at(-1);
  const saved = sums.originalBytes - sums.sentBytes;
  const errors = minute.serverErrors + minute.clientErrors;
  const time = (share: number): string => milliseconds(percentile(minute.total, server.boundsMs, share));
  return (
    <section class="tiles wide" aria-label="At a glance">
      <Tile
        label="Pictures a second"
        value={minute.seconds > 0 ? count(minute.requests / minute.seconds) : "–"}
        more="in the last minute"
      />
      <Tile
        label="From the cache"
        value={percent(hitRatio(minute.byResult))}
        more={`since the start ${percent(hitRatio(sums.byResult))}`}
      />
      <Tile
        label="Bytes saved"
        value={saved > 0 ? percent(saved / sums.originalBytes) : "–"}
        more={sums.originalBytes > 0 ? `${bytes(saved)} of ${bytes(sums.originalBytes)} of originals` : "against the originals"}
      />
      <Tile label="Median time" value={time(0.5)} more={`95% ${time(0.95)}, 99% ${time(0.99)}`} />
      <Tile
        label="Errors a minute"
        value={count(errors)}
        more={`${count(minute.serverErrors)} of the server`}
        bad={minute.serverErrors > 0}
      />
      <Tile
        label="Waiting for a core"
        value={count(last?.queued ?? 0)}
        more={`${count(last?.productions ?? 0)} in the making, ${count(last?.connections ?? 0)} connections`}
        bad={(last?.queued ?? 0) > 100}
      />
    </section>
  );
}

function Tile({ label, value, more, bad }: { label: string; value: string; more: string; bad?: boolean }): JSX.Element {
  return (
    <div class="panel tile">
      <h2>{label}</h2>
      <p class={bad ? "value bad" : "value"}>{value}</p>
      <p class="soft small">{more}</p>
    </div>
  );
}
