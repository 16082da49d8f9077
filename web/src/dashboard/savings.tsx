// What answers saved, by format and by who asked.
import type { JSX } from "preact";
import { bytes, count, percent } from "../shared/format.js";
import type { Saving, Savings } from "./api.js";
import { savedShare, sharesCompared } from "./sums.js";

const clients: Record<string, string> = { avif: "reads AVIF", webp: "reads WebP", legacy: "reads neither" };
const networks: Record<string, string> = { slow: "slow, or Save-Data" };

/** "−34%": so much less than it would have been; a plus where it is more. */
const change = (saved: number): string => (Number.isNaN(saved) ? "–" : saved < 0 ? `+${percent(-saved)}` : `−${percent(saved)}`);

export function SavedBytes({ savings }: { savings: Savings }): JSX.Element {
  const slow = Object.entries(savings.byNetwork).filter(([name]) => name in networks);
  return (
    <section class="panel" aria-label="Bytes saved">
      <header>
        <h2>Bytes saved</h2>
      </header>
      <div class="scroll" tabIndex={0} role="region" aria-label="Bytes saved, table">
        <table>
          <caption class="hidden">Bytes that were sent, and how much less that is than others would have been</caption>
          <thead>
            <tr>
              <th scope="col">Pictures</th>
              <th scope="col" class="number">
                Answers
              </th>
              <th scope="col" class="number">
                Sent
              </th>
              <th scope="col" class="number">
                vs originals
              </th>
              <th scope="col" class="number">
                vs Imaginary
              </th>
            </tr>
          </thead>
          <tbody>
            <Row name="All" saving={savings} />
            {Object.entries(savings.byFormat).map(([name, saving]) => (
              <Row key={`format ${name}`} name={`as ${name === "other" ? "another format" : name.toUpperCase()}`} saving={saving} />
            ))}
            {Object.entries(savings.byClient).map(([name, saving]) => (
              <Row key={`client ${name}`} name={clients[name] ?? name} saving={saving} />
            ))}
            {slow.map(([name, saving]) => (
              <Row key={`network ${name}`} name={networks[name]!} saving={saving} />
            ))}
          </tbody>
        </table>
      </div>
      <p class="soft small">{sharesCompared(savings)}</p>
    </section>
  );
}

function Row({ name, saving }: { name: string; saving: Saving }): JSX.Element {
  const { imaginary } = saving;
  return (
    <tr>
      <th scope="row">{name}</th>
      <td class="number">{count(saving.answers)}</td>
      <td class="number">{bytes(saving.sentBytes)}</td>
      <td class="number">{change(savedShare(saving.sentBytes, saving.originalBytes))}</td>
      <td class="number">{imaginary.answers > 0 ? change(savedShare(imaginary.sentBytes, imaginary.imaginaryBytes)) : "unknown"}</td>
    </tr>
  );
}
