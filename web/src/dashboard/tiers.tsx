// What the tiers of the cache hold.
import type { JSX } from "preact";
import { bytes, count, percent } from "../shared/format.js";
import type { Figure, Server } from "./api.js";

const names: Record<string, string> = {
  memory: "Memory",
  disk: "Disk: answers",
  originals: "Disk: originals",
  blobs: "Disk: AT Protocol",
  shared: "Shared",
};

export function Tiers({ figures, server }: { figures: Figure[]; server: Server }): JSX.Element {
  const of = (name: string, label: string): number => figures.find((figure) => figure.name === name && figure.label === label)?.value ?? 0;
  const tiers = figures.filter((figure) => figure.name === "imcaxy_cache_bytes");
  const limit: Record<string, number> = { memory: server.memoryLimit };
  const onDisk = tiers.filter(({ label }) => label === "disk" || label === "originals").reduce((sum, { value }) => sum + value, 0);
  return (
    <section class="panel" aria-label="Cache by tier">
      <header>
        <h2>Cache by tier</h2>
      </header>
      <div class="scroll" tabIndex={0} role="region" aria-label="Cache by tier, table">
        <table>
          <caption class="hidden">Size of each tier</caption>
          <thead>
            <tr>
              <th scope="col">Tier</th>
              <th scope="col" class="number">
                Entries
              </th>
              <th scope="col" class="number">
                Bytes
              </th>
              <th scope="col" class="number">
                Left for others
              </th>
            </tr>
          </thead>
          <tbody>
            {tiers.map(({ label, value }) => (
              <tr key={label}>
                <th scope="row">
                  {names[label] ?? label}
                  {limit[label] !== undefined && <Meter label={`Memory in use`} value={value} most={limit[label]} />}
                </th>
                <td class="number">{count(of("imcaxy_cache_entries", label))}</td>
                <td class="number">{bytes(value)}</td>
                <td class="number">{count(of("imcaxy_cache_evictions_total", label))}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p class="soft small tier-sum">
        On disk {bytes(onDisk)} of {bytes(server.diskLimit)} ({percent(server.diskLimit > 0 ? onDisk / server.diskLimit : 0)})
      </p>
      <Meter label="Disk in use" value={onDisk} most={server.diskLimit} />
    </section>
  );
}

function Meter({ label, value, most }: { label: string; value: number; most: number }): JSX.Element {
  return (
    <div
      class="meter"
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={most}
      aria-valuenow={value}
      aria-valuetext={`${bytes(value)} of ${bytes(most)}`}
    >
      <div style={{ width: `${Math.min(100, most > 0 ? (value / most) * 100 : 0)}%` }} />
    </div>
  );
}
