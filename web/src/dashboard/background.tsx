// What the server does behind answers, and every other figure that it has.
import type { JSX } from "preact";
import { bytes, count } from "../shared/format.js";
import type { Figure } from "./api.js";

const wellKnown = [
  "imcaxy_processed_total",
  "imcaxy_coalesced_total",
  "imcaxy_originals_total",
  "imcaxy_fetches",
  "imcaxy_source_errors_total",
  "imcaxy_fallbacks_total",
  "imcaxy_restarted_total",
  "imcaxy_overloaded_total",
  "imcaxy_mezzanine_made_total",
  "imcaxy_mezzanine_used_total",
  "imcaxy_optimiser_replaced_total",
  "imcaxy_optimiser_saved_bytes",
  "imcaxy_optimiser_running",
  "imcaxy_optimiser_waiting",
  "imcaxy_codec_jobs_total",
];
/** Shown elsewhere. */
const others = /^imcaxy_(cache_bytes|cache_entries|cache_evictions_total|connections)$/;

export function Background({ figures }: { figures: Figure[] }): JSX.Element {
  const first = wellKnown.flatMap((name) => figures.filter((figure) => figure.name === name));
  const rest = figures.filter((figure) => !first.includes(figure) && !others.test(figure.name));
  return (
    <section class="panel" aria-label="Background work">
      <header>
        <h2>Background work</h2>
        <span class="end soft small">since the start</span>
      </header>
      <Figures label="Background work, table" figures={first} />
      <details>
        <summary class="small">{rest.length} more figures</summary>
        <Figures label="More figures" figures={rest} />
      </details>
    </section>
  );
}

function Figures({ label, figures }: { label: string; figures: Figure[] }): JSX.Element {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={label}>
      <table>
        <caption class="hidden">{label}</caption>
        <tbody>
          {figures.map(({ name, label, help, value }) => (
            <tr key={name + label}>
              <th scope="row">
                {help}
                {label && <span class="tag">{label}</span>}
              </th>
              <td class="number">{name.endsWith("_bytes") ? bytes(value) : count(value)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
