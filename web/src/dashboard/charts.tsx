// The last ten minutes.
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { bytes, count, milliseconds } from "../shared/format.js";
import type { Sample, Server } from "./api.js";
import { Chart, type Line } from "./chart.js";
import { percentile, sumOf } from "./sums.js";

/** Five samples together, ten seconds, so that lines are calm. */
const together = 5;

function grouped(samples: Sample[]): Sample[][] {
  const groups: Sample[][] = [];
  // Counted from the start of time, so that a point keeps its samples when new ones come.
  let current = NaN;
  for (const sample of samples) {
    const slot = Math.floor(sample.at / (together * 2000));
    if (slot !== current) groups.push([]);
    current = slot;
    groups.at(-1)!.push(sample);
  }
  return groups;
}

export function Charts({ samples, server }: { samples: Sample[]; server: Server }): JSX.Element {
  const { times, sums, gauges } = useMemo(() => {
    const groups = grouped(samples);
    return {
      times: groups.map((group) => group.at(-1)!.at),
      sums: groups.map(sumOf),
      gauges: groups.map((group) => ({
        queued: Math.max(...group.map((sample) => sample.queued)),
        productions: Math.max(...group.map((sample) => sample.productions)),
      })),
    };
  }, [samples]);
  const lines = useMemo(() => {
    const rate = (label: string, colour: Line["colour"], of: (sum: (typeof sums)[number]) => number): Line => ({
      label,
      colour,
      values: sums.map((sum) => (sum.seconds > 0 ? of(sum) / sum.seconds : null)),
    });
    const time = (label: string, colour: Line["colour"], share: number): Line => ({
      label,
      colour,
      values: sums.map((sum) => {
        const value = percentile(sum.total, server.boundsMs, share);
        return Number.isNaN(value) ? null : value;
      }),
    });
    const hits = (sum: (typeof sums)[number]): number => sum.byResult["hit-disk"] + sum.byResult["hit-shared"];
    return {
      requests: [
        rate("memory", 2, (sum) => sum.byResult["hit-memory"]),
        rate("disk", 1, hits),
        rate("joined", 3, (sum) => sum.byResult.coalesced),
        rate("made", 4, (sum) => sum.byResult.miss),
        rate("errors", 5, (sum) => sum.clientErrors + sum.serverErrors),
      ],
      latency: [time("half", 2, 0.5), time("95%", 1, 0.95), time("99%", 5, 0.99)],
      traffic: [rate("sent", 1, (sum) => sum.sentBytes), rate("saved", 2, (sum) => Math.max(0, sum.originalBytes - sum.sentBytes))],
      work: [
        { label: "in the making", colour: 4, values: gauges.map(({ productions }) => productions) },
        { label: "waiting for a thread", colour: 5, values: gauges.map(({ queued }) => queued) },
      ] as Line[],
    };
  }, [times]);
  const now = sums.at(-1);
  const all = useMemo(() => sumOf(samples), [samples]);
  const perSecond = (value: number): string => `${count(value)}/s`;
  const at = (share: number): string => milliseconds(percentile(all.total, server.boundsMs, share));
  return (
    <>
      <Chart
        title="Answers a second"
        says={`Now ${perSecond(now && now.seconds > 0 ? now.requests / now.seconds : 0)}; ${count(all.requests)} in this time.`}
        times={times}
        lines={lines.requests}
        format={perSecond}
        stacked
      />
      <Chart
        title="Time of an answer"
        says={`Half of them took at most ${at(0.5)}, 95% ${at(0.95)}, 99% ${at(0.99)}.`}
        times={times}
        lines={lines.latency}
        format={milliseconds}
        logarithmic
      />
      <Chart
        title="Bytes a second"
        says={`Sent ${bytes(all.sentBytes)} instead of ${bytes(all.originalBytes)}.`}
        times={times}
        lines={lines.traffic}
        format={(value) => `${bytes(value)}/s`}
        least={1000}
        stacked
      />
      <Chart
        title="Work"
        says={`At most ${count(Math.max(0, ...samples.map((sample) => sample.productions)))} pictures in the making at a time, and ${count(Math.max(0, ...samples.map((sample) => sample.queued)))} tasks waiting.`}
        times={times}
        lines={lines.work}
        format={count}
        least={4}
        whole
      />
    </>
  );
}
