// Which sources are asked for most.
import type { JSX } from "preact";
import { count } from "../shared/format.js";

export function Sources({ sources, lookUp }: { sources: { url: string; count: number }[]; lookUp: (url: string) => void }): JSX.Element {
  const most = sources[0]?.count ?? 1;
  return (
    <section class="panel" aria-label="Top sources">
      <header>
        <h2>Top sources</h2>
        <span class="end soft small">answers in 10 to 20 minutes, estimated</span>
      </header>
      {sources.length === 0 ? (
        <p class="soft">Nothing was asked for yet.</p>
      ) : (
        <div class="scroll" tabIndex={0} role="region" aria-label="Top sources, table">
          <table>
            <caption class="hidden">Sources by how many answers were made of them</caption>
            <tbody>
              {sources.slice(0, 10).map(({ url, count: times }) => (
                <tr key={url}>
                  <th scope="row" class="break">
                    <span class="mono">{url}</span>
                    <div class="meter" aria-hidden="true">
                      <div style={{ width: `${(times / most) * 100}%` }} />
                    </div>
                  </th>
                  <td class="number">{count(times)}</td>
                  <td class="number">
                    <button type="button" class="plain" onClick={() => lookUp(url)}>
                      Look up<span class="hidden"> {url}</span>
                    </button>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
