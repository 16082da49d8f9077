// What went wrong lately: each kind of error once, with its last example.
import type { JSX } from "preact";
import { ago, count, moment } from "../shared/format.js";
import type { Failure } from "./api.js";

export function Failures({ failures }: { failures: Failure[] }): JSX.Element {
  return (
    <section class="panel wide" aria-label="Errors">
      <header>
        <h2>Errors</h2>
        <span class="end soft small">the latest first</span>
      </header>
      {failures.length === 0 ? (
        <p class="soft">None since the start.</p>
      ) : (
        <div class="scroll errors" tabIndex={0} role="region" aria-label="Errors, table">
          <table>
            <caption class="hidden">Errors by kind, with an example of each</caption>
            <thead>
              <tr>
                <th scope="col">Status</th>
                <th scope="col">Message and the last example</th>
                <th scope="col" class="number">
                  Times
                </th>
                <th scope="col">Last</th>
              </tr>
            </thead>
            <tbody>
              {failures.map((failure) => (
                <tr key={`${failure.status} ${failure.message}`}>
                  <td>
                    <span class={failure.status >= 500 ? "tag bad" : "tag"}>{failure.status}</span>
                  </td>
                  <th scope="row" class="break">
                    {failure.message}
                    {failure.cause && <span class="soft"> ({failure.cause})</span>}
                    <div class="mono soft">{failure.target}</div>
                    <div class="mono soft small">request {failure.id}</div>
                  </th>
                  <td class="number">{count(failure.count)}</td>
                  <td title={moment(failure.last)}>{ago(failure.last)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
