// What each project has invalidated.
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { ago, count, moment } from "../shared/format.js";
import { invalidations, projects, type Invalidation, type Project } from "./api.js";

/** `again`: changes when there may be news. */
export function History({ token, again }: { token: string; again: number }): JSX.Element {
  const [known, setKnown] = useState<Project[]>([]);
  const [chosen, choose] = useState("");
  const [list, setList] = useState<Invalidation[]>([]);
  const [trouble, setTrouble] = useState("");
  useEffect(() => {
    projects(token).then(setKnown, (error: Error) => setTrouble(error.message));
  }, [token, again]);
  const project = chosen || (known[0]?.name ?? "");
  useEffect(() => {
    if (project) invalidations(project, token).then(setList, (error: Error) => setTrouble(error.message));
  }, [project, token, again, known]);
  return (
    <section class="panel wide" aria-label="Invalidations">
      <header>
        <h2>Invalidations</h2>
        {known.length > 0 && (
          <span class="end project">
            <label for="project">Project</label>
            <select id="project" value={project} onChange={(event) => choose(event.currentTarget.value)}>
              {known.map(({ name, latest }) => (
                <option key={name} value={name}>
                  {name} ({ago(latest)})
                </option>
              ))}
            </select>
          </span>
        )}
      </header>
      {trouble && <p class="note bad">{trouble}</p>}
      {known.length === 0 && !trouble && <p class="soft">No project has invalidated anything yet.</p>}
      {list.length > 0 && (
        <div class="scroll" tabIndex={0} role="region" aria-label="Invalidations, table">
          <table>
            <caption class="hidden">Invalidations of {project}, the latest first</caption>
            <thead>
              <tr>
                <th scope="col">When</th>
                <th scope="col">Commit</th>
                <th scope="col">Sources</th>
                <th scope="col" class="number">
                  Pictures
                </th>
                <th scope="col">Outcome</th>
              </tr>
            </thead>
            <tbody>
              {list.map((item) => (
                <tr key={item.at + item.commit}>
                  <th scope="row" title={moment(item.at)}>
                    {ago(item.at)}
                  </th>
                  <td class="mono">{/^[0-9a-f]{40}$/.test(item.commit) ? item.commit.slice(0, 10) : item.commit}</td>
                  <td class="break">
                    <Sources item={item} />
                  </td>
                  <td class="number">{count(item.pictures)}</td>
                  <td>{item.error ? <span class="bad">{item.error}</span> : <span class="tag good">done</span>}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function Sources({ item }: { item: Invalidation }): JSX.Element {
  if (item.requested === 0) return <span class="soft">nothing had changed</span>;
  if (item.requested === 1) return <span class="mono">{item.sources[0]}</span>;
  return (
    <details>
      <summary>{count(item.requested)} sources</summary>
      <ul class="mono">
        {item.sources.map((url) => (
          <li key={url}>{url}</li>
        ))}
        {item.requested > item.sources.length && <li class="soft">and {count(item.requested - item.sources.length)} more</li>}
      </ul>
    </details>
  );
}
